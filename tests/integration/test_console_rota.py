"""The rota page, shifts, breaks, and what people are told when nobody is there."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from sqlalchemy import update

from bot.handoff import rota
from bot.handoff.shifts import LIMA
from bot.storage import shifts as store
from bot.storage.tables import cases
from bot.storage.tables import staff as table
from tests.integration.console_support import Page, World, both, post, world

__all__ = ["both", "world"]

THURSDAY = dt.datetime(2026, 11, 26, 9, 0, tzinfo=LIMA).timestamp()


async def test_a_supervisor_writes_the_week(world: World) -> None:
    """Several days at once; on the page; known twice is refused; removed again; every step in the audit log."""
    world.clock.now = THURSDAY
    ana, sofia = await world.account("ana"), await world.account("sofia", "supervisor")
    browser = await world.inside(sofia)
    fields = {"member": ana.id, "starts": "08:00", "ends": "14:00"}
    made = await browser.post("/console/rota/shifts", data={**fields, "day": ["3", "4"]})
    assert made.headers["location"] == "/console/rota?said=shift_added"
    page = (await browser.get("/console/rota")).text
    assert Page(page).ids.count("shift") == 2
    assert Page(page).active == []
    assert f'data-testid="expected">{ana.alias}<' in page
    again = await browser.post("/console/rota/shifts", data={**fields, "day": ["3"]})
    assert again.status_code == 409
    async with world.db.read() as conn:
        (first, second) = await store.everybody(conn)
    assert (first.weekday, first.starts, first.ends, first.holidays) == (3, 480, 840, False)
    gone = await post(browser, f"/console/rota/shifts/{first.id}/remove")
    assert gone.headers["location"] == "/console/rota?said=shift_removed"
    assert (
        await post(browser, f"/console/rota/shifts/{first.id}/remove")
    ).status_code == 303  # twice is once
    async with world.db.read() as conn:
        assert await store.everybody(conn) == [second]
    assert [act for _, act, _ in await world.acts("shift.")] == ["shift.add", "shift.add", "shift.remove"]


@pytest.mark.parametrize(
    "change",
    [{"day": []}, {"day": ["7"]}, {"starts": "8"}, {"ends": "24:00"}, {"starts": "14:00"}],
    ids=["no day", "no such day", "no time", "no such time", "no length"],
)
async def test_a_shift_that_cannot_be_is_refused(world: World, change: dict[str, object]) -> None:
    ana, sofia = await world.account("ana"), await world.account("sofia", "supervisor")
    browser = await world.inside(sofia)
    fields = {"member": ana.id, "day": ["3"], "starts": "08:00", "ends": "14:00", **change}
    assert (await browser.post("/console/rota/shifts", data=fields)).status_code == 422
    async with world.db.read() as conn:
        assert await store.everybody(conn) == []


async def test_only_who_may_answer_gets_shifts(world: World) -> None:
    """Not an editor, not a closed account."""
    sofia, edu = await world.account("sofia", "supervisor"), await world.account("edu", "editor")
    browser = await world.inside(sofia)
    fields = {"day": "3", "starts": "08:00", "ends": "14:00"}
    assert (await post(browser, "/console/rota/shifts", member=edu.id, **fields)).status_code == 404
    assert (await post(browser, "/console/rota/shifts", member="0" * 32, **fields)).status_code == 404


async def test_a_responder_sees_the_own_shifts_and_cannot_change_any(world: World) -> None:
    world.clock.now = THURSDAY
    ana = await world.account("ana")
    async with world.db.write() as conn:
        await store.add(conn, ana.id, 4, 480, 840, holidays=False)
        await store.add(conn, ana.id, 1, 480, 840, holidays=False)  # Tuesday 8 December is a holiday
    page = (await (await world.inside(ana)).get("/console/rota")).text
    mine = page[page.index('data-testid="my-shifts"') : page.index('data-testid="duty"')]
    assert re.findall(r"(\w+ \d+ \w+\.)", mine) == ["Viernes 27 nov.", "Martes 1 dic.", "Viernes 4 dic."]
    assert "shift-form" not in Page(page).ids
    assert "load" not in Page(page).ids


async def test_a_break_hands_cases_on(both: World) -> None:
    """To a colleague with the note, or back to the queue; nothing new comes; the way back."""
    world = both
    ana, luis = await world.account("ana"), await world.account("luis")
    first, second = await world.case("+51900000001"), await world.case("+51900000002")
    for case in (first, second):
        assert await world.deps.desk.claim(case, ana, world.clock.now)
    browser = await world.inside(ana)
    assert (await post(browser, "/console/pause", to="0" * 32)).status_code == 422
    assert (await world.standing(first)).claimed_by == ana.id
    done = await post(browser, "/console/pause", to=luis.id, note="Le escribo a las cinco")
    assert done.headers["location"] == "/console/rota?said=paused"
    for case in (first, second):
        assert (await world.standing(case)).claimed_by == luis.id
    assert "Le escribo a las cinco" in (await (await world.inside(luis)).get(f"/console/cases/{first}")).text
    assert "pause-mark" in Page((await browser.get("/console")).text).ids
    # nothing new: neither by the own hand nor by a colleague's
    third = await world.case("+51900000003")
    assert (await post(browser, f"/console/cases/{third}/claim")).status_code == 409
    assert (await world.standing(third)).state == "waiting"
    async with world.db.read() as conn:
        assert ana.id not in dict(await world.deps.desk.colleagues(conn, luis))
    # luis pauses too: his go back to the queue, and nobody is on duty
    await post(await world.inside(luis), "/console/pause", note="")
    assert {(await world.standing(case)).state for case in (first, second)} == {"waiting"}
    async with world.db.read() as conn:
        assert not await rota.on_duty(conn, world.clock.now)
    assert (await post(browser, "/console/back")).headers["location"] == "/console/rota?said=back"
    async with world.db.read() as conn:
        assert await rota.present(conn, world.clock.now) == {ana.id}
    assert [act for _, act, _ in await world.acts("duty.")] == ["duty.pause", "duty.pause", "duty.back"]


async def test_the_page_shows_what_the_bot_says(world: World) -> None:
    """Nobody there: when the next shift begins. Somebody there: how long it takes."""
    world.clock.now = THURSDAY
    ana, sofia = await world.account("ana"), await world.account("sofia", "supervisor")
    async with world.db.write() as conn:
        await store.add(conn, ana.id, 4, 480, 840, holidays=False)
    browser = await world.inside(sofia)
    assert world.deps.text("handoff.waiting_unknown") in (await browser.get("/console/rota")).text
    await post(browser, "/console/pause", note="")
    page = (await browser.get("/console/rota")).text
    assert world.deps.text("handoff.next.tomorrow", time="08:00") in page


async def test_supervisors_see_who_carries_how_much(world: World) -> None:
    """The heaviest first, by the weights of the file."""
    ana, luis = await world.account("ana"), await world.account("luis")
    sofia = await world.account("sofia", "supervisor")
    for n in range(3):
        case = await world.case(f"+5190000001{n}", urgency=3)
        await world.deps.desk.claim(case, luis, world.clock.now)
    await world.deps.desk.claim(await world.case("+51900000020", urgency=1), ana, world.clock.now)
    page = (await (await world.inside(sofia)).get("/console/rota")).text
    rows = re.findall(
        r'data-testid="load-row"><td><b>(\S+)</b></td><td>[^<]*</td><td>(\d+)</td><td>(\d+)', page
    )
    assert rows == [(luis.alias, "3", "15"), (ana.alias, "1", "2"), (sofia.alias, "0", "0")]
    assert page.count(world.deps.text("console.load.much")) == 1


@pytest.mark.parametrize("how", ["transfer", "move", "pause"])
async def test_handing_on_is_no_wait(both: World, how: str) -> None:
    """Claimed after two minutes, handed on after an hour: people waited two minutes. Who has it now says hello."""
    world = both
    ana, luis = await world.account("ana"), await world.account("luis")
    desk, case = world.deps.desk, await world.case()
    world.clock.now += 120
    await desk.claim(case, ana, world.clock.now)
    await desk.reply(case, ana, "Hola, estoy aquí.", "", world.clock.now)
    world.clock.now += 3600
    if how == "transfer":
        assert await desk.transfer(case, ana, luis.id, "", world.clock.now)
    elif how == "move":
        assert await desk.move(
            [case], await world.account("sofia", "supervisor"), luis.id, "", world.clock.now
        )
    else:
        assert await desk.pause(ana, luis.id, "", world.clock.now)
    async with world.db.read() as conn:
        assert await rota.wait_estimate(conn, world.clock.now) == 120
    page = (await (await world.inside(luis)).get(f"/console/cases/{case}")).text
    assert world.deps.text("console.case.next.hello") in page


async def test_the_estimate_does_not_hide_todays_queue(both: World) -> None:
    """Lately two minutes; now people wait for an hour: an hour is said. A disabled account is nobody."""
    world = both
    ana = await world.account("ana")
    case = await world.case("+51900000001")
    async with world.db.write() as conn:
        since = {"waiting_since": world.clock.now - 120, "claimed_at": world.clock.now, "state": "claimed"}
        await conn.execute(update(cases).where(cases.c.id == case).values(claimed_by=ana.id, **since))
    async with world.db.read() as conn:
        assert await rota.wait_estimate(conn, world.clock.now) == 120
    await world.case("+51900000002")
    world.clock.now += 3600
    async with world.db.read() as conn:
        assert await rota.wait_estimate(conn, world.clock.now) == 3600
        await store.everybody(conn)
    async with world.db.write() as conn:
        await store.add(conn, ana.id, 4, 480, 840, holidays=False)
        await conn.execute(update(table).values(disabled_at=1.0))
    async with world.db.read() as conn:
        assert await store.everybody(conn) == []
        assert await rota.next_shift(conn, world.clock.now) is None
