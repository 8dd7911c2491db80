"""The model that Rasa answers with: what it is learnt from, whether it fits, and how it is trained.

Promises: a model is used only when it was trained from the files that lie here and is whole; two are never trained
at once, whatever processes ask; a training that fails or is cut short leaves every model as it was.
"""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import hashlib
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import structlog

log = structlog.get_logger()

PROJECT = Path(__file__).resolve().parent.parent / "rasa_project"
LEARNT_FROM = (
    "data/nlu/*.yml",
    "data/safety/*.yml",
    "data/stories.yml",
    "components/*.py",
    "components/*.yml",
    "config.yml",
    "domain.yml",
    "requirements.lock",
)
KEPT_MODELS = 2
TRAIN_SECONDS = 600.0
LINES_TOLD = 12  # of a training that failed
GENTLY = ("nice", "-n", "19")  # people who write now come first

Tell = Callable[[str], None]
AS_THEY_ARE: Mapping[str, str] = {}


class RasaUnavailable(Exception):  # noqa: N818  # what it says to the callers: now it is not there
    """Rasa gave no answer, or cannot be started. The sentence says what to do next; it quotes no message."""


@dataclasses.dataclass(frozen=True, slots=True)
class Project:
    """A folder of Rasa's, with its own environment and models."""

    folder: Path = PROJECT

    @property
    def models(self) -> Path:
        return self.folder / "models"

    @property
    def python(self) -> Path:
        return self.folder / ".venv" / "bin" / "python"


HERE = Project()
MODELS, PYTHON = HERE.models, HERE.python


def fingerprint(project: Project = HERE, instead: Mapping[str, str] = AS_THEY_ARE) -> str:
    """Of all that a model is trained from: examples, domain, configuration, components, versions.

    ``instead``: path within the project → what would stand there; empty: nothing would.
    """
    contents = {
        str(path.relative_to(project.folder)): path.read_bytes()
        for pattern in LEARNT_FROM
        for path in project.folder.glob(pattern)
    }
    contents |= {path: text.encode() for path, text in instead.items()}
    digest = hashlib.sha256()
    for pattern in LEARNT_FROM:
        for path in sorted(filter(_inside(pattern), contents)):
            if contents[path] or path not in instead:
                digest.update(f"{path}\0{len(contents[path])}\0".encode())
                digest.update(contents[path])
    return digest.hexdigest()[:16]


def _inside(pattern: str) -> Callable[[str], bool]:
    return lambda path: Path(path).match(pattern) and path.count("/") == pattern.count("/")


def model_path(project: Project = HERE, instead: Mapping[str, str] = AS_THEY_ARE) -> Path | None:
    """The model that fits the files of the moment and is whole; None when there is none."""
    return _whole(project.models / f"faro-{fingerprint(project, instead)}.tar.gz")


def _whole(path: Path) -> Path | None:
    recorded = _record(path)
    if not path.is_file() or not recorded.is_file():
        return None
    whole = hashlib.sha256(path.read_bytes()).hexdigest() == recorded.read_text().strip()
    return path if whole else None


def train_if_needed(tell: Tell | None = None, project: Project = HERE) -> Path:
    """The model that fits, trained now if there is none; ``tell`` hears what happens, line by line.

    Raises ``RasaUnavailable`` when training fails. Several callers at once train once.
    """
    tell = tell or _tell_the_log
    if (found := model_path(project)) is not None:
        return found
    with _alone(project):
        if (found := model_path(project)) is not None:
            return found
        started = time.monotonic()
        tell("training the language model")
        name = f"faro-{fingerprint(project)}"
        trained = _train(project, name, ["data/nlu", "data/stories.yml"], project.models, tell)
        _forget_old_models(project)
        tell(f"trained in {time.monotonic() - started:.0f} s")
        return trained


def try_out(path: str, text: str, tell: Tell, project: Project = HERE, *, gently: bool = True) -> Path:
    """A model that learns what would stand at ``path``, put apart; the files and the model in use stay.

    ``gently``: at the lowest priority. Raises ``RasaUnavailable`` when training fails.
    """
    name = f"faro-{fingerprint(project, {path: text})}"
    apart = project.models / "rehearsal"
    with _alone(project):
        if (
            found := _whole(project.models / f"{name}.tar.gz") or _whole(apart / f"{name}.tar.gz")
        ) is not None:
            return found
        apart.mkdir(exist_ok=True)
        for old in apart.iterdir():
            old.unlink()
        with tempfile.TemporaryDirectory(dir=project.models) as folder:
            tried = Path(folder) / Path(path).name
            tried.write_text(text, encoding="utf-8")
            files = [p for p in sorted(project.folder.glob("data/nlu/*.yml")) if p != project.folder / path]
            learnt = [str(p.relative_to(project.folder)) for p in files]
            data = [*learnt, *([str(tried)] if text else []), "data/stories.yml"]
            return _train(project, name, data, apart, tell, GENTLY if gently else ())


def adopt(model: Path, project: Project = HERE) -> Path:
    """Put a model that was tried out among those in use; it counts once the files are those it learnt from."""
    final = project.models / model.name
    if model != final:
        _record(model).replace(_record(final))
        model.replace(final)
    final.touch()  # the newest are kept
    _forget_old_models(project)
    return final


def _tell_the_log(line: str) -> None:
    log.info("rasa_model", reason=line)


@contextlib.contextmanager
def _alone(project: Project) -> Iterator[None]:
    project.models.mkdir(exist_ok=True)
    with (project.models / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _train(
    project: Project, name: str, data: list[str], into: Path, tell: Tell, before: tuple[str, ...] = ()
) -> Path:
    """Beside the final place first, so that a training that is cut short leaves no half a model.

    Of ``data/`` only what is named is learnt from: what judges must not teach.
    """
    with tempfile.TemporaryDirectory(dir=project.models) as folder:
        words = ["train", "--skip-validation", "--fixed-model-name", name, "--out", folder, "--data", *data]
        done = subprocess.run(  # noqa: S603  # our own interpreter and entry point
            [*before, *command(*words, project=project)],
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=TRAIN_SECONDS,
            check=False,
            text=True,
        )
        made = Path(folder) / f"{name}.tar.gz"
        if done.returncode or not made.is_file():
            for line in done.stdout.splitlines()[-LINES_TOLD:]:
                tell(line)
            raise RasaUnavailable(
                "Training failed: the lines above say why; `make rasa ARGS='data validate'` checks the examples."
            )
        final = into / made.name
        _record(final).write_text(hashlib.sha256(made.read_bytes()).hexdigest() + "\n")
        made.replace(final)
    return final


def _forget_old_models(project: Project) -> None:
    """A model is a few seconds' work: only the newest are kept."""
    for path in sorted(project.models.glob("faro-*.tar.gz"), key=lambda p: p.stat().st_mtime)[:-KEPT_MODELS]:
        path.unlink()
        _record(path).unlink(missing_ok=True)


def _record(model: Path) -> Path:
    return model.with_name(model.name.removesuffix(".tar.gz") + ".sha256")


def command(*words: str, project: Project = HERE) -> list[str]:
    """Rasa's own command line in its environment."""
    if not project.python.exists():
        raise RasaUnavailable("Rasa's environment is not there: run `make setup`.")
    return [str(project.python), str(project.folder / "faro_rasa.py"), *words]


def environment(**more: str) -> dict[str, str]:
    """The little that Rasa needs of ours: no secret of the gateway reaches it."""
    wanted = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "PYTHONDONTWRITEBYTECODE")
    return {name: os.environ[name] for name in wanted if name in os.environ} | more
