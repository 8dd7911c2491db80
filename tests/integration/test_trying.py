"""A text tried: on made-up phones only, at the place where it is said, counted nowhere."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from bot.storage import conversations
from bot.storage.tables import cases, outbound, readers
from bot.storage.tables import conversations as people
from bot.trying import Trying, address
from connectors.simulator import Simulator
from tests.integration.console_support import World, post, world
from tests.integration.test_console_texts import PLAIN, Desk, desk, opened

__all__ = ["desk", "world"]

KEY, WORDS = "ask.Q07", "¿Te pagan menos de lo que dijeron?"
PHONES = {
    name: Simulator(look).limits
    for name, look in (("sim-whatsapp", "whatsapp"), ("sim-telegram", "telegram"))
}


def trying(world: World) -> Trying:
    return Trying(world.db, world.vault, world.outbox, world.deps.phrasing, PHONES, world.clock)


async def sent(world: World, conversation: str) -> list[dict[str, Any]]:
    async with world.db.read() as conn:
        rows = await conn.execute(
            select(outbound).where(outbound.c.conversation_id == conversation).order_by(outbound.c.seq)
        )
        return [world.vault.open_json("outbound", "body_sealed", r.id, r.body_sealed) or {} for r in rows]


async def test_a_made_up_person_stands_at_the_question_in_the_words_on_trial(world: World) -> None:
    """On both phones; the next answer is an answer to it, and asked again it reads the same."""
    real = await world.writes("hola")
    phones = await trying(world).put("es", KEY, WORDS)
    assert phones is not None
    assert set(phones) == set(PHONES)
    for channel, name in phones.items():
        async with world.db.write() as conn:
            id_ = await conversations.find_or_create(conn, world.vault, channel, name, "es", world.clock.now)
            found = await conversations.get(conn, world.vault, id_)
        assert found is not None
        assert found.state is not None
        assert found.state["step"] == "Q07"
        assert found.consented
        assert found.shown is not None
        assert [one["id"] for one in found.shown["last"]][:2] == ["Q07.yes", "Q07.no"]
        assert found.shown["put"]["texts"] == {"es/ask.Q07": WORDS}
        messages = await sent(world, id_)
        assert WORDS in messages[-1]["text"]
        assert [choice["id"] for choice in messages[-1]["choices"]]
    assert await sent(world, real) == []
    assert address(phones).startswith("/simulator?whatsapp=prueba-")


async def test_a_variant_is_tried_in_its_own_words(world: World) -> None:
    """Somebody who is spoken to with «usted» reads the draft of that catalogue."""
    phones = await trying(world).put("es@usted", KEY, "¿Le pagan menos?")
    assert phones is not None
    async with world.db.write() as conn:
        id_ = await conversations.find_or_create(
            conn, world.vault, "sim-telegram", phones["sim-telegram"], "es", world.clock.now
        )
    assert "¿Le pagan menos?" in (await sent(world, id_))[-1]["text"]


async def test_nobody_is_counted_and_no_case_is_opened_even_where_danger_is_tried(world: World) -> None:
    """The words of an alarm can be looked at without raising one; a text that no answer brings is refused."""
    assert await trying(world).put("es", "emergency.danger", "Te leo. Aquí estoy.") is not None
    assert await trying(world).put("es", "canned.hello", "Hola.") is None
    async with world.db.read() as conn:
        assert await conn.scalar(select(func.count()).select_from(cases)) == 0
        assert await conn.scalar(select(func.count()).select_from(readers)) == 0
        assert set((await conn.execute(select(people.c.channel))).scalars()) == set(PHONES)


async def test_real_channels_are_refused(world: World) -> None:
    """Nothing is ever tried on somebody."""
    with pytest.raises(ValueError, match="simulator"):
        Trying(world.db, world.vault, world.outbox, world.deps.phrasing, world.deps.limits, world.clock)


async def test_without_a_simulator_the_page_says_why_it_cannot_be_tried(desk: Desk) -> None:
    """No button; a form of one's own making does nothing."""
    eva = await desk.editor("eva")
    page = (await eva.get(f"/console/texts/es/{PLAIN}")).text
    assert 'data-testid="try"' not in page
    assert "FARO_SIMULATOR" in page
    answer = await post(
        eva,
        f"/console/texts/es/{PLAIN}/try",
        text="Chao.",
        seen=await opened(eva, f"/console/texts/es/{PLAIN}"),
    )
    assert answer.headers["location"].endswith("text_no_phones")
    async with desk.world.db.read() as conn:
        assert await conn.scalar(select(func.count()).select_from(people)) == 0
