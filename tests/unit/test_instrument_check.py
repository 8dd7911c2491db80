"""``faro instrument check``: what the loader cannot see alone — schemas, texts, lines, examples, banned phrases."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bot.review import check
from bot.review.check import SCHEMA_OF, SCHEMAS
from bot.screening.model import FOLDER
from bot.screening.rows import Problems, parse
from bot.texts import rules
from bot.vault import KeyRing
from tests.conftest import ROOT

LOCALES = ROOT / "locales"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the instrument to break."""
    return Path(shutil.copytree(FOLDER, tmp_path / "instrument"))


@pytest.fixture
def locales(tmp_path: Path) -> Path:
    """A copy of the catalogues to break."""
    return Path(shutil.copytree(LOCALES, tmp_path / "locales"))


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, old
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def command(*words: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "bot.cli", "instrument", *words]
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)


def test_what_we_ship_is_whole() -> None:
    """No problem, exit 0, and one line that says how much is unconfirmed."""
    done = command("check")
    assert (done.returncode, done.stderr) == (0, "")
    assert "20 questions for adults, 11 for minors" in done.stdout
    assert "unconfirmed" in done.stdout


@pytest.mark.parametrize("name", sorted(SCHEMA_OF))
def test_every_file_has_a_schema_and_keeps_it(name: str) -> None:
    """The schemas are schemas, and what is shipped keeps them."""
    schema = SCHEMAS / f"{SCHEMA_OF[name]}.json"
    assert json.loads(schema.read_text(encoding="utf-8"))["$schema"].endswith("2020-12/schema")
    data = parse(name, (FOLDER / name).read_bytes(), Problems())
    assert list(check.against(data, schema)) == []


def test_everything_comes_at_once_with_exit_1(folder: Path, locales: Path, tmp_path: Path) -> None:
    """A dangling follow-up, a lost text, a wrong line, a banned phrase: one run says all of it."""
    change(folder / "adult.yml", "follow_up: Q07a", "follow_up: Q70a")
    change(folder / "flow.yml", "{id: fiscalia,", "{id: consulado,")
    change(locales / "es/LC_MESSAGES/messages.po", 'msgid "ask.Q12"', 'msgid "ask.Q12x"')
    change(locales / "es/LC_MESSAGES/messages.po", "Está bien, tú decides.", "Estás a salvo.")
    done = command("check", "--folder", str(folder), "--locales", str(locales))
    assert done.returncode == 1
    said = done.stdout
    assert "Q07: follow_up names Q70a, which is no question" in said
    assert "lines: consulado is no line of lines.yml that may be named" in said
    assert "locales/es: Q12: there is no text ask.Q12" in said
    assert "locales/es: say.nothing: 'a salvo' is never said" in said
    assert len([line for line in said.splitlines() if not line.startswith("faro: ")]) >= 4


def test_a_text_missing_in_another_language_is_a_problem(folder: Path, locales: Path) -> None:
    """A language that is begun must have every question: half a questionnaire in another language is none."""
    change(locales / "pt/LC_MESSAGES/messages.po", 'msgid "ask.Q03a"', 'msgid "gone"')
    _, problems = check.check(folder, locales)
    assert problems == ["locales/pt: Q03a: there is no text ask.Q03a"]


def test_the_schema_says_what_the_loader_does_not(folder: Path) -> None:
    """A source without http, a list of nine: shape, not sense."""
    change(folder / "sources.yml", 'url: "https://nij', 'url: "nij')
    _, problems = check.check(folder, LOCALES)
    (problem,) = problems
    assert problem.startswith("sources.yml:")
    assert "url" in problem
    line = int(problem.split(":")[1])
    assert '"nij' in (folder / "sources.yml").read_text(encoding="utf-8").splitlines()[line - 1]


def test_a_worked_example_that_gives_something_else_is_a_problem(folder: Path) -> None:
    """The page shows what the rule gives; an example that no longer fits says so."""
    change(folder / "examples.yml", "told: [Q10]\n    type: T6", "told: [Q10]\n    type: T1")
    _, problems = check.check(folder, LOCALES)
    assert problems == ["examples.yml: F: gives T6 U2, not T1 U2"]


def test_a_line_must_be_tellable(folder: Path) -> None:
    """What is only for the team, or obsolete, cannot be named to a chatter."""
    for id_ in ("upe", "0800-2-3232"):
        change(folder / "flow.yml", "refused: [", f'refused: ["{id_}", ')
    _, problems = check.check(folder, LOCALES)
    assert [p.split(": ")[2].split(" ")[0] for p in problems] == ["0800-2-3232", "upe"]


@pytest.mark.parametrize(
    ("text", "hit"),
    [
        ("Eres víctima de algo", True),
        ("no te van a deportar", True),
        ("Debes ir a la comisaría", True),
        ("Llama a la policía", True),
        ("Habla con tu consulado", True),
        ("Te vamos a rescatar", True),
        ("Estás a salvo", True),
        ("Dile a tus padres", True),
        ("¿Por qué no te vas?", True),
        ("Mándame tu ubicación", True),
        ("Amig@ o amigx", True),
        ("Tú decides. Estas son tus opciones.", False),
        ("No veo señales en estas respuestas.", False),
        ("Denunciar es decisión tuya.", False),
        ("les das una copia", False),
    ],
)
def test_the_list_of_banned_phrases_bites(text: str, hit: bool) -> None:
    """Section 8.7 of the domain reference, each with a sentence that it must find, and some that it must not."""
    assert bool(list(check.never_said("es", {"key": text}))) is hit


@pytest.mark.parametrize("domain", ["messages", "console", "review"])
def test_no_catalogue_says_what_is_banned(domain: str) -> None:
    """All catalogues of all languages; what staff and reviewers read is held to the words that hurt."""
    for path in sorted(LOCALES.glob(f"*/LC_MESSAGES/{domain}.po")):
        language = path.parts[-3]
        assert len(rules.words(language).banned) >= 5, f"nobody wrote down what {language} never says"
        words = check.read_catalogue(path)
        assert list(check.never_said(language, words, team=domain != "messages")) == []


def test_faro_does_not_start_with_a_question_that_has_no_words(locales: Path, tmp_path: Path) -> None:
    """Half a questionnaire is refused at the start, with everything that is missing, not found out by a chatter."""
    for code in ("ask.Q12", "ask.Q16_which.past"):
        change(locales / "es/LC_MESSAGES/messages.po", f'msgid "{code}"', f'msgid "{code}.gone"')
    KeyRing.create(tmp_path / "keys.json")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("FARO_")}
    ours = {"FARO_LOCALES": str(locales), "FARO_KEYS_FILE": str(tmp_path / "keys.json")}
    done = subprocess.run(
        [sys.executable, "-m", "bot.cli", "serve"],
        cwd=ROOT, env={**clean, **ours}, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    assert "Q12: there is no text ask.Q12" in done.stderr
    assert "Q16_which: there is no text ask.Q16_which.past" in done.stderr
    assert "Traceback" not in done.stderr
