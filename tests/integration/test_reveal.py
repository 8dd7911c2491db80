"""A person's number is seen by staff: two people, a reason, in time, once; everything recorded; the person is told."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from sqlalchemy import select

from bot import retention
from bot.handoff.reveal import ASK_SECONDS, SHOW_SECONDS
from bot.storage import conversations
from bot.storage.tables import reveals as table
from connectors.base import Outbound
from tests.integration.console_support import Page, World, both, post, world

__all__ = ["both", "world"]

NUMBER = "+51987654321"
WHY = "No contesta hace dos horas y dijo que él volvía."


class Scene:
    """Ana holds the case and asks; Sofía supervises."""

    def __init__(self, world: World, case: str, ana: httpx.AsyncClient, sofia: httpx.AsyncClient) -> None:
        self.world, self.case, self.ana, self.sofia = world, case, ana, sofia
        self.path = f"/console/cases/{case}/reveal"

    async def ask(self, browser: httpx.AsyncClient | None = None) -> httpx.Response:
        return await post(browser or self.ana, self.path, reason="danger", note=WHY)

    async def asked(self) -> str:
        """The id of the latest request."""
        async with self.world.db.read() as conn:
            found = await conn.scalar(select(table.c.id).order_by(table.c.asked_at.desc()).limit(1))
        assert found is not None
        return str(found)

    def code(self, login: str) -> str:
        self.world.clock.now += 30  # a code serves once
        return self.world.code(login)

    async def grant(self, browser: httpx.AsyncClient | None = None, login: str = "sofia") -> httpx.Response:
        path = f"/console/reveals/{await self.asked()}/grant"
        return await post(browser or self.sofia, path, code=self.code(login))

    async def show(self, browser: httpx.AsyncClient | None = None, login: str = "ana") -> httpx.Response:
        return await post(browser or self.ana, f"{self.path}/show", code=self.code(login))


async def scene(world: World) -> Scene:
    ana, sofia = await world.account("ana"), await world.account("sofia", "supervisor")
    case = await world.case(NUMBER)
    assert await world.deps.desk.claim(case, ana, world.clock.now)
    return Scene(world, case, await world.inside(ana), await world.inside(sofia))


async def test_two_people_and_then_once(both: World) -> None:
    """Asked, granted, shown on one answer; never again; each step in history and audit log."""
    s = await scene(both)
    assert "ask-form" in Page((await s.ana.get(s.path)).text).ids
    assert (await s.ask()).headers["location"] == s.path
    assert "reveal-asked" in Page((await s.ana.get(s.path)).text).ids
    waiting = (await s.sofia.get("/console/reveals")).text
    assert WHY in waiting
    assert NUMBER not in waiting
    assert "alerts-reveals" in Page((await s.sofia.get("/console/alerts")).text).ids
    assert (await s.grant()).headers["location"] == "/console/reveals?said=granted"
    before = (await s.ana.get(s.path)).text
    assert "show-form" in Page(before).ids
    assert NUMBER not in before
    shown = await s.show()
    assert shown.status_code == 200
    assert f'data-testid="number">{NUMBER}<' in shown.text
    assert shown.headers["cache-control"] == "no-store"
    again = await s.show()
    assert again.status_code == 409
    for text in (
        again.text,
        (await s.ana.get(s.path)).text,
        (await s.ana.get(f"/console/cases/{s.case}")).text,
    ):
        assert NUMBER not in text
    acts = [act for _, act, _ in await both.acts("reveal.")]
    assert acts == ["reveal.ask", "reveal.grant", "reveal.show"]
    history = (await s.sofia.get(f"/console/cases/{s.case}")).text
    for step in ("ask", "grant", "show"):
        assert both.deps.text(f"console.history.reveal_{step}") in history


async def test_nobody_decides_their_own_request(world: World) -> None:
    """Not even a supervisor who holds the case; another supervisor can."""
    sofia, rosa = await world.account("sofia", "supervisor"), await world.account("rosa", "supervisor")
    case = await world.case(NUMBER)
    await world.deps.desk.claim(case, sofia, world.clock.now)
    s = Scene(world, case, await world.inside(sofia), await world.inside(sofia))
    await s.ask(s.sofia)
    assert "own-reveal" in Page((await s.sofia.get("/console/reveals")).text).ids
    assert (await s.grant()).status_code == 409
    assert (await s.show(s.sofia, "sofia")).status_code == 409
    assert (await s.grant(await world.inside(rosa), "rosa")).status_code == 303
    assert NUMBER in (await s.show(s.sofia, "sofia")).text


async def test_only_who_asked_and_holds_the_case_sees_it(world: World) -> None:
    """Not the one who granted; not who got the case meanwhile; not who gave it away."""
    s = await scene(world)
    luis = await world.account("luis")
    await s.ask()
    await s.grant()
    assert NUMBER not in (await s.show(s.sofia, "sofia")).text
    ana = await world.member("ana")
    await world.deps.desk.transfer(s.case, ana, luis.id, "", world.clock.now)
    gone = await s.show()
    assert gone.status_code == 404  # not hers to open any more
    assert NUMBER not in gone.text
    other = await s.show(await world.inside(luis), "luis")
    assert other.status_code == 409
    assert NUMBER not in other.text


async def test_time_runs_out_on_the_server(both: World) -> None:
    """An old request cannot be granted; an old grant shows nothing."""
    s = await scene(both)
    await s.ask()
    both.clock.now += ASK_SECONDS
    assert (await s.grant(await both.inside(await both.member("sofia")))).status_code == 409
    ana = await both.inside(await both.member("ana"))
    assert (await s.ask(ana)).status_code == 303  # asks anew
    sofia = await both.inside(await both.member("sofia"))
    assert (await s.grant(sofia)).status_code == 303
    both.clock.now += SHOW_SECONDS
    late = await s.show(await both.inside(await both.member("ana")))
    assert late.status_code == 409
    assert NUMBER not in late.text


@pytest.mark.parametrize("code", ["", "000000", "spent"])
async def test_both_give_a_fresh_code(world: World, code: str) -> None:
    """Without it nothing is granted and nothing shown."""
    s = await scene(world)
    await s.ask()
    path = f"/console/reveals/{await s.asked()}/grant"
    if code == "spent":
        code = s.code("sofia")
        other = world.browser()
        await post(other, "/console/login", login="sofia", password=world.secrets["sofia"]["password"])
        await post(other, "/console/login/code", code=code)
    assert (await post(s.sofia, path, code=code)).status_code == 403
    assert (await s.grant()).status_code == 303
    refused = await post(s.ana, f"{s.path}/show", code="000000")
    assert refused.status_code == 403
    assert NUMBER not in refused.text
    assert NUMBER in (await s.show()).text


@pytest.mark.parametrize("fields", [{"reason": "curious", "note": WHY}, {"reason": "call", "note": "ya"}, {}])
async def test_without_a_reason_nothing_is_asked(world: World, fields: dict[str, str]) -> None:
    s = await scene(world)
    answer = await post(s.ana, s.path, **fields)
    assert answer.status_code == 422
    assert await world.acts("reveal.") == []


async def test_a_refusal_ends_it(world: World) -> None:
    s = await scene(world)
    await s.ask()
    done = await post(s.sofia, f"/console/reveals/{await s.asked()}/refuse")
    assert done.headers["location"] == "/console/reveals?said=denied"
    assert (await s.grant()).status_code == 409
    assert (await s.show()).status_code == 409
    assert "reveal-refused" in Page((await s.ana.get(s.path)).text).ids


async def test_two_clicks_at_once_show_it_once(both: World) -> None:
    s = await scene(both)
    await s.ask()
    await s.grant()
    ana = await both.member("ana")
    shown = await asyncio.gather(*(both.deps.reveals.show(s.case, ana, both.clock.now) for _ in range(8)))
    assert [number.address for number in shown if number] == [NUMBER]


@pytest.mark.parametrize("phase", ["human", "locked", "stopped"])
async def test_the_person_is_told_with_the_next_message(world: World, phase: str) -> None:
    """Held whatever the phase, and let go when they write; not at once, on a phone that may be watched."""
    s = await scene(world)
    here = (await world.standing(s.case)).conversation_id
    assert here is not None
    async with world.db.write() as conn:
        await conversations.set_phase(conn, here, phase)
    await s.ask()
    await s.grant()
    await s.show()
    (told,) = [one for one in await world.sent() if one["key"] == "human.revealed"]
    assert told["state"] == "held"
    assert told["text"] == world.deps.text("human.revealed")
    async with world.db.write() as conn:
        await world.outbox.hold(conn, here)  # a lock afterwards does not lose it
    (told,) = [one for one in await world.sent() if one["key"] == "human.revealed"]
    assert told["state"] == "held"
    async with world.db.write() as conn:
        await world.outbox.release(conn, here, world.clock.now)  # what a turn does when the person writes
    (told,) = [one for one in await world.sent() if one["key"] == "human.revealed"]
    assert told["state"] == "queued"


async def test_after_an_erasure_there_is_nothing_to_see(both: World) -> None:
    """The request goes with the person's data; its words are sealed until then."""
    s = await scene(both)
    await s.ask()
    await s.grant()
    here = (await both.standing(s.case)).conversation_id
    assert here is not None
    async with both.db.write() as conn:
        sealed = await conn.scalar(select(table.c.note_sealed))
        assert sealed is not None
        assert WHY.encode() not in sealed
        await retention.erase_conversation(conn, both.vault, here, both.clock.now, [Outbound("Listo")])
    assert await both.deps.reveals.show(s.case, await both.member("ana"), both.clock.now) is None
    async with both.db.read() as conn:
        assert (await conn.execute(select(table))).all() == []
