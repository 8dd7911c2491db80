"""What was not understood is kept only when it is harmless, and the person, an adult, was asked and said yes."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import unheard
from bot.dialogue import Dialogue
from bot.redaction import redact
from bot.storage.database import Database
from bot.storage.phrase_tables import phrase_people
from bot.storage.phrase_tables import phrases as rows
from bot.vault import Vault
from tests.integration.test_dialogue import Talk
from tests.integration.test_phrases import counted

WISHED = ("no", "nothing", "none", "declined")


@pytest.mark.parametrize(
    "text",
    [
        *(
            "mi jefe juan perez no paga",
            "rosa",
            "carmen dice que no",
            "don lucho",
            "soy yhuleisy",
            "estoy en tacna",
        ),
        *(
            "987 654 321",
            "nueve ocho siete seis",
            "calle los olivos",
            "escribeme a ana@correo.pe",
            "dos mil soles",
        ),
        *("", "👍", "a" * 61, "uno a otro y otro a uno y otro mas"),
    ],
)
def test_what_leads_to_somebody_is_no_phrase(text: str) -> None:
    """Names, places, numbers and long stories are dropped whole, not masked."""
    assert unheard.phrase(text) == ""


@pytest.mark.parametrize(
    ("text", "kept"), [("¡Sisas, parce!", ""), ("Más o menos nomás.", "mas o menos nomas")]
)
def test_what_is_kept_is_folded(text: str, kept: str) -> None:
    """Small letters, no accents; what holds more than words is left out."""
    assert unheard.phrase(text) == kept


@given(st.text(max_size=80))
def test_no_phrase_holds_what_redaction_masks(text: str) -> None:
    """Whatever somebody writes: a phrase has letters and spaces only, and nothing in it is masked."""
    kept = unheard.phrase(text)
    assert not kept or (unheard.PLAIN.fullmatch(kept) and not redact(kept).spans and not redact(text).spans)


# ── in a conversation ───────────────────────────────────────────────────────────────────────────────────────


class Asked(Talk):
    """A phone of a Faro that may ask."""

    def __init__(self, database: Database, vault: Vault, *, collects: bool = True) -> None:
        super().__init__(database, vault)
        parts = self.dialogue._parts
        tools = dataclasses.replace(parts.tools, collects=collects)
        self.dialogue = Dialogue(dataclasses.replace(parts, tools=tools))

    def words(self, key: str) -> str:
        return self.text(key, "es")

    async def shown(self) -> dict[str, Any]:
        row = await self.row()
        return self.vault.open_json("conversations", "shown_sealed", row.id, row.shown_sealed) or {}

    async def end(self) -> list[str]:
        """Say no to everything, until goodbye."""
        for _ in range(60):
            last = (await self.shown())["last"]
            values = {one["value"]["v"]: one["id"] for one in last}
            tap = next((values[v] for v in WISHED if v in values), list(values.values())[-1])
            said = await self.say(kind="choice", choice=tap)
            if any(self.words("end.bye") in text for text in said):
                return said
        raise AssertionError("no goodbye in sixty answers")


@pytest.fixture
def url(tmp_path: Path) -> str:
    """What differs between the databases is tested in test_phrases.py."""
    return f"sqlite:///{tmp_path / 'faro.db'}"


@pytest.fixture
def talk(database: Database, vault: Vault) -> Asked:
    return Asked(database, vault)


async def test_asked_once_at_the_end_and_yes_counts(talk: Asked) -> None:
    """The question comes with goodbye, "no" first; a yes keeps the words, and BORRAR takes them back."""
    await talk.begin()
    await talk.say("ya fue causa")
    assert await counted(talk.db, rows) == 0
    said = await talk.end()
    assert said[-1].startswith(talk.words("phrases.ask"))
    assert [one["value"]["v"] for one in (await talk.shown())["last"]] == ["no", "yes"]
    assert await counted(talk.db, rows) == 0
    assert (await talk.say(kind="choice", choice="phrases.yes"))[0] == talk.words("phrases.thanks")
    assert await counted(talk.db, rows) == await counted(talk.db, phrase_people) == 1
    assert talk.words("phrases.ask") not in "".join(await talk.say("hola"))
    await talk.say("BORRAR")
    await talk.say(kind="choice", choice="erase.yes")
    assert await counted(talk.db, rows) == await counted(talk.db, phrase_people) == 0


@pytest.mark.parametrize("answer", ["no", "2", "otra cosa"])
async def test_anything_but_yes_keeps_nothing(talk: Asked, answer: str) -> None:
    """A no, a word, or going on with something else: the words are gone. ("2" is the yes: it does keep.)"""
    await talk.begin()
    await talk.say("ya fue causa")
    await talk.end()
    await talk.say(answer)
    assert await counted(talk.db, rows) == (1 if answer == "2" else 0)
    assert (await talk.shown())["unheard"] == []


async def test_a_no_after_the_yes_takes_it_back(talk: Asked) -> None:
    """The old button still works, in that direction only."""
    await talk.begin()
    await talk.say("ya fue causa")
    await talk.end()
    await talk.say(kind="choice", choice="phrases.yes")
    assert (await talk.say(kind="choice", choice="phrases.no"))[0] == talk.words("phrases.none")
    assert await counted(talk.db, rows) == 0
    await talk.say(kind="choice", choice="phrases.yes")
    assert await counted(talk.db, rows) == 0


@pytest.mark.parametrize(
    "said", ["claro que sí", "mi jefe se llama wilmer quispe", "vivo en tacna", "son 1200 soles"]
)
async def test_not_asked_when_there_is_nothing_harmless(talk: Asked, said: str) -> None:
    """What was understood, or names somebody or a place, is not kept, so there is nothing to ask."""
    await talk.begin()
    await talk.say(said)
    assert (await talk.shown())["unheard"] == []
    assert talk.words("phrases.ask") not in "".join(await talk.end())


async def test_never_of_somebody_in_danger(talk: Asked) -> None:
    """One word of danger, and what was said around it stays private, before and after."""
    await talk.begin()
    await talk.say("ya fue causa")
    await talk.say("ayuda")
    await talk.say("otra cosa rara")
    shown = await talk.shown()
    assert (shown["unheard"], shown["sharing"]) == ([], "no")


@pytest.mark.parametrize("age", ["P2.14_17", "P2.declined"])
async def test_never_of_a_minor(talk: Asked, age: str) -> None:
    """Sixteen, or nobody knows: nothing is kept, and so nobody is asked."""
    for step in ("", "P0.yes", "P1.yes", age, "P3.no"):
        await (talk.say("hola") if not step else talk.say(kind="choice", choice=step))
    await talk.say("ya fue causa")
    shown = await talk.shown()
    assert (shown["unheard"], shown["sharing"]) == ([], "no")


async def test_off_unless_the_operator_says_so(database: Database, vault: Vault, talk: Asked) -> None:
    """The setting is off: nothing is noted and nobody is asked."""
    quiet = Asked(database, vault, collects=False)
    await quiet.begin()
    await quiet.say("ya fue causa")
    assert (await quiet.shown())["unheard"] == []
    assert quiet.words("phrases.ask") not in "".join(await quiet.end())
