"""The queue as somebody works from it: filters, saved views, plazos, windows, several at once, and its live mark."""

from __future__ import annotations

import re

import pytest

from bot.console import pages
from bot.storage import cases, staff
from bot.storage.staff import Staff
from tests.integration.console_support import Page, World, both, post, world

__all__ = ["both", "world"]

ROW = re.compile(r'data-testid="case-row" data-state="(\w+)" data-urgency="(\w+)"')
MARK = re.compile(r'data-mark="(\w+)"')


@pytest.fixture
async def ana(world: World) -> Staff:
    """A responder on SQLite."""
    return await world.account("ana")


async def test_filters_narrow_the_list_and_stay_while_it_refreshes(both: World) -> None:
    """By urgency, region, channel, language and age; what is none of ours is ignored and never shown."""
    browser = await both.inside(await both.account("ana"))
    await both.case("+51900000001", urgency=3, department="puno")
    await both.case("+51900000002", urgency=1, department="lima", minor=True)
    await both.case("7001", "telegram", urgency=1)
    for asked, expected in (
        ("", ["U3", "U1", "U1"]),
        ("urgency=3", ["U3"]),
        ("department=lima", ["U1"]),
        ("channel=telegram", ["U1"]),
        ("minor=1&urgency=1", ["U1"]),
        ("language=ht", []),
        ("urgency=9&channel=<b>&minor=x", ["U3", "U1", "U1"]),
    ):
        text = (await browser.get(f"/console?{asked}")).text
        assert [urgency for _, urgency in ROW.findall(text)] == expected, asked
        assert "<b>" not in text
    text = (await browser.get("/console?channel=telegram&urgency=1")).text
    assert 'hx-get="/console?auto=1&amp;urgency=1&amp;channel=telegram"' in text
    assert "queue-empty" in Page((await browser.get("/console?language=ht")).text).ids
    assert "Puno" in (await browser.get("/console")).text


async def test_a_team_sees_its_departments(both: World) -> None:
    """Its own and those of no known one; without departments there is no such view; a saved one follows the team."""
    ana = await both.account("ana")
    for n, department in enumerate(("puno", "lima", "tacna", "")):
        await both.case(f"+5190000000{n}", urgency=n, department=department)
    browser = await both.inside(ana)
    page = (await browser.get("/console?team=1")).text
    assert len(ROW.findall(page)) == 4
    assert "team-view" not in Page(page).ids

    async def team(*departments: str) -> None:
        async with both.db.write() as conn:
            await staff.set_departments(conn, ana.id, departments)

    async def seen(query: str) -> list[str]:
        return [urgency for _, urgency in ROW.findall((await browser.get(f"/console?{query}")).text)]

    await team("tacna", "puno")
    assert "team-view" in Page((await browser.get("/console")).text).ids
    assert await seen("") == ["U3", "U2", "U1", "U0"], "nobody is kept from a case"
    assert await seen("team=1") == ["U3", "U2", "U0"]
    kept = await post(browser, "/console/views", name="Sur", team="1", urgency="2")
    assert kept.headers["location"] == "/console?urgency=2&team=1&said=view_kept"
    assert await seen("urgency=2&team=1") == ["U2"]
    await team("lima")
    assert await seen("urgency=2&team=1") == []
    assert await seen("team=1") == ["U3", "U1"]


async def test_a_view_is_saved_under_a_name_and_dropped(both: World) -> None:
    """It leads back to its filters, belongs to its owner, and its name can be anything and is never a tag."""
    ana, eva = await both.account("ana"), await both.account("eva")
    browser, other = await both.inside(ana), await both.inside(eva)
    name = "<script>alert(1)</script>"
    kept = await post(browser, "/console/views", name=name, urgency="3", department="puno", channel="<b>")
    assert kept.headers["location"] == "/console?urgency=3&department=puno&said=view_kept"
    page = (await browser.get(kept.headers["location"])).text
    assert Page(page).active == []
    assert {"views", "view-drop"} <= set(Page(page).ids)
    assert 'href="/console?urgency=3&amp;department=puno" aria-current="page"' in page
    assert "views" not in Page((await other.get("/console")).text).ids
    for wrong in ({"name": "", "urgency": "3"}, {"name": "todo"}):
        assert (await post(browser, "/console/views", **wrong)).status_code == 422
    (drop,) = re.findall(r'action="(/console/views/\w+/drop)"', page)
    await post(other, drop)
    assert "views" in Page((await browser.get("/console")).text).ids
    assert (await post(browser, drop)).headers["location"] == "/console?said=view_dropped"
    assert "views" not in Page((await browser.get("/console")).text).ids


async def test_a_row_says_what_presses(world: World, ana: Staff) -> None:
    """Past its target; how long the channel still takes words, marked when that is short, and when it is over."""
    await world.case("+51900000001", urgency=3)
    await world.case("7001", "telegram", urgency=1)
    browser = await world.inside(ana)
    text = (await browser.get("/console")).text
    assert Page(text).ids.count("window") == 1, "Telegram has no window"
    assert "Quedan 24 h para escribirle" in text
    assert "late" not in Page(text).ids
    world.clock.now += 6 * 60
    assert Page((await browser.get("/console")).text).ids.count("late") == 1
    for passed, words in ((21 * 3600, "Quedan 2 h 54 min para escribirle"), (3 * 3600, "Solo se le puede")):
        world.clock.now += passed
        text = (await (await world.inside(ana)).get("/console")).text
        (shown,) = re.findall(r'class="closing" data-until="[0-9.]+" data-testid="window">([^<]+)<', text)
        assert shown.startswith(words)


async def test_a_mild_case_is_not_left_behind(world: World, ana: Staff) -> None:
    """A "soon" of more than a month stands before a danger that has just come; a day-old one does not."""
    await world.case("+51900000001", urgency=1)
    world.clock.now += 86_400
    await world.case("+51900000002", urgency=3)
    browser = await world.inside(ana)
    assert [u for _, u in ROW.findall((await browser.get("/console")).text)] == ["U3", "U1"]
    world.clock.now += 31 * 86_400
    await world.case("+51900000003", urgency=3)
    text = (await (await world.inside(ana)).get("/console")).text
    assert [u for _, u in ROW.findall(text)] == ["U3", "U1", "U3"]


async def test_a_day_to_look_again_brings_the_case_back_into_view(world: World, ana: Staff) -> None:
    """On its day, for whoever closed it and for supervisors; reopening takes it off."""
    case = await world.case()
    await world.deps.desk.claim(case, ana, world.clock.now)
    browser = await world.inside(ana)
    day = pages.day(world.clock.now + 2 * 86_400)
    await post(browser, f"/console/cases/{case}/close", outcome="other", follow_up=day)
    assert "group-again" not in Page((await browser.get("/console")).text).ids
    world.clock.now += 3 * 86_400
    for login, role, sees in (("ana", "", True), ("eva", "responder", False), ("sofia", "supervisor", True)):
        member = ana if not role else await world.account(login, role)
        page = (await (await world.inside(member)).get("/console")).text
        assert ("group-again" in Page(page).ids) == sees, login
    await post(await world.inside(ana), f"/console/cases/{case}/reopen")
    assert "group-again" not in Page((await (await world.inside(ana)).get("/console")).text).ids
    assert [row["key"] for row in await world.sent()] == ["human.joined", "human.closed.other"]


async def test_only_supervisors_move_several_cases(both: World) -> None:
    """What colleagues hold goes to one of them or back, with a note; what cannot be moved stays; all on record."""
    ana, eva = await both.account("ana"), await both.account("eva")
    sofia = await both.account("sofia", "supervisor")
    held = [await both.case(f"+5190000000{n}") for n in range(2)]
    waits = await both.case("+51900000009")
    both.clock.now += 1
    for case in held:
        await both.deps.desk.claim(case, ana, both.clock.now)
    both.clock.now += 1
    mine, boss = await both.inside(ana), await both.inside(sofia)
    assert "many-link" not in Page((await mine.get("/console?many=1")).text).ids
    assert (await post(mine, "/console/many", case=held[0], note="x")).status_code == 404
    page = (await boss.get("/console?many=1")).text
    assert "many-form" in Page(page).ids
    assert sorted(re.findall(r'name="case" value="(\w+)"', page)) == sorted(held)
    assert (await post(boss, "/console/many", case=held[0], note="")).status_code == 422
    gone = await boss.post("/console/many", data={"case": [*held, waits, "x"], "to": eva.id, "note": "turno"})
    assert gone.headers["location"] == "/console?said=many_some"
    standing = [await both.standing(case) for case in (*held, waits)]
    assert [(one.state, one.claimed_by) for one in standing] == [("claimed", eva.id)] * 2 + [
        ("waiting", None)
    ]
    both.clock.now += 1
    back = await boss.post("/console/many", data={"case": held, "to": "", "note": "nadie en turno"})
    assert back.headers["location"] == "/console?said=many"
    assert {(await both.standing(case)).state for case in held} == {"waiting"}
    async with both.db.read() as conn:
        notes = await cases.notes(conn, both.vault, held[0])
    assert [note.kind for note in notes] == ["opened", "claimed", "transferred", "released"]
    assert (notes[2].body or {})["text"] == "turno"
    assert [
        (a, o) for a, act, o in await both.acts("case.") if act in ("case.transferred", "case.released")
    ] == [(sofia.id, case) for _ in range(2) for case in held]
    wrong = await boss.post("/console/many", data={"case": held, "to": "0" * 32, "note": "x"})
    assert wrong.headers["location"] == "/console?said=many_some"


async def test_the_stream_says_that_something_changed_and_nothing_else(world: World, ana: Staff) -> None:
    """The mark of the page, another one after a new case; it is no sign of life and needs the queue's permission."""
    browser = await world.inside(ana)
    (mark,) = MARK.findall((await browser.get("/console")).text)
    answer = await browser.get("/console/live?auto=1")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.text == f"retry: 2000\n\nevent: queue\ndata: {mark}\n\n"
    await world.case(text="secreto")
    world.deps.pulse._again = 0.0
    changed = (await browser.get("/console/live?auto=1")).text
    assert mark not in changed
    assert "secreto" not in changed
    assert MARK.findall((await browser.get("/console")).text)[0] in changed
    world.clock.now += 16 * 60
    assert (await browser.get("/console/live?auto=1")).status_code == 303
    assert (
        await (await world.inside(await world.account("ed", "editor"))).get("/console/live")
    ).status_code == 404


async def test_a_forgotten_claim_stands_in_the_history(world: World, ana: Staff) -> None:
    """Whoever takes the case next sees that it lapsed; the time waited counts from the beginning."""
    case = await world.case()
    since = (await world.standing(case)).waiting_since
    await world.deps.desk.claim(case, ana, world.clock.now)
    world.clock.now += cases.LEASE_SECONDS + 1
    async with world.db.write() as conn:
        await cases.lapse_leases(conn, world.clock.now)
    assert (await world.standing(case)).waiting_since == since
    assert (
        world.deps.text("console.history.lapsed")
        in (await (await world.inside(ana)).get(f"/console/cases/{case}")).text
    )


async def test_a_draft_marks_its_row(world: World, ana: Staff) -> None:
    """Somebody who comes back sees beside which case they were writing."""
    case = await world.case()
    await world.deps.desk.claim(case, ana, world.clock.now)
    browser = await world.inside(ana)
    await post(browser, f"/console/cases/{case}/look", text="Hola")
    assert "draft" in Page((await browser.get("/console")).text).ids
