"""What was asked, in which words: the open question keeps them, and each answer points at them."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.phrasing import Catalogues, Phrasing
from bot.statistics import month_of, month_start
from bot.storage import figures, wordings
from bot.storage.database import Database
from bot.storage.text_tables import readers
from bot.storage.text_tables import wordings as rows
from bot.texts import files, po
from bot.vault import Vault
from bot.wordings import Wording
from tests.conftest import ROOT
from tests.integration.test_dialogue import Talk


@pytest.fixture
def talk(database: Database, vault: Vault, tmp_path: Path) -> Talk:
    """A conversation with catalogues of its own, which the test edits like an editor."""
    made = Talk(database, vault)
    shutil.copytree(ROOT / "locales", tmp_path / "locales")
    phrasing = Phrasing(Catalogues(tmp_path / "locales"))
    made.dialogue._parts = dataclasses.replace(made.dialogue._parts, phrasing=phrasing)
    made.text = phrasing.catalogues.text
    return made


def publish(talk: Talk, key: str, text: str) -> None:
    """The Spanish text of a key is another from now on."""
    catalogues = talk.dialogue._parts.phrasing.catalogues
    file = catalogues.folder / "es" / "LC_MESSAGES" / "messages.po"
    head, _, rest = file.read_text(encoding="utf-8").partition(f'msgid "{key}"\n')
    body, _, tail = rest.partition("\n\n")
    assert body.startswith("msgstr")
    file.write_text(f'{head}msgid "{key}"\nmsgstr "{text}"\n\n{tail}', encoding="utf-8")
    catalogues.refresh()
    assert catalogues.text(key, "es") == text


async def shown(talk: Talk) -> dict[str, Any]:
    row = await talk.row()
    return talk.vault.open_json("conversations", "shown_sealed", row.id, row.shown_sealed) or {}


async def test_an_open_question_keeps_its_words_and_the_answer_names_them(talk: Talk) -> None:
    """Published in between: asked again in the old words, the answer is one to these; the next question is new."""
    await talk.begin()
    first, second = talk.text("ask.Q01", "es"), talk.text("ask.Q02", "es")
    assert (await shown(talk))["put"]["question"] == "Q01"
    publish(talk, "ask.Q01", f"De otra manera: {first}")
    publish(talk, "ask.Q02", f"De otra manera: {second}")
    again = await talk.say("qué bonito está el clima hoy")  # nobody understands it: asked once more
    assert any(first in text for text in again)
    assert not any("De otra manera" in text for text in again)
    answered = await talk.say(kind="choice", choice="Q01.no")
    assert any("De otra manera" in text for text in answered)
    told = (await shown(talk))["answered"]
    async with talk.db.read() as conn:
        assert await wordings.of(conn, told["Q01"]) == Wording("es", "ask.Q01", first)


async def test_a_corrected_answer_is_one_to_the_words_of_its_own_time(talk: Talk) -> None:
    """Back to a question that is no longer open: its words are those of today."""
    await talk.begin()
    first = talk.text("ask.Q01", "es")
    await talk.say(kind="choice", choice="Q01.no")
    before = (await shown(talk))["answered"]["Q01"]
    assert before == Wording("es", "ask.Q01", first).version
    publish(talk, "ask.Q01", f"De otra manera: {first}")
    talk.rasa.ranking["atrás"] = ("back", 0.9)
    assert any("De otra manera" in text for text in await talk.say("atrás"))
    await talk.say(kind="choice", choice="Q01.yes")
    after = (await shown(talk))["answered"]["Q01"]
    assert after == Wording("es", "ask.Q01", f"De otra manera: {first}").version


async def test_what_is_told_unasked_names_no_words(talk: Talk) -> None:
    await talk.begin()
    await talk.say("me quitaron el pasaporte")
    told = await shown(talk)
    assert "Q10" not in told["answered"]


async def test_every_wording_is_kept_once(talk: Talk) -> None:
    await talk.begin()
    await talk.say(kind="choice", choice="Q01.no")
    talk.dialogue._asked.clear()  # another process, or after a restart
    await talk.say("hola")
    async with talk.db.read() as conn:
        count, distinct = (
            await conn.execute(select(func.count(), func.count(rows.c.version.distinct())))
        ).one()
    assert count == distinct > 6


async def test_people_are_counted_not_messages(talk: Talk) -> None:
    """Why, and why once more, is one person; so is the question that comes back each time."""
    await talk.begin()
    talk.rasa.ranking["¿para qué?"] = ("why", 0.9)
    assert talk.text("why.Q01", "es") in await talk.say("¿para qué?")
    await talk.say("¿para qué?")
    month = month_start(month_of(talk.now))
    async with talk.db.read() as conn:
        counted = {(row.month, row.key): row.people for row in await conn.execute(select(readers))}
    assert counted[month, "ask.Q01"] == counted[month, "why.Q01"] == 1
    assert all(key.startswith(("ask.", "why.", "again.")) for _, key in counted)
    async with talk.db.write() as conn:
        await figures.count_readers(conn, month, [("es", "why.Q01")])
        asked = [("es", "why.Q01"), ("es", "why.Q02"), ("en", "why.Q01")]
        found = await figures.readers_between(conn, asked, month, month + 1)
    assert found == {asked[0]: {month_of(talk.now): 2}, asked[1]: {}, asked[2]: {}}


async def test_a_reader_counts_for_the_catalogue_whose_words_were_read(talk: Talk) -> None:
    """In a house of usted: the variant's own texts for it, what it leaves as it is for the usual Spanish."""
    folder = talk.dialogue._parts.phrasing.catalogues.folder
    path = files.catalogue(folder, "es@usted")
    path.write_text(po.removed(path.read_text(encoding="utf-8"), "ask.Q01"), encoding="utf-8")
    phrasing = Phrasing(Catalogues(folder, home="es@usted"))
    talk.dialogue._parts = dataclasses.replace(talk.dialogue._parts, phrasing=phrasing)
    talk.text = phrasing.catalogues.text
    await talk.begin()
    async with talk.db.read() as conn:
        counted = {(row.locale, row.key) for row in await conn.execute(select(readers))}
    own = files.texts(path)
    assert ("es", "ask.Q01") in counted
    assert ("es@usted", "ask.P1") in counted
    assert all((name == "es@usted") == (key in own) for name, key in counted)
