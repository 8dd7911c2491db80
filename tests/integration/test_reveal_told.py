"""A number was seen: its owner learns of it on the phone, with the next message that they write."""

from __future__ import annotations

from sqlalchemy import select

from bot.handoff.reveal import Reveals
from bot.phrasing import Catalogues, Phrasing
from bot.storage import staff
from bot.storage.tables import reveals as table
from tests.conftest import ROOT
from tests.integration.test_dialogue import Talk, talk, url
from tests.integration.test_reveal import WHY
from tests.integration.test_storage_cases import member

__all__ = ["talk", "url"]


async def test_the_notice_reaches_the_phone_with_the_next_message(talk: Talk) -> None:
    """Through the real pipeline: nothing arrives when the number is shown; it does when the person writes, once."""
    await talk.begin()
    await talk.say("quiero hablar con una persona")
    ana = await talk.claim()
    sofia = await member(talk.db, talk.vault, "sofia")
    case = await talk.case()
    assert case is not None
    words = Phrasing(Catalogues(ROOT / "locales"))
    reveals = Reveals(talk.db, talk.vault, talk.outbox, words, {"whatsapp": talk.line.limits})
    async with talk.db.read() as conn:
        asks, decides = [await staff.get(conn, talk.vault, one) for one in (ana, sofia)]
    assert asks is not None
    assert decides is not None
    assert await reveals.ask(case.id, asks, "danger", WHY, talk.now)
    async with talk.db.read() as conn:
        asked = await conn.scalar(select(table.c.id))
    assert await reveals.decide(asked, decides, talk.now, granted=True)
    shown = await reveals.show(case.id, asks, talk.now)
    assert shown is not None
    told = words.catalogues.text("human.revealed", "es")
    talk.now += 3600
    assert told not in await talk.work()
    assert (await talk.say("aquí estoy")).count(told) == 1
    assert told not in await talk.say("¿hola?")
