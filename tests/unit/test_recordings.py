"""Recorded questions: played only while the text is the one that was spoken, offered only where there is room."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot import recordings
from bot.commands.locales import app
from bot.phrasing import Catalogues, Phrasing
from bot.recordings import LARGEST, Recordings
from bot.texts import files
from connectors.base import Limits, Outbound
from connectors.telegram import LIMITS as TELEGRAM
from connectors.text import numbered
from connectors.whatsapp import LIMITS as WHATSAPP
from tests.peers.opus import silence
from tests.unit.test_phrasing import SMS, TEXTS, _act, _write

ALL = {**TEXTS, "choice.listen": "🔊 Escuchar", "say.hello": "Hola, {name}"}
VOICE = silence(0.2)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A catalogue with one recorded question."""
    _write(tmp_path, ALL)
    record(tmp_path, "ask.Q07", ALL["ask.Q07"])
    return tmp_path


def record(folder: Path, key: str, spoken: str | None, content: bytes = VOICE, locale: str = "es") -> None:
    audio = folder / locale / "audio"
    audio.mkdir(parents=True, exist_ok=True)
    (audio / f"{key}.ogg").write_bytes(content)
    if spoken is not None:
        recordings.spoken_now(audio, key, spoken)


def known(folder: Path) -> Recordings:
    return Recordings(folder, lambda what: f"secret-{hash(what)}", "https://faro.example.org/", lambda: 0.0)


def rendered(folder: Path, limits: Limits, *values: str, **how: Any) -> list[Outbound]:
    phrasing = Phrasing(Catalogues(folder), recordings=known(folder), **how)
    return phrasing.render(_act(*values), "es", limits)


ROOM = [
    (WHATSAPP, ("yes", "no"), ["yes", "no", "listen"], "buttons"),
    (WHATSAPP, ("yes", "no", "unsure"), ["yes", "no", "unsure"], "buttons"),
    (WHATSAPP, ("yes", "no", "unsure", "declined"), ["yes", "no", "more"], "buttons"),
    (WHATSAPP, ("unsure", "no", "yes", "declined"), ["unsure", "no", "yes", "declined", "listen"], "list"),
    (TELEGRAM, ("yes", "no", "unsure", "declined"), ["yes", "no", "unsure", "declined", "listen"], "buttons"),
]


@pytest.mark.parametrize(("limits", "values", "shown", "layout"), ROOM)
def test_listen_joins_where_there_is_room(
    folder: Path, limits: Limits, values: tuple[str, ...], shown: list[str], layout: str
) -> None:
    """It pushes no answer out, and no buttons into a list."""
    (message,) = rendered(folder, limits, *values)
    assert [choice.id.removeprefix("Q07.") for choice in message.choices] == shown
    assert message.layout == layout


def test_sms_has_no_sound(folder: Path) -> None:
    """Neither the choice nor a recording."""
    shown = rendered(folder, SMS, "yes", "no") + rendered(folder, SMS, "yes", "no", aloud=True)
    assert not any(message.recording or "Escuchar" in message.text for message in shown)


def test_always_sends_it_before_the_words(folder: Path) -> None:
    """The buttons stay under the newest message, and nobody is asked whether to listen."""
    voice, words = rendered(folder, WHATSAPP, "yes", "no", aloud=True)
    assert (voice.recording, voice.text) == ("es/ask.Q07", "")
    assert [choice.id for choice in words.choices] == ["Q07.yes", "Q07.no"]


def test_numbers_keep_their_meaning_where_buttons_are_refused(folder: Path) -> None:
    """ "Listen" and "another answer" are no answers: by number there are the four, and only they."""
    (message,) = rendered(folder, WHATSAPP, "yes", "no", "unsure", "declined")
    assert "1. Sí\n2. No\n3. No sé\n4. Prefiero no decir" in numbered(message)
    (message,) = rendered(folder, TELEGRAM, "yes", "no")
    assert "Escuchar" not in numbered(message)


def test_a_changed_text_silences_its_recording(folder: Path) -> None:
    """What is heard would be another question than what is answered."""
    assert known(folder).of("es", "ask.Q07", ALL["ask.Q07"]) == "es/ask.Q07"
    _write(folder, {**ALL, "ask.Q07": "¿Te pagan?"})
    assert rendered(folder, WHATSAPP, "yes", "no", aloud=True)[0].recording == ""
    assert [(f.level, f.code, f.key) for f in files.recorded(folder)] == [
        ("warning", "recording_stale", "ask.Q07")
    ]


def test_another_language_is_not_heard_in_spanish_words(folder: Path) -> None:
    """Who reads the Spanish text, because theirs is missing, hears Spanish; who reads theirs hears nothing else."""
    _write(folder, {"choice.yes": "Yes"}, "en")
    phrasing = Phrasing(Catalogues(folder), recordings=known(folder), aloud=True)
    assert phrasing.render(_act("yes", "no"), "en", TELEGRAM)[0].recording == "es/ask.Q07"
    _write(folder, {"ask.Q07": "Are you paid less?"}, "en")
    phrasing = Phrasing(Catalogues(folder), recordings=known(folder), aloud=True)
    assert phrasing.render(_act("yes", "no"), "en", TELEGRAM)[0].recording == ""


UNFIT = [
    ("ask.Q07", VOICE, None, "recording_stale"),
    ("ask.Q99", VOICE, "x", "recording_lost"),
    ("say.hello", VOICE, ALL["say.hello"], "recording_lost"),
    ("ask.Q07", b"RIFF", ALL["ask.Q07"], "recording_broken"),
    ("ask.Q07", b"OggS" + b"x" * 60, ALL["ask.Q07"], "recording_broken"),
    ("ask.Q07", VOICE + b"x" * LARGEST, ALL["ask.Q07"], "recording_large"),
]


@pytest.mark.parametrize(("key", "content", "spoken", "code"), UNFIT)
def test_what_is_not_played_is_told(
    tmp_path: Path, key: str, content: bytes, spoken: str | None, code: str
) -> None:
    """By ``faro locales check``, with its reason; and it is not played."""
    _write(tmp_path, ALL)
    record(tmp_path, key, spoken, content)
    assert [(f.code, f.key) for f in files.recorded(tmp_path)] == [(code, key)]
    if code != "recording_lost":
        assert known(tmp_path).of("es", key, ALL[key]) == ""


def test_a_broken_list_of_spoken_words_is_no_crash(folder: Path) -> None:
    """Nothing is played, everything is told."""
    (folder / "es/audio/spoken.yml").write_text("a: [", encoding="utf-8")
    assert known(folder).of("es", "ask.Q07", ALL["ask.Q07"]) == ""
    assert [f.code for f in files.recorded(folder)] == ["recording_stale"]


def test_the_address_of_a_recording(folder: Path) -> None:
    """Nobody can guess it, it names neither question nor person, and it changes with the recording."""
    mine, other = known(folder), Recordings(folder, lambda what: f"other-{hash(what)}", "https://x.example")
    url = mine.url("es/ask.Q07")
    token = url.rsplit("/", 1)[1].removesuffix(".ogg")
    assert url.startswith("https://faro.example.org/recordings/")
    assert "Q07" not in url
    assert mine.at(token) == VOICE
    assert other.at(token) is None
    for guess in ("", "es/ask.Q07", "ask.Q07", "../es/audio/ask.Q07", token[:-1]):
        assert mine.at(guess) is None
    record(folder, "ask.Q07", ALL["ask.Q07"], silence(0.3))
    assert known(folder).url("es/ask.Q07") != url
    assert mine.url("es/ask.Q99") == ""


def test_a_new_recording_counts_within_a_second(folder: Path) -> None:
    """And a deleted one no more."""
    now = [0.0]
    live = Recordings(folder, clock=lambda: now[0])
    (folder / "es/audio/ask.Q07.ogg").unlink()
    assert live.content("es/ask.Q07") is None
    now[0] = 1.0
    assert live.of("es", "ask.Q07", ALL["ask.Q07"]) == ""
    shutil.rmtree(folder / "es/audio")
    record(folder, "ask.Q07", ALL["ask.Q07"])
    now[0] = 2.0
    assert live.of("es", "ask.Q07", ALL["ask.Q07"]) == "es/ask.Q07"


def test_the_commands(folder: Path) -> None:
    """``recorded`` takes what was spoken from the text as it is now; ``check`` says what is stale."""
    _write(folder, {**ALL, "ask.Q07": "¿Te pagan?"})
    where = ["--folder", str(folder)]
    assert "es/audio/ask.Q07.ogg" in CliRunner().invoke(app, ["check", *where]).output
    assert CliRunner().invoke(app, ["recorded", "es", "ask.Q07", *where]).exit_code == 0
    assert "es/audio/ask.Q07.ogg" not in CliRunner().invoke(app, ["check", *where]).output
    assert recordings.read_spoken(folder / "es/audio") == {"ask.Q07": "¿Te pagan?"}
    assert CliRunner().invoke(app, ["recorded", "es", "ask.Q99", *where]).exit_code == 1
    record(folder, "say.hello", None)
    assert CliRunner().invoke(app, ["recorded", "es", "say.hello", *where]).exit_code == 1
