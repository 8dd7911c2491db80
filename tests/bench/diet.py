"""Faro's pipeline against Rasa's default one (DIET), trained on the same examples, on lines that neither has seen.

Needs the full environment (``make rasa-full``). Training DIET takes hours on two cores; it is done once for the
examples of the moment and kept in ``rasa_project/models``. ``FARO_DIET_EPOCHS`` trains a shorter one, which is said.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from bot import models
from bot.commands.nlu_eval import read
from bot.evaluation.comparison import Comparison, compare
from bot.evaluation.statistics import Share, percentile
from bot.evaluation.understanding import Figures, Reading, measure

FULL = models.PROJECT / "full"
FULL_PYTHON = FULL / ".venv" / "bin" / "python"
DEFAULT = "lib/python3.11/site-packages/rasa/engine/recipes/config_files/default_config.yml"
SETS = {"held": models.PROJECT / "data" / "held", "dev": models.PROJECT / "data" / "dev"}
PUBLISHED = 100  # epochs in Rasa's default
FALLBACK = "nlu_fallback"
WARM_UP = 30  # lines asked before the clock counts
AIM_RATIO, AIM_P95_MS = 10, 3.0

STRETCH = 100  # lines that one answers before the other's turn

Ask = Callable[[str], dict[str, Any]]
Answers = Sequence[tuple[str, dict[str, Any], dict[str, Any]]]


async def main() -> None:
    """Train what is not there, ask both for every line by turns, print the figures of both."""
    if not FULL_PYTHON.exists():
        sys.exit("faro: Rasa's full environment is not there: run `make rasa-full`.")
    epochs = int(os.environ.get("FARO_DIET_EPOCHS", PUBLISHED))
    ours, theirs = models.train_if_needed(print), trained(epochs)
    print(
        f"Rasa's default pipeline with {epochs} epochs"
        + ("" if epochs == PUBLISHED else f" (published: {PUBLISHED})")
    )
    with asked(models.PYTHON, ours) as ask_ours, asked(FULL_PYTHON, theirs) as ask_theirs:
        for name, folder in SETS.items():
            examples = read(folder)
            for _, text in examples[:WARM_UP]:
                ask_ours(text), ask_theirs(text)
            print(report(name, by_turns(examples, ask_ours, ask_theirs, STRETCH)))
            print("one line each by turns, each finding the processor full of the other's work:")
            print("\n".join(times(by_turns(examples, ask_ours, ask_theirs, 1))))
    print(f"load of the machine    {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


def by_turns(examples: Sequence[tuple[str, str]], ours: Ask, theirs: Ask, stretch: int) -> Answers:
    """Each line's intent and both answers to it; ``stretch`` lines are asked of one, then of the other."""
    answers: list[tuple[str, dict[str, Any], dict[str, Any]]] = []
    for start in range(0, len(examples), stretch):
        part = examples[start : start + stretch]
        mine = [ours(text) for _, text in part]
        other = [theirs(text) for _, text in part]
        answers += zip((intent for intent, _ in part), mine, other, strict=True)
    return answers


def trained(epochs: int) -> Path:
    """Rasa's default pipeline, trained on Faro's examples."""
    examples = sorted((models.PROJECT / "data" / "nlu").glob("*.yml"))
    config = pipeline(yaml.safe_load((FULL / ".venv" / DEFAULT).read_text()), epochs)
    digest = hashlib.sha256(json.dumps(config).encode() + (FULL / "requirements.lock").read_bytes())
    for path in examples:
        digest.update(path.read_bytes())
    name = f"default-{digest.hexdigest()[:16]}"
    made = models.MODELS / f"{name}.tar.gz"
    if made.exists():
        return made
    with tempfile.TemporaryDirectory(dir=models.MODELS) as folder:
        given = Path(folder) / "config.yml"
        given.write_text(yaml.safe_dump(config))
        words = [
            "nice",
            "-n",
            "19",
            str(FULL_PYTHON),
            str(models.PROJECT / "faro_rasa.py"),
            "train",
            "nlu",
            "--config",
            str(given),
        ]
        words += ["--nlu", "data/nlu", "--domain", "domain.yml", "--out", folder, "--fixed-model-name", name]
        environment = {**os.environ, "RASA_CACHE_DIRECTORY": folder}
        began = time.monotonic()
        print(f"training Rasa's default pipeline, {epochs} epochs", flush=True)
        subprocess.run(words, env=environment, stdin=subprocess.DEVNULL, check=True)
        print(f"trained in {time.monotonic() - began:.0f} s")
        (Path(folder) / made.name).replace(made)
    return made


def pipeline(published: dict[str, Any], epochs: int) -> dict[str, Any]:
    """Rasa's own default configuration, its policies left out; nothing is changed but the epochs asked for."""
    parts = [{**part, "epochs": epochs} if "epochs" in part else part for part in published["pipeline"]]
    return {"recipe": published["recipe"], "assistant_id": "default", "language": "es", "pipeline": parts}


@contextlib.contextmanager
def asked(python: Path, model: Path) -> Iterator[Ask]:
    """A process of its own that holds the model; what it is asked it answers alone."""
    words = [str(python), str(FULL / "parse.py"), str(model)]
    child = subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert child.stdin is not None
    assert child.stdout is not None
    source, sink = child.stdout, child.stdin

    def ask(text: str) -> dict[str, Any]:
        sink.write(json.dumps(text) + "\n")
        sink.flush()
        line = source.readline()
        assert line, f"{python} ended: run it by hand to see why"
        found: dict[str, Any] = json.loads(line)
        return found

    try:
        yield ask
    finally:
        sink.close()
        child.wait()


def reading(intent: str, answer: dict[str, Any], *, fallback: bool = True) -> Reading:
    """The intent that counts. Rasa's fallback means that it is none of them; without it, the best one."""
    name, sure = answer["ranking"][0]
    if name == FALLBACK:
        name, sure = ("out_of_scope", sure) if fallback else answer["ranking"][1]
    return Reading(intent, name, sure, answer["ms"])


def report(name: str, answers: Answers) -> str:
    """Both pipelines side by side, and ours against the better of the other's two readings."""
    ours = [reading(intent, mine) for intent, mine, _ in answers]
    kept = [reading(intent, other) for intent, _, other in answers]
    best = [reading(intent, other, fallback=False) for intent, _, other in answers]
    found = {"Faro": measure(ours), "default": measure(kept), "default, no fallback": measure(best)}
    better = max((kept, best), key=lambda readings: measure(readings).accuracy.hits)
    lines = [
        "",
        f"{name}: {len(answers)} lines",
        *table(found),
        verdict(compare(ours, better)),
    ]
    return "\n".join([*lines, *times(answers)])


def times(answers: Answers) -> Iterator[str]:
    """A message by the clock, and in the processor's time, which a loaded machine blurs less."""
    for what, key, aim in (
        ("by the clock", "ms", f"; aims: {AIM_RATIO} times, p95 {AIM_P95_MS:.0f} ms"),
        ("processor", "cpu_ms", ""),
    ):
        ours = [float(mine[key]) for _, mine, _ in answers]
        theirs = [float(other[key]) for _, _, other in answers]
        parts = [
            f"p{at} {percentile(ours, at):.2f} against {percentile(theirs, at):.2f} ms ({percentile(theirs, at) / percentile(ours, at):.1f} times)"
            for at in (50, 95)
        ]
        yield f"a parse, {what:<12} {', '.join(parts)}{aim}"


def table(found: dict[str, Figures]) -> Iterator[str]:
    """One row a pipeline."""
    yield f"{'':<22}{'accuracy (95 %)':<28}{'macro-F1':>9}{'the four answers':>20}{'swaps':>7}{'ECE':>7}"
    for who, figures in found.items():
        swaps = figures.swaps.hits if figures.swaps else 0
        yield (
            f"{who:<22}{share(figures.accuracy):<28}{figures.macro_f1:>9.3f}{share(figures.answers, bare=True):>20}"
            f"{swaps:>7}{figures.calibration_error:>7.3f}"
        )


def share(part: Share | None, *, bare: bool = False) -> str:
    if part is None:
        return "none"
    return f"{part.value:.1%}" if bare else f"{part.value:.1%} ({part.low:.1%} to {part.high:.1%})"


def verdict(found: Comparison) -> str:
    """Whether one is better, and that is not chance."""
    meaning = "ours is better" if found.better else "not shown to be better"
    return f"right where the other is wrong: Faro {found.only_ours}, default {found.only_theirs}; McNemar p = {found.p:.2g}: {meaning}"
