"""``faro locales``: what an editor or translator runs by hand."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.commands.locales import app
from bot.texts import files, po, sayable
from tests.conftest import ROOT
from tests.journey.service import FARO

LOCALES = ROOT / "locales"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the catalogues."""
    shutil.copytree(LOCALES, tmp_path / "locales")
    return tmp_path / "locales"


def faro(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def test_it_is_a_command_of_faro(folder: Path) -> None:
    """As in CI: a process of its own, and its exit code."""
    words = [*FARO, "locales", "check", "--folder", str(folder), "--no-warnings"]
    assert subprocess.run(words, capture_output=True, check=False).returncode == 0
    change(folder, "say.bye", "")
    assert subprocess.run(words, capture_output=True, check=False).returncode == 1


def change(folder: Path, key: str, text: str, locale: str = "es") -> Path:
    path = files.catalogue(folder, locale)
    path.write_text(po.replaced(path.read_text(encoding="utf-8"), key, text), encoding="utf-8")
    return path


def test_check_passes_what_is_committed_and_exits_1_with_file_line_key_and_advice(folder: Path) -> None:
    """CI stops at a text that may not be said, and says where and what instead."""
    good = faro("check", "--folder", str(folder), "--no-warnings")
    assert good.exit_code == 0, good.output
    path = change(folder, "say.bye", "Estás a salvo.")
    line = next(e.line for e in po.parse(path.read_text(encoding="utf-8")) if e.key == "say.bye")
    bad = faro("check", "--folder", str(folder), "--no-warnings")
    assert bad.exit_code == 1
    told, stale = [one for one in bad.output.splitlines() if "say.bye" in one]
    assert told.startswith(f"{path}:{line}: ")
    assert stale.startswith(str(files.catalogue(folder, "es@usted"))), "its usted has to follow"
    assert "a salvo" in told
    assert "«No veo señales en estas respuestas»" in told


def test_extract_writes_every_key_with_what_a_translator_must_know(folder: Path) -> None:
    """Context, length, sample values and sensitivity stand beside each key."""
    assert faro("extract", "--folder", str(folder)).exit_code == 0
    entries = {e.key: e for e in po.parse((folder / "messages.pot").read_text(encoding="utf-8"))}
    assert set(entries) == set(files.texts(files.catalogue(folder, "es"))) >= sayable.messages()
    assert all(entry.notes and not entry.text for entry in entries.values())
    assert "largo: hasta 20 caracteres" in entries["choice.P0.yes"].notes
    assert "valor: {minutes} = 120" in entries["handoff.waiting"].notes
    assert any(note.startswith("seguridad: ") for note in entries["emergency.danger"].notes)


def test_update_keeps_texts_adds_keys_and_marks_what_the_spanish_left_behind(folder: Path) -> None:
    """A translator finds new keys empty and changed ones fuzzy; nothing that was written is lost."""
    path = files.catalogue(folder, "xx")
    path.parent.mkdir(parents=True)
    kept = '#. es: Chao.\nmsgid "say.bye"\nmsgstr "Adyo."\n\n#. es: Gracias a ti.\nmsgid "say.thanks"\nmsgstr "Mèsi."\n'
    path.write_text(kept, encoding="utf-8")
    assert faro("update", "--folder", str(folder)).exit_code == 0
    entries = {e.key: e for e in po.parse(path.read_text(encoding="utf-8"))}
    assert set(entries) == set(files.texts(files.catalogue(folder, "es"))) >= sayable.messages()
    assert (entries["say.bye"].text, entries["say.bye"].fuzzy) == ("Adyo.", True)
    assert (entries["say.thanks"].text, entries["say.thanks"].fuzzy) == ("Mèsi.", False)
    assert entries["say.hello"].text == ""
    once = path.read_text(encoding="utf-8")
    assert faro("update", "--folder", str(folder)).exit_code == 0
    assert path.read_text(encoding="utf-8") == once


def test_update_brings_the_console_up_too_and_only_where_there_is_one(folder: Path) -> None:
    """A developer's new text for staff is empty in English; Portuguese, which has no console, gets none."""
    path = files.catalogue(folder, "es", "console")
    path.write_text(
        path.read_text(encoding="utf-8").replace('msgstr "Nadie espera ahora."', 'msgstr "No espera nadie."'),
        encoding="utf-8",
    )
    mine = files.catalogue(folder, "en", "console")
    mine.write_text(
        po.replaced(mine.read_text(encoding="utf-8"), "console.queue.title", "Files", reviewed=True),
        encoding="utf-8",
    )
    assert faro("update", "--folder", str(folder)).exit_code == 0
    entries = {e.key: e for e in po.parse(mine.read_text(encoding="utf-8"))}
    assert (entries["console.queue.title"].text, entries["console.queue.title"].fuzzy) == ("Files", False)
    assert (entries["console.queue.empty"].text, entries["console.queue.empty"].fuzzy) == (
        "Nobody is waiting now.",
        True,
    )
    assert "es: No espera nadie." in entries["console.queue.empty"].notes
    assert not files.catalogue(folder, "pt", "console").exists()


def test_update_adds_what_the_spanish_catalogue_lacks_and_touches_nothing_else(folder: Path) -> None:
    """A developer's new key appears for the editor; the editor's file is not rewritten."""
    path = files.catalogue(folder, "es")
    whole = path.read_text(encoding="utf-8")
    lines = whole.splitlines(keepends=True)
    entry = next(e for e in po.parse(whole) if e.key == "say.thanks")
    without = "".join(lines[: entry.first - 2] + lines[entry.last :])
    path.write_text(without, encoding="utf-8")
    assert faro("update", "--folder", str(folder)).exit_code == 0
    after = path.read_text(encoding="utf-8")
    assert after.startswith(without.rstrip("\n"))
    assert {e.key: e.text for e in po.parse(after)}["say.thanks"] == ""


def test_preview_shows_everything_that_can_be_said_and_runs_nothing(folder: Path, tmp_path: Path) -> None:
    """One page for each language, to be read by a native speaker without Faro."""
    change(folder, "say.bye", "Chao <script>alert(1)</script>")
    assert faro("preview", "--folder", str(folder), "--out", str(tmp_path / "pages")).exit_code == 0
    for locale in files.locales(folder):
        page = (tmp_path / "pages" / f"{locale}.html").read_text(encoding="utf-8")
        for key in sayable.messages():
            assert f'data-key="{key}"' in page or key.startswith("choice."), key
        for word in ("<script", "http:", "https:", "src="):
            assert word not in page
    english = (tmp_path / "pages/en.html").read_text(encoding="utf-8")
    assert all(
        f'data-key="{key}"' in english for key in files.texts(files.catalogue(folder, "es", "console"))
    )
    assert "Nobody is waiting now." in english
    assert "Nobody is waiting now." not in (tmp_path / "pages/pt.html").read_text(encoding="utf-8")
    spanish = (tmp_path / "pages/es.html").read_text(encoding="utf-8")
    assert "¿Te pagan mucho menos de lo acordado, o nada?" in spanish
    assert "Otra respuesta" in spanish
