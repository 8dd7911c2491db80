"""What a responder writes: judged, shown, kept, put in by one click; nothing is lost and nothing sent by mistake."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

import pytest
import yaml
from sqlalchemy import select, update

from bot import contact, outgoing, retention
from bot.console import failures, pages, thread
from bot.referrals import load
from bot.referrals.mention import mentioned
from bot.screening import engine
from bot.screening.model import load as instruments
from bot.storage import drafts, referred
from bot.storage.staff import Staff
from bot.storage.tables import case_drafts, case_notes, outbound
from bot.storage.tables import cases as case_rows
from bot.storage.tables import conversations as people
from bot.texts import sayable
from tests.conftest import ROOT
from tests.integration.console_support import Page, World, both, post, world

__all__ = ["both", "world"]

HX = {"HX-Request": "true"}
WARNED = re.compile(r'class="warning" data-kind="(\w+)"')
PROOF = re.compile(r'name="confirm" value="(\w+)"')


@pytest.fixture
async def ana(world: World) -> Staff:
    """A responder on SQLite."""
    return await world.account("ana")


def at(case: str, act: str = "") -> str:
    return f"/console/cases/{case}{'/' if act else ''}{act}"


async def held(world: World, member: Staff, **more: Any) -> str:
    """A case that ``member`` has just claimed."""
    case = await world.case(**more)
    assert await world.deps.desk.claim(case, member, world.clock.now)
    world.clock.now += 1
    return case


async def said(world: World) -> list[str]:
    """What people were sent by a person."""
    return [row["text"] for row in await world.sent() if row["author"] == "staff"]


async def kept(world: World, case: str, member: Staff) -> dict[str, str]:
    async with world.db.read() as conn:
        return await drafts.of(conn, world.vault, case, member.id)


async def state(world: World, case: str, found: Mapping[str, Any]) -> None:
    """Give the conversation a state."""
    here = (await world.standing(case)).conversation_id or ""
    sealed = world.vault.seal_json("conversations", "state_sealed", here, found)
    async with world.db.write() as conn:
        await conn.execute(update(people).where(people.c.id == here).values(state_sealed=sealed))


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Te prometo que te vamos a sacar", ["promise"]),
        ("Escápate ya, no te pueden deportar", ["danger", "legal"]),
        ("Llámame al 987 654 321", ["number"]),
        ("Llama al 1818", ["unverified"]),
    ],
)
async def test_what_could_do_harm_needs_a_second_click(both: World, text: str, kinds: list[str]) -> None:
    """Told in words, kept, sent only when the same words come with the proof; the log knows the kinds alone."""
    ana = await both.account("ana")
    case, browser = await held(both, ana), await both.inside(ana)
    first = await post(browser, at(case, "reply"), text=text)
    assert (first.status_code, [*dict.fromkeys(WARNED.findall(first.text))]) == (422, kinds)
    assert html.escape(text) in first.text
    assert (await said(both), await kept(both, case, ana)) == ([], {"reply": text})
    (proof,) = PROOF.findall(first.text)
    other = await post(browser, at(case, "reply"), text=f"{text} Te lo juro.", confirm=proof)
    assert (other.status_code, await said(both)) == (422, []), "other words are asked about anew"
    sent = await post(browser, at(case, "reply"), text=text, confirm=proof)
    assert (sent.status_code, await said(both), await kept(both, case, ana)) == (303, [text], {})
    acts = await both.acts("reply.")
    assert acts == [(ana.id, f"reply.anyway.{kind}", case) for kind in kinds]
    assert text not in str(await both.acts())


async def test_plain_words_leave_at_once(world: World, ana: Staff) -> None:
    """No question where there is nothing to ask, one's own alias included."""
    case = await held(world, ana)
    answer = await post(await world.inside(ana), at(case, "reply"), text=f"Hola, soy {ana.alias}. Sigo aquí.")
    assert answer.status_code == 303
    assert await world.acts("reply.") == []


async def test_outside_the_agreed_hours_a_second_click_is_needed(world: World, ana: Staff) -> None:
    """What would wait is said before it is written down as sent; within the hours nothing is asked."""
    world.clock.now += (18 * 3600 - world.clock.now) % 86_400  # 13:00 in Lima
    case = await held(world, ana)
    await state(world, case, {"wishes": {"may_write": True, "when": "night"}})
    browser = await world.inside(ana)
    assert (await post(browser, at(case, "reply"), text="Hola")).status_code == 303
    world.clock.now += contact.DURING + 60
    browser = await world.inside(ana)
    first = await post(browser, at(case, "reply"), text="¿Sigues ahí?")
    assert (first.status_code, WARNED.findall(first.text)) == (422, ["hours"])
    (proof,) = PROOF.findall(first.text)
    assert (await post(browser, at(case, "reply"), text="¿Sigues ahí?", confirm=proof)).status_code == 303
    assert [act for _, act, _ in await world.acts("reply.")] == ["reply.anyway.hours"]


async def test_outside_the_channels_window_a_second_click_is_needed(world: World, ana: Staff) -> None:
    """WhatsApp takes no free words after a day: said before anything is written down as sent; Telegram always does."""
    case, always = await held(world, ana), await world.case("7001", "telegram")
    await world.deps.desk.claim(always, ana, world.clock.now)
    for one in (case, always):
        await state(world, one, {"wishes": {"may_write": True}})
    world.clock.now += 24 * 3600 - 60
    assert await world.deps.desk.reply(case, ana, "A tiempo", "", world.clock.now)
    browser = await world.inside(ana)
    assert (await post(browser, at(case, "reply"), text="Sigo aquí")).status_code == 303
    world.clock.now += 61
    sent = len(await world.sent())
    first = await post(browser, at(case, "reply"), text="¿Sigues ahí?")
    assert (first.status_code, WARNED.findall(first.text)) == (422, ["window"])
    assert "Pasaron más de 24 horas" in html.unescape(first.text)
    assert len(await world.sent()) == sent
    (proof,) = PROOF.findall(first.text)
    assert (await post(browser, at(case, "reply"), text="¿Sigues ahí?", confirm=proof)).status_code == 303
    assert [act for _, act, _ in await world.acts("reply.")] == ["reply.anyway.window"]
    assert (await post(browser, at(always, "reply"), text="¿Sigues ahí?")).status_code == 303


async def test_a_reply_can_be_seen_first(world: World, ana: Staff) -> None:
    """Cut as the channel cuts it, with the line on the locked screen; kept, and nothing sent."""
    case, browser = await held(world, ana), await world.inside(ana)
    text = "Primera línea\n" + " ".join(f"palabra{n}" for n in range(200))
    whole = await post(browser, at(case, "look"), text=text, back="thread")
    assert whole.status_code == 200
    assert {"thread", "reply-form", "writing"} <= set(Page(whole.text).ids)
    assert whole.text.count('class="bubble"') == 3
    assert re.search(r'class="lock" lang="es"><b>Faro</b> Primera línea</p>', whole.text)
    part = await browser.post(at(case, "look"), data={"text": "Te prometo algo"}, headers=HX)
    assert Page(part.text).ids == ["writing", "warnings"]
    assert (await said(world), await kept(world, case, ana)) == ([], {"reply": "Te prometo algo"})
    page = (await browser.get(at(case))).text
    assert "Te prometo algo</textarea>" in page, "whoever comes back finds it"


async def test_ready_words_are_put_in_without_script(world: World, ana: Staff) -> None:
    """A canned reply, a line, the question that was left open: each after what stands there; nothing else gets in."""
    case, browser = await held(world, ana, department="puno"), await world.inside(ana)
    state_ = engine.turn(instruments(), None, engine.Input("event", event="unsupported"), {}).state
    await state(world, case, state_)
    page = (await browser.get(at(case))).text
    offered = re.findall(r'name="insert" value="([^"]+)"', page)
    assert {"canned.hello", "line.100"} < set(offered)
    question = next(one for one in offered if one.startswith("ask.Q"))
    for wanted in ("canned.hello", question, "line.100"):
        answer = await post(browser, at(case, "look"), text="Hola.", insert=wanted)
        (text,) = re.findall(r"<textarea id=\"text\".*?>(.*?)</textarea>", answer.text, re.DOTALL)
        assert text.startswith("Hola.\n")
        assert len(text) > len("Hola.\n") + 10
    for wanted in ("console.login.title", "ask.P3", "line.nothing", "<script>"):
        answer = await post(browser, at(case, "look"), text="Hola.", insert=wanted)
        assert ">Hola.</textarea>" in answer.text, wanted
    assert await said(world) == []


async def test_editors_add_ready_replies_in_the_catalogue_alone(world: World, ana: Staff) -> None:
    """A key that only the file knows is offered, put in, and no finding of the checks."""
    catalogues = world.deps.phrasing.catalogues.tried("es", "canned.mine", "Una frase nueva.")
    object.__setattr__(world.deps.phrasing, "catalogues", catalogues)
    case, browser = await held(world, ana), await world.inside(ana)
    assert 'value="canned.mine"' in (await browser.get(at(case))).text
    answer = await post(browser, at(case, "look"), text="Hola.", insert="canned.mine")
    assert ">Hola.\nUna frase nueva.</textarea>" in answer.text
    assert sayable.is_said("canned.mine")


def test_no_ready_reply_needs_a_second_click(world: World) -> None:
    """In every language: the team's own words hold no promise, claim, name or dangerous advice."""
    catalogues = world.deps.phrasing.catalogues
    keys = catalogues.family("canned.")
    assert len(keys) >= 12
    for locale in ("es", "en", "pt", "ht"):
        for key in keys:
            text = catalogues.text(key, locale)
            assert outgoing.check(text, known=[text]) == [], (locale, key)


def test_the_open_question_is_the_next_of_the_instrument() -> None:
    """In its order, in the words for this person; none when all was asked."""
    found = instruments()
    fresh = engine.turn(found, None, engine.Input("event", event="unsupported"), {}).state
    first = engine.open_question(found, fresh)
    assert first == "ask.Q01"
    assert fresh["answers"] == {}, "looking changes nothing"
    everything = {code: {"value": "no", "source": "button", "message_id": ""} for code in found.adult.codes}
    assert engine.open_question(found, {**fresh, "answers": everything}) == ""
    past = {**fresh, "done": {"P4": "past"}, "answers": {**everything}}
    del past["answers"]["Q07"]
    assert engine.open_question(found, past) == "ask.Q07.past"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Llama al 100", ["100"]),
        ("📞 100: a toda hora", ["100"]),
        ("Me debe 100 soles", []),
        ("puedes marcar 0800-15170 o el 18 18", ["1818", "defensoria"]),
        ("mira gob.pe/sunafil", ["sunafil"]),
        ("en 1818 había barcos, y 11818 no es nada", ["1818"]),
        ("", []),
    ],
)
def test_lines_are_known_by_their_numbers(text: str, found: list[str]) -> None:
    """However a number is spaced; a sum of money is no line."""
    numbers = {"defensoria": "0800 15170", "sunafil": "gob.pe/sunafil"}
    lines = load()
    wanted = {
        next(id_ for id_, line in lines.items() if line.number == numbers.get(one, one)) for one in found
    }
    assert set(mentioned(text, lines)) == wanted


async def test_a_line_in_a_reply_is_recorded_and_offered_at_the_close(world: World, ana: Staff) -> None:
    """Once, by its id; the close form has it ticked; closing adds others and a day to look again."""
    case, browser = await held(world, ana), await world.inside(ana)
    text = "Hay una línea gratis: 📞 1884"
    (proof,) = PROOF.findall((await post(browser, at(case, "reply"), text=text)).text)
    for _ in range(2):
        await post(browser, at(case, "reply"), text=text, confirm=proof)
    line = next(one for one in load().values() if one.number == "1884")
    page = (await browser.get(at(case))).text
    assert f'name="line" value="{line.id}" checked' in page
    assert (
        page.count(f'{world.deps.text("console.history.referred")}: <span lang="es">{html.escape(line.name)}')
        == 1
    )
    world.clock.now += 1
    day = pages.day(world.clock.now + 7 * 86_400)
    closed = await browser.post(
        at(case, "close"),
        data={
            "outcome": "referred",
            "status": "possible",
            "follow_up": day,
            "line": [line.id, "100", "<b>"],
            "note": "",
        },
    )
    assert closed.status_code == 303
    found = await world.standing(case)
    assert (found.outcome, found.status, pages.day(found.follow_up_at or 0)) == ("referred", "possible", day)
    async with world.db.read() as conn:
        assert await referred.of(conn, case) == [line.id, "100"]
    assert {"status", "follow-up", "referred"} <= set(Page((await browser.get(at(case))).text).ids)


@pytest.mark.parametrize(
    "wrong",
    [
        {"status": "guilty"},
        {"follow_up": "mañana"},
        {"follow_up": "2020-01-01"},
        {"follow_up": "2027-12-31"},
        {"outcome": "won"},
    ],
)
async def test_a_close_that_is_not_right_keeps_the_note(
    world: World, ana: Staff, wrong: dict[str, str]
) -> None:
    """Nothing is closed, and what was typed for the team stands in the form."""
    case, browser = await held(world, ana), await world.inside(ana)
    fields = {"outcome": "other", "note": "dijo que volverá", **wrong}
    answer = await post(browser, at(case, "close"), **fields)
    assert answer.status_code == 422
    assert "dijo que volverá</textarea>" in answer.text
    assert (await world.standing(case)).state == "claimed"


async def test_lines_can_be_searched(world: World, ana: Staff) -> None:
    """By what they do or where, also those that do not fit; the words being written stay."""
    case, browser = await held(world, ana), await world.inside(ana)
    answer = await post(browser, at(case, "look"), text="Hola", lines="sunafil")
    assert re.findall(r'data-testid="line" data-line="([^"]+)"', answer.text) == [
        one.id for one in load().values() if "sunafil" in str(one).lower()
    ]
    assert ">Hola</textarea>" in answer.text
    none = await post(browser, at(case, "look"), text="Hola", lines="zzzz")
    assert 'data-testid="line"' not in none.text


async def test_what_is_covered_is_shown_one_by_one(world: World, ana: Staff) -> None:
    """A click shows one thing and leaves the rest covered; the log names message and place, not the words."""
    thread._recorded.clear()
    case = await held(world, ana, text="soy María Quispe, mi numero es 987 654 321")
    browser = await world.inside(ana)
    text = (await browser.get(at(case, "thread"))).text
    links = re.findall(r'class="mask" href="([^"#]+)', text)
    assert len(links) == 2
    assert "987 654 321" not in text
    one = (await browser.get(html.unescape(links[1]))).text
    assert "987 654 321" in one
    assert "Quispe" not in one
    more = re.findall(r'class="mask" href="([^"#]+)', one)
    both_ = (await browser.get(html.unescape(more[0]))).text
    assert "Quispe" in both_
    assert "987 654 321" in both_
    acts = await world.acts("thread.unmask")
    places = [place for _, _, place in acts]
    assert [place.partition("-")[2] for place in places] == ["2", "2", "1"] or len(places) == 3
    assert all(re.fullmatch(r"[0-9a-f]{32}-\d", place) for place in places)


async def test_nobody_else_uncovers_anything(world: World, ana: Staff) -> None:
    """A supervisor reads the conversation covered, whatever the address asks for."""
    case = await held(world, ana, text="mi numero es 987 654 321")
    browser = await world.inside(ana)
    (link,) = re.findall(r'class="mask" href="([^"#]+)', (await browser.get(at(case, "thread"))).text)
    boss = await world.inside(await world.account("sofia", "supervisor"))
    text = (await boss.get(html.unescape(link))).text
    assert "987 654 321" not in text
    assert 'class="mask"' not in text
    assert await world.acts("thread.unmask") == []


async def test_a_session_that_ended_keeps_what_was_written(world: World, ana: Staff) -> None:
    """The form comes too late: nothing is sent; after logging in the words stand in the box, for that person only."""
    case, browser = await held(world, ana), await world.inside(ana)
    eva = await world.account("eva")
    world.clock.now += 16 * 60
    answer = await post(browser, at(case, "reply"), text="Lo que escribí")
    assert answer.headers["location"] == "/console/login?said=kept"
    assert world.deps.text("console.login.kept") in (await browser.get("/console/login?said=kept")).text
    await post(browser, at(case, "note"), text="y la nota")
    assert await said(world) == []
    page = (await (await world.inside(ana)).get(at(case))).text
    assert "Lo que escribí</textarea>" in page
    await world.deps.desk.transfer(case, ana, eva.id, "", world.clock.now)
    assert "Lo que escribí" not in (await (await world.inside(eva)).get(at(case))).text


@pytest.mark.parametrize("cookie", ["", "x" * 43])
async def test_a_stranger_can_leave_no_words(world: World, ana: Staff, cookie: str) -> None:
    """Without a session that was one, a form is thrown away."""
    case = await held(world, ana)
    browser = world.browser()
    if cookie:
        browser.cookies.set("faro", cookie)
    answer = await post(browser, at(case, "reply"), text="hola")
    assert answer.status_code == 303
    assert "kept" not in answer.headers["location"]
    async with world.db.read() as conn:
        assert (await conn.execute(select(case_drafts))).all() == []


async def moved(world: World, case: str, member: Staff, how: str) -> None:
    """The case moves on while somebody is writing."""
    desk, now = world.deps.desk, world.clock.now
    sofia = await world.account("sofia", "supervisor")
    if how == "closed":
        await desk.close(case, member, "other", "", now)
    elif how == "waiting":
        await desk.release(case, member, now)
    elif how == "erased":
        here = (await world.standing(case)).conversation_id or ""
        async with world.db.write() as conn:
            await retention.erase_conversation(conn, world.vault, here, now, receipt=[])
    else:
        await desk.transfer(case, member, sofia.id, "", now)
        if how == "closed by another":
            assert await desk.close(case, sofia, "referred", "", now)


@pytest.mark.parametrize("how", ["closed", "waiting", "erased", "gone", "closed by another"])
async def test_a_case_that_moved_on_gives_the_words_back(world: World, ana: Staff, how: str) -> None:
    """Closed, back in the list, erased, somebody else's, closed by somebody else: a sentence that says which as far as
    it may be known, the words, and nothing sent.
    """
    case, browser = await held(world, ana), await world.inside(ana)
    await moved(world, case, ana, how)
    before = len(await world.sent())
    answer = await post(browser, at(case, "reply"), text="Lo que escribí")
    page = html.unescape(answer.text)
    assert "Lo que escribí" in page
    if theirs := how in ("gone", "closed by another"):
        assert answer.status_code == 404
        assert world.deps.text("console.reply.not_yours") in page
        unknown = await post(browser, at("0" * 32, "reply"), text="Lo que escribí")
        assert (unknown.status_code, unknown.text) == (404, answer.text), "nobody learns what exists"
    else:
        assert answer.status_code == 409
        assert world.deps.text(f"console.flash.lost_{how}") in page
    assert len(await world.sent()) == before
    live = await browser.post(at(case, "look"), data={"text": "sigo"}, headers=HX)
    assert theirs or Page(live.text).ids == ["writing", "moved"]
    async with world.db.read() as conn:
        left = (await conn.execute(select(case_drafts))).all()
    assert bool(left) == (how in ("closed", "waiting")), "beside an erased case nothing is kept"


async def test_claimed_again_the_words_stand_in_the_box(world: World, ana: Staff) -> None:
    """The lease lapsed, the text was refused: after a new claim it only needs to be sent."""
    case, browser = await held(world, ana), await world.inside(ana)
    await moved(world, case, ana, "waiting")
    await post(browser, at(case, "reply"), text="Lo que escribí")
    await post(browser, at(case, "claim"))
    assert "Lo que escribí</textarea>" in (await browser.get(at(case))).text


async def test_clicking_twice_does_it_once(world: World, ana: Staff) -> None:
    """Claim, note, close, reopen, release: the second click says the same as the first and changes nothing."""
    case, browser = await world.case(), await world.inside(ana)
    for act, fields, said_ in (
        ("claim", {}, "claimed"),
        ("note", {"text": "de noche", "once": "0123456789abcdef"}, "noted"),
        ("close", {"outcome": "oriented"}, "closed"),
        ("reopen", {}, "reopened"),
        ("claim", {}, "claimed"),
        ("release", {}, "released"),
    ):
        world.clock.now += 1
        for _ in range(2):
            answer = await post(browser, at(case, act), **fields)
            assert answer.status_code == 303, act
            assert answer.headers["location"].endswith(f"said={said_}"), act
    async with world.db.read() as conn:
        kinds = (await conn.execute(select(case_notes.c.kind).order_by(case_notes.c.at))).scalars().all()
    assert sorted(kinds) == sorted(["opened", "claimed", "note", "closed", "reopened", "claimed", "released"])
    assert [row["key"] for row in await world.sent()] == [
        "human.joined",
        "human.closed.oriented",
        "human.joined",
    ]


async def test_a_late_look_does_not_bring_a_sent_reply_back(world: World, ana: Staff) -> None:
    """The page's last look arrives after the reply: the box stays empty."""
    case, browser = await held(world, ana), await world.inside(ana)
    once = "0123456789abcdef"
    await post(browser, at(case, "reply"), text="Hola", once=once)
    await browser.post(at(case, "look"), data={"text": "Hola", "once": once}, headers=HX)
    assert await kept(world, case, ana) == {}


async def test_the_follow_up_goes_with_the_case(world: World, ana: Staff) -> None:
    """Erased: neither a day nor a status nor a line is left."""
    case, browser = await held(world, ana), await world.inside(ana)
    await browser.post(
        at(case, "close"),
        data={
            "outcome": "referred",
            "status": "possible",
            "line": ["100"],
            "follow_up": pages.day(world.clock.now),
        },
    )
    await moved(world, case, ana, "erased")
    async with world.db.read() as conn:
        row = (await conn.execute(select(case_rows))).one()
        assert (row.status, row.follow_up_at, await referred.of(conn, case)) == ("", None, [])


def test_the_rows_hold_every_kind() -> None:
    """What can be warned of is shown by an example that the team can read and change."""
    rows = yaml.safe_load((ROOT / "tests/unit/data/outgoing.yml").read_text())
    assert {kind for row in rows for kind in row["kinds"]} == set(outgoing.KINDS) - {"unverified"}


@pytest.mark.parametrize(
    ("code", "why"), [("63014", "blocked"), ("timeout", "network"), ("63003", "nobody"), ("99999", "unknown")]
)
async def test_a_message_that_did_not_arrive_says_why(world: World, ana: Staff, code: str, why: str) -> None:
    """In words that a responder can act on, beside the code, on both pages, with the way to send it again."""
    case, browser = await held(world, ana), await world.inside(ana)
    async with world.db.write() as conn:
        await conn.execute(update(outbound).values(state="failed", error_code=code))
    words = world.deps.text(f"console.failure.{why}")
    for path in (at(case), at(case, "thread")):
        page = html.unescape((await browser.get(path)).text)
        assert f"No llegó: {words} ({code})" in page
        assert "retry-button" in Page(page).ids


def test_every_code_that_a_channel_gives_up_on_has_a_reason() -> None:
    """What Twilio's table calls final is told in words; a code stands behind one reason only."""
    table = yaml.safe_load((ROOT / "connectors/twilio_errors.yml").read_text())
    final = {str(code) for code, row in table.items() if row["then"] not in ("window", "retry")}
    assert final <= set(failures.reasons())
    codes = [code for codes in yaml.safe_load(failures.FILE.read_text()).values() for code in codes]
    assert len(codes) == len(set(codes))
