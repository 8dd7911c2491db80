"""What a responder meets who clicks twice, comes back to an old tab, or goes away while typing."""

from __future__ import annotations

import asyncio
import functools
import re

import httpx
import pytest
from sqlalchemy import insert, update

from bot.console.messages import MOST
from bot.storage import cases, drafts, drills
from bot.storage.staff import Staff
from bot.storage.tables import inbound, outbound
from bot.training import play
from bot.training.persona import personas
from tests.integration.console_support import World, both, post, world
from tests.integration.test_console_case import at

__all__ = ["both", "world"]

QUARTER = 16 * 60


@pytest.fixture
async def ana(world: World) -> Staff:
    return await world.account("ana")


@pytest.fixture
async def luis(world: World) -> Staff:
    return await world.account("luis")


async def held(world: World, member: Staff) -> str:
    case = await world.case()
    assert await world.deps.desk.claim(case, member, world.clock.now)
    return case


def said(text: str) -> list[str]:
    return re.findall(r'data-flash="(\w+)"', text)


async def kept(world: World, case: str, member: Staff) -> dict[str, str]:
    async with world.db.read() as conn:
        return await drafts.of(conn, world.vault, case, member.id)


# ── twice ───────────────────────────────────────────────────────────────────────────────────────────────────


async def test_handing_a_case_on_twice_is_handing_it_on(world: World, ana: Staff, luis: Staff) -> None:
    """The second click of two is no failure; somebody who never had the case is told nothing of the kind."""
    case, browser = await held(world, ana), await world.inside(ana)
    form = {"to": luis.id, "note": "Prefiere la tarde."}
    for _ in range(2):
        answer = await post(browser, at(case, "transfer"), **form)
        assert answer.headers.get("location") == "/console?said=transferred"
    assert [act for _, act, _ in await world.acts("case.transferred")] == ["case.transferred"]
    other = await post(browser, at(case, "transfer"), **{**form, "note": "Otra cosa"})
    assert (other.status_code, "Otra cosa" in other.text) == (404, True)
    edu = await world.inside(await world.account("edu"))
    assert (await post(edu, at(case, "transfer"), **form)).status_code == 404


async def test_sending_again_twice_is_sending_once(world: World, ana: Staff) -> None:
    """A double click on "send again" is one message and no bad news; a message that never was stays refused."""
    case, browser = await held(world, ana), await world.inside(ana)
    await post(browser, at(case, "reply"), text="Hola")
    lost = (await world.sent())[-1]["id"]
    async with world.db.write() as conn:
        await conn.execute(update(outbound).where(outbound.c.id == lost).values(state="failed"))
    for _ in range(2):
        answer = await post(browser, at(case, "retry"), message=lost)
        assert answer.headers.get("location") == f"{at(case)}?said=retried"
    assert [act for _, act, _ in await world.acts("case.retry")] == ["case.retry"]
    assert (await post(browser, at(case, "retry"), message="0" * 32)).status_code == 409


PROOF = re.compile(r'name="confirm" value="(\w+)"')


async def form(browser: httpx.AsyncClient, where: str) -> dict[str, str]:
    """What the reply's form of a page brings besides the words."""
    page = (await browser.get(where)).text
    return {name: re.findall(rf'name="{name}" value="(\w+)"', page)[0] for name in ("once", "seen")}


async def replies(world: World) -> list[str]:
    return [row["text"] for row in await world.sent() if row["author"] == "staff"]


async def test_two_tabs_with_the_same_words_send_them_once(both: World) -> None:
    """Two clicks, two tabs, one after the other or at once: one reply, and each click finds it sent."""
    world, member = both, await both.account("ana")
    case, browser = await held(world, member), await world.inside(member)
    for n, wheres in enumerate([("", ""), ("", "thread"), ("thread", "thread")]):
        tabs = [await form(browser, at(case, where)) for where in wheres]
        text = {"text": f"Aquí estoy, van {n}"}
        first = await post(browser, at(case, "reply"), **text, **tabs[0])
        second = await post(browser, at(case, "reply"), **text, **tabs[1])
        again = await post(browser, at(case, "reply"), **text, **tabs[0])
        assert {one.headers.get("location") for one in (first, second, again)} == {f"{at(case)}?said=sent"}
        assert (await replies(world))[n:] == [text["text"]]
        assert await kept(world, case, member) == {}
    tabs = [await form(browser, at(case)) for _ in range(5)]
    answers = await asyncio.gather(
        *(post(browser, at(case, "reply"), text="Todos a la vez", **tab) for tab in tabs)
    )
    assert {one.headers.get("location") for one in answers} == {f"{at(case)}?said=sent"}
    assert (await replies(world))[3:] == ["Todos a la vez"]
    assert len(await world.acts("case.reply")) == 4


async def test_an_old_tab_sends_other_words(world: World, ana: Staff) -> None:
    """Back in the list, with new words: they are a reply of their own, from the same page too."""
    case, browser = await held(world, ana), await world.inside(ana)
    old = await form(browser, at(case))
    for text in ("Hola", "¿Puedes hablar?", "Sigo aquí"):
        assert (await post(browser, at(case, "reply"), text=text, **old)).status_code == 303
    assert await replies(world) == ["Hola", "¿Puedes hablar?", "Sigo aquí"]


async def test_the_same_words_can_be_sent_again_on_purpose(both: World) -> None:
    """Asked about while the person has not written since; once they have, "Sí" is another answer."""
    world, member = both, await both.account("ana")
    case, browser = await held(world, member), await world.inside(member)
    for where in ("", "thread"):
        world.clock.now += 1
        await world.writes("¿hola?")
        world.clock.now += 1
        before = len(await replies(world))
        assert (
            await post(browser, at(case, "reply"), text="Sí", **await form(browser, at(case, where)))
        ).status_code == 303
        now = await form(browser, at(case, where))
        asked = await post(browser, at(case, "reply"), text="Sí", **now)
        assert (asked.status_code, re.findall(r'data-kind="(\w+)"', asked.text)) == (422, ["again"])
        assert len(await replies(world)) == before + 1
        confirm = PROOF.findall(asked.text)[0]
        for _ in range(2):
            sent = await post(browser, at(case, "reply"), text="Sí", confirm=confirm, **now)
            assert sent.headers.get("location") == f"{at(case)}?said=sent"
        assert await replies(world) == ["Sí"] * (before + 2)
    assert [act for _, act, _ in await world.acts("reply.")] == ["reply.anyway.again"] * 2


async def test_what_was_not_taken_is_no_repetition(world: World, ana: Staff) -> None:
    """Words that did not arrive are typed again without a question; a hand-made form is asked as well."""
    case, browser = await held(world, ana), await world.inside(ana)
    assert (await post(browser, at(case, "reply"), text="Hola")).status_code == 303
    assert (await post(browser, at(case, "reply"), text="Hola")).status_code == 422
    async with world.db.write() as conn:
        await conn.execute(update(outbound).where(outbound.c.author == "staff").values(state="failed"))
    assert (await post(browser, at(case, "reply"), text="Hola")).status_code == 303


async def test_a_conversation_that_grows_tells_its_form(world: World, ana: Staff) -> None:
    """What another tab sent is seen as soon as the page has refreshed itself: from then on it is asked about."""
    case, browser = await held(world, ana), await world.inside(ana)
    old = await form(browser, at(case, "thread"))
    await post(browser, at(case, "reply"), text="Hola", **await form(browser, at(case)))
    refreshed = (await browser.get(at(case, "thread") + "?auto=1&v=x", headers={"hx-request": "true"})).text
    part = refreshed[refreshed.index('<section id="thread"') : refreshed.index('<p id="end">')]
    (seen,) = re.findall(r'name="seen" value="(\d+)" form="reply"', part)
    assert int(seen) > int(old["seen"])
    assert (await post(browser, at(case, "reply"), text="Hola", **{**old, "seen": seen})).status_code == 422
    assert (await post(browser, at(case, "reply"), text="Hola", **old)).status_code == 303
    assert await replies(world) == ["Hola"]


async def test_two_clicks_train_once(world: World, ana: Staff) -> None:
    """One made-up person begins and hears each sentence once; later the same sentence is another one."""
    browser = await world.inside(ana)
    first, second = [await post(browser, "/console/training", persona="waitress") for _ in range(2)]
    assert first.headers["location"] == second.headers["location"]
    here = first.headers["location"]
    for pause, heard in ((0, 1), (1, 1), (60, 2)):
        world.clock.now += pause
        await post(browser, f"{here}/reply", text="Hola, ¿puedes escribir?")
        assert (await browser.get(here)).text.count('data-from="staff"') == heard
    again = await post(browser, "/console/training", persona="waitress")
    assert again.headers["location"] != here


async def test_two_starts_at_the_same_moment_train_once(both: World) -> None:
    """The second waits until the first is written, and finds it."""
    member = await both.account("ana")
    persona = personas()["waitress"]
    begin = functools.partial(
        drills.start, vault=both.vault, staff_id=member.id, persona=persona.id, now=both.clock.now
    )
    browser = await both.inside(member)
    async with both.db.write() as conn:
        first = await begin(conn, talk=play.opening(persona, both.clock.now))
        second = asyncio.create_task(post(browser, "/console/training", persona="waitress"))
        assert not (await asyncio.wait({second}, timeout=0.5))[0], "it waits"
    assert (await second).headers["location"] == f"/console/training/{first}"
    async with both.db.read() as conn:
        assert [one.id for one in await drills.of(conn, both.vault, member.id)] == [first]


# ── an old tab ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("act", ["release", "retry", "reveal", "reveal/show"])
async def test_an_old_tab_says_what_happened(world: World, ana: Staff, luis: Staff, act: str) -> None:
    """Back in the list: which sentence, by name. With a colleague: that it is not theirs, and the words back."""
    case, browser = await held(world, ana), await world.inside(ana)
    await world.deps.desk.release(case, ana, world.clock.now)
    words = {"reason": "danger", "note": "No contesta desde ayer"} if act == "reveal" else {}
    answer = await post(browser, at(case, act), **words)
    if act == "release":  # it is done
        assert answer.headers["location"] == "/console?said=released"
    else:
        assert (answer.status_code, said(answer.text)) == (409, ["lost_waiting"])
    assert await kept(world, case, ana) == ({"note": words["note"]} if words else {})
    await world.deps.desk.claim(case, luis, world.clock.now)
    answer = await post(browser, at(case, act), **words)
    assert answer.status_code == 404
    assert world.deps.text("console.reply.not_yours") in answer.text
    assert words.get("note", "") in answer.text


@pytest.mark.parametrize(
    "act", ["claim", "release", "transfer", "close", "reply", "look", "retry", "reveal", "reveal/show"]
)
async def test_a_page_from_before_the_close_says_that_it_is_closed(
    world: World, ana: Staff, luis: Staff, act: str
) -> None:
    """Whatever is clicked on it, nothing happens, the sentence is the true one, and what was written is kept."""
    case, browser = await held(world, ana), await world.inside(ana)
    await post(browser, at(case, "close"), outcome="other")
    before = (await world.standing(case), await world.sent())
    words = {"to": luis.id, "note": "De tarde", "text": "De tarde", "outcome": "referred", "reason": "danger"}
    answer = await post(browser, at(case, act), **words)
    assert (answer.status_code, said(answer.text)) == (409, ["lost_closed"])
    assert (await world.standing(case), await world.sent()) == before
    if act not in ("claim", "release", "retry", "reveal/show"):
        assert "De tarde" in answer.text


async def test_a_request_for_a_number_that_came_too_late_is_answered(world: World, ana: Staff) -> None:
    """The page itself, read in an old tab, says why it is another one."""
    case, browser = await held(world, ana), await world.inside(ana)
    await world.deps.desk.close(case, ana, "other", "", world.clock.now)
    answer = await browser.get(at(case, "reveal"))
    assert (answer.status_code, said(answer.text)) == (409, ["lost_closed"])


async def test_a_conversation_that_may_not_be_read_any_more_says_so(
    world: World, ana: Staff, luis: Staff
) -> None:
    """An open page that refreshes itself is not left with old words; a guessed id is told the same."""
    case, browser = await held(world, ana), await world.inside(ana)
    await world.deps.desk.transfer(case, ana, luis.id, "", world.clock.now)
    refresh = {"hx-request": "true"}
    answer = await browser.get(at(case, "thread") + "?auto=1&v=x", headers=refresh)
    assert answer.status_code == 200
    assert 'data-testid="thread-moved"' in answer.text
    assert "hola" not in answer.text
    guess = await browser.get(f"/console/cases/{'0' * 32}/thread?auto=1", headers=refresh)
    assert guess.text.replace("0" * 32, case) == answer.text
    assert (await browser.get(at(case, "thread"))).status_code == 404
    assert [act for _, act, _ in await world.acts("thread")] == []


async def test_a_case_with_a_newer_one_says_where_it_is(world: World, ana: Staff) -> None:
    case, browser = await held(world, ana), await world.inside(ana)
    await world.deps.desk.close(case, ana, "other", "", world.clock.now)
    await world.case()
    answer = await post(browser, at(case, "reopen"))
    assert (answer.status_code, said(answer.text)) == (409, ["newer"])


# ── what was typed and chosen ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("act", "field"),
    [("note", "text"), ("note/keep", "text"), ("close", "note"), ("transfer", "note"), ("reveal", "note")],
)
async def test_words_for_the_team_outlive_the_session(world: World, ana: Staff, act: str, field: str) -> None:
    """Whoever was away too long finds them beside the case."""
    case, browser = await held(world, ana), await world.inside(ana)
    world.clock.now += QUARTER
    answer = await post(browser, at(case, act), **{field: "Prefiere la tarde"})
    assert answer.headers["location"] == "/console/login?said=kept"
    assert "Prefiere la tarde" in (await (await world.inside(ana)).get(at(case))).text


async def test_a_note_is_kept_while_it_is_written(world: World, ana: Staff) -> None:
    """Nobody has to send anything first; a saved note is no draft again when its last keeping comes late."""
    case, browser = await held(world, ana), await world.inside(ana)
    once = {"once": "a1b2c3d4e5f60718"}
    assert (await post(browser, at(case, "note/keep"), text="Prefiere", **once)).status_code == 204
    assert await kept(world, case, ana) == {"note": "Prefiere"}
    await post(browser, at(case, "note"), text="Prefiere la tarde", **once)
    await post(browser, at(case, "note/keep"), text="Prefiere la tarde", **once)
    assert await kept(world, case, ana) == {}


async def test_closing_without_an_outcome_keeps_the_rest(world: World, ana: Staff) -> None:
    """The form is open again with what was chosen, and the sentence says what is missing."""
    case, browser = await held(world, ana), await world.inside(ana)
    line = next(iter(world.deps.lines))
    form = {"status": "actual", "follow_up": "2001-01-01", "note": "Ya tiene los números", "line": line}
    answer = await post(browser, at(case, "close"), outcome="referred", **form)
    assert (answer.status_code, said(answer.text)) == (422, ["ending"])
    text = answer.text
    assert '<details open><summary data-testid="close-open">' in text
    for chosen in ('value="referred" selected', 'value="actual" selected', f'value="{line}" checked'):
        assert chosen in text
    assert 'value="2001-01-01"' in text
    assert "Ya tiene los números" in text


# ── a long conversation ─────────────────────────────────────────────────────────────────────────────────────


async def test_a_very_long_conversation_says_that_it_is_cut(world: World, ana: Staff) -> None:
    """What is not shown is not passed over in silence."""
    case, browser = await held(world, ana), await world.inside(ana)
    assert 'data-testid="cut"' not in (await browser.get(at(case, "thread"))).text
    here = (await world.standing(case)).conversation_id
    rows = []
    for n in range(MOST):
        id_ = f"{n:032x}"
        body = world.vault.seal_json("inbound", "body_sealed", id_, {"text": f"mensaje {n}"})
        row = {"id": id_, "conversation_id": here, "seq": 10 + n, "kind": "text", "state": "done"}
        rows.append({**row, "body_sealed": body, "received_at": world.clock.now + n})
    async with world.db.write() as conn:
        await conn.execute(insert(inbound), rows)
    text = (await browser.get(at(case, "thread"))).text
    assert 'data-testid="cut"' in text
    assert f"mensaje {MOST - 1}" in text
    assert len(text) < 400_000


# ── how long somebody waits ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("how", ["lapse", "release", "move", "claim"])
async def test_held_without_a_word_is_waiting(both: World, how: str) -> None:
    """A case that comes back has waited since a person was last owed an answer."""
    world, member = both, await both.account("ana")
    boss = await both.account("sofia", "supervisor")
    other = await both.account("eva")
    desk = world.deps.desk

    async def back(case: str) -> float:
        world.clock.now += cases.LEASE_SECONDS + 1
        if how == "lapse":
            async with world.db.write() as conn:
                assert await cases.lapse_leases(conn, world.clock.now) == 1
        elif how == "release":
            assert await desk.release(case, member, world.clock.now)
        elif how == "claim":  # before anybody noticed that the claim had lapsed
            assert await desk.claim(case, other, world.clock.now)
            standing = await world.standing(case)
            assert (standing.claimed_by, standing.claimed_at) == (other.id, world.clock.now)
            assert await desk.release(case, other, world.clock.now)
            assert (await world.standing(case)).waiting_since == standing.waiting_since
            async with world.db.read() as conn:
                kinds = [one.kind for one in await cases.notes(conn, world.vault, case)]
            assert kinds.count("lapsed") == kinds.count("released")
            return standing.waiting_since
        else:
            assert await desk.move([case], boss, "", "x", world.clock.now) == 1
        return (await world.standing(case)).waiting_since

    case = await world.case("+51900000001")
    opened = world.clock.now
    world.clock.now += 60
    await desk.claim(case, member, world.clock.now)
    assert await back(case) == opened, "nobody wrote"

    await desk.claim(case, member, world.clock.now)
    await desk.reply(case, member, "Hola", "1", world.clock.now)
    async with world.db.write() as conn:
        await conn.execute(update(outbound).where(outbound.c.author == "staff").values(state="failed"))
    assert await back(case) == opened, "what was written did not arrive"

    await desk.claim(case, member, world.clock.now)
    await desk.reply(case, member, "Hola", "2", world.clock.now)
    assert await back(case) == world.clock.now, "the last word was ours: nobody waits until now"

    await desk.claim(case, member, world.clock.now)
    await desk.reply(case, member, "¿Sigues ahí?", "3", world.clock.now)
    world.clock.now += 30
    asked = world.clock.now
    await world.writes("sí", "+51900000001")
    world.clock.now += 30
    await world.writes("¿me ayudas?", "+51900000001")
    assert await back(case) == asked, "since the first message without an answer"
