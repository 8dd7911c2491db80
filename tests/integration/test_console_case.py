"""A case from claim to close: one holder, words that arrive once, readings that leave a trace."""

from __future__ import annotations

import asyncio
import html
import re
from typing import Any

import pytest
from sqlalchemy import update

from bot import audit, contact, retention
from bot.console import thread
from bot.handoff.desk import OUTCOMES
from bot.storage import cases, conversations
from bot.storage.cases import LEASE_SECONDS
from bot.storage.staff import Staff
from bot.storage.tables import conversations as people
from bot.storage.tables import outbound
from connectors.base import Limits
from tests.integration.console_support import LIMITS, Page, World, both, post, world

__all__ = ["both", "world"]

NUMBER = "+51987654321"


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
    return case


async def test_a_case_from_claim_to_close(both: World) -> None:
    """Claim, read, answer, note, close, reopen: each leaves state, words, history and trace, on both databases."""
    ana = await both.account("ana")
    browser = await both.inside(ana)
    case = await both.case(text="tengo miedo")
    page = Page((await browser.get(at(case))).text)
    assert {"state-waiting", "summary", "summary-line", "claim-button", "next-step"} <= set(page.ids)
    assert not {"thread-link", "reply-form", "close-form"} & set(page.ids)

    both.clock.now += 1
    assert (await post(browser, at(case, "claim"))).headers["location"] == at(case) + "?said=claimed"
    assert await both.phase(case) == "human"
    page = Page((await browser.get(at(case) + "?said=claimed")).text)
    assert {"state-claimed", "thread-link", "reply-form", "close-form", "transfer-open", "flash"} <= set(
        page.ids
    )

    both.clock.now += 1
    answer = await browser.get(at(case, "thread"))
    assert "tengo miedo" in answer.text
    assert {"thread", "message", "reply-form"} <= set(Page(answer.text).ids)
    sent = await post(browser, at(case, "reply"), text="Hola, ¿puedes hablar?\nEstoy aquí.", back="thread")
    assert sent.headers["location"] == at(case, "thread") + "?said=sent#end"
    both.clock.now += 1
    await post(browser, at(case, "note"), text="de noche")
    closed = await post(browser, at(case, "close"), outcome="oriented", note="todo dicho")
    assert closed.headers["location"] == at(case) + "?said=closed"
    assert (await both.standing(case)).outcome == "oriented"
    assert await both.phase(case) == "bot"

    joined, reply, bye = await both.sent()
    assert (joined["author"], joined["key"], joined["staff_id"]) == ("bot", "human.joined", ana.id)
    assert (
        joined["text"]
        == f"Hola, soy {ana.alias}, del equipo de orientación. Desde ahora te leo y te escribo yo."
    )
    assert (reply["author"], reply["key"], reply["text"]) == (
        "staff",
        "",
        "Hola, ¿puedes hablar?\nEstoy aquí.",
    )
    assert (bye["author"], bye["key"]) == ("bot", "human.closed.oriented")
    assert {row["state"] for row in (joined, reply, bye)} == {"queued"}

    page = (await browser.get(at(case))).text
    assert {"state-closed", "reopen-button"} <= set(Page(page).ids)
    assert "reply-form" not in Page(page).ids
    for words in ("de noche", "todo dicho", "Recibió orientación"):
        assert words in page
    assert (await browser.get(at(case, "thread"))).status_code == 404, "closed: nobody reads on"
    await post(browser, at(case, "reopen"))
    again = await both.standing(case)
    assert (again.state, again.outcome, again.claimed_by) == ("waiting", "", None)
    assert await both.phase(case) == "bot"
    assert len(await both.sent()) == 3, "reopening tells the person nothing"
    assert [act for _, act, _ in await both.acts()] == [
        "staff.create",
        "case.claimed",
        "thread.read",
        "case.reply",
        "case.note",
        "case.closed",
        "case.reopened",
    ]
    async with both.db.read() as conn:
        assert await audit.verify(conn, both.vault) is None


async def test_of_many_who_claim_one_wins(both: World) -> None:
    """Eight browsers press at once: one is in, seven see that somebody was faster, the person is greeted once."""
    crew = [await both.account(f"s{n}") for n in range(8)]
    case = await both.case()
    browsers = [await both.inside(member) for member in crew]
    answers = await asyncio.gather(*(post(browser, at(case, "claim")) for browser in browsers))
    assert sorted(answer.status_code for answer in answers) == [303] + [409] * 7
    winner = [member.id for member, answer in zip(crew, answers, strict=True) if answer.status_code == 303]
    assert [(await both.standing(case)).claimed_by] == winner
    loser = next(answer for answer in answers if answer.status_code == 409)
    assert {"queue", "flash"} <= set(Page(loser.text).ids)
    assert 'data-flash="taken"' in loser.text
    assert [row["key"] for row in await both.sent()] == ["human.joined"]


@pytest.mark.parametrize("outcome", [*sorted(OUTCOMES), "", "won", "erased"])
async def test_each_outcome_says_what_it_says(world: World, ana: Staff, outcome: str) -> None:
    """Marked outcomes send their line, the others nothing; what is not in the list changes nothing."""
    case = await held(world, ana)
    world.clock.now += 1
    answer = await post(await world.inside(ana), at(case, "close"), outcome=outcome)
    said = [row["key"] for row in await world.sent()][1:]
    if outcome not in OUTCOMES:
        assert (answer.status_code, said, (await world.standing(case)).state) == (422, [], "claimed")
        return
    assert said == ([f"human.closed.{outcome}"] if OUTCOMES[outcome] else [])
    assert (await world.standing(case)).outcome == outcome


@pytest.mark.parametrize("phase", ["locked", "stopped"])
async def test_a_silence_is_kept(world: World, ana: Staff, phase: str) -> None:
    """The person locked or stopped: claim, reply and close send nothing, and they return to whom they left."""
    case = await world.case()
    here = (await world.standing(case)).conversation_id
    async with world.db.write() as conn:
        await conn.execute(update(people).where(people.c.id == here).values(phase=phase, phase_before="bot"))
    browser = await world.inside(ana)
    await post(browser, at(case, "claim"))
    world.clock.now += 1
    await post(browser, at(case, "reply"), text="Estoy aquí")
    page = (await browser.get(at(case))).text
    assert world.deps.text(f"console.case.next.{phase}") in html.unescape(page)
    await post(browser, at(case, "close"), outcome="oriented")
    assert {row["state"] for row in await world.sent()} == {"held"}
    assert await world.phase(case) == phase
    async with world.db.read() as conn:
        assert here is not None
        found = await conversations.get(conn, world.vault, here)
    assert found is not None
    assert found.phase_before == "bot"


async def test_a_reply_is_cut_to_the_channel_and_loses_nothing(world: World, ana: Staff) -> None:
    """WhatsApp takes 1600 characters: a long reply leaves in parts, in order."""
    case = await held(world, ana)
    text = " ".join(f"palabra{n}" for n in range(330))
    world.clock.now += 1
    await post(await world.inside(ana), at(case, "reply"), text=text)
    parts = [row["text"] for row in await world.sent()][1:]
    assert len(parts) == 3
    assert " ".join(parts) == text
    assert max(map(len, parts)) <= LIMITS["whatsapp"].text


@pytest.mark.parametrize("text", ["", " \n\t ", "a" * 4001])
async def test_a_reply_that_cannot_go_keeps_its_words(world: World, ana: Staff, text: str) -> None:
    """Empty or too long: nothing is sent, a sentence says why, the words stay in the form."""
    case = await held(world, ana)
    answer = await post(await world.inside(ana), at(case, "reply"), text=text)
    assert answer.status_code == 422
    assert "reply-problem" in Page(answer.text).ids
    assert text.strip() in answer.text
    assert len(await world.sent()) == 1


async def test_a_number_in_a_reply_is_asked_about_once_more(world: World, ana: Staff) -> None:
    """Nothing leaves until the responder says yes to exactly these words."""
    case = await held(world, ana)
    browser = await world.inside(ana)
    risky = "Escríbeme al 987 654 321"
    warned = await post(browser, at(case, "reply"), text=risky)
    assert warned.status_code == 422
    assert risky in warned.text
    confirm = re.search(r'name="confirm" value="(\w+)"', warned.text)
    assert confirm is not None
    other = await post(browser, at(case, "reply"), text="O al 912 345 678", confirm=confirm[1])
    assert other.status_code == 422
    assert len(await world.sent()) == 1
    assert (await post(browser, at(case, "reply"), text=risky, confirm=confirm[1])).status_code == 303
    assert len(await world.sent()) == 2


async def test_a_question_about_a_reply_stays_in_the_conversation(world: World, ana: Staff) -> None:
    """Who writes beside the conversation is asked there, not somewhere else; seeing it again is on record."""
    case = await held(world, ana, text="hola")
    browser = await world.inside(ana)
    await browser.get(at(case, "thread"))
    warned = await post(browser, at(case, "reply"), text="Mira https://faro.example", back="thread")
    assert warned.status_code == 422
    assert {"thread", "reply-problem"} <= set(Page(warned.text).ids)
    assert len(await world.acts("thread.read")) == 2
    other = await world.case("+51900000009")
    assert "thread" not in Page((await post(browser, at(other, "reply"), text="", back="thread")).text).ids


async def test_control_characters_never_leave(world: World, ana: Staff) -> None:
    """NUL and its like break channels and databases; line breaks and other scripts pass."""
    case = await held(world, ana)
    await post(await world.inside(ana), at(case, "reply"), text="Ho\x00la\x1b[31m\r\nñ 👩‍👧 مرحبا\x07")
    assert (await world.sent())[1]["text"] == "Hola[31m\nñ 👩‍👧 مرحبا"


async def test_a_lost_case_sends_nothing_and_keeps_the_words(world: World, ana: Staff) -> None:
    """The lease lapsed while somebody typed: nothing is sent, and the words are still there."""
    case = await held(world, ana)
    browser = await world.inside(ana)
    world.clock.now += LEASE_SECONDS + 1
    async with world.db.write() as conn:
        assert await cases.lapse_leases(conn, world.clock.now) == 1
    browser = await world.inside(ana)
    answer = await post(browser, at(case, "reply"), text="Lo que escribí")
    assert answer.status_code == 409
    assert "Lo que escribí" in answer.text
    assert {"claim-button", "unsent"} <= set(Page(answer.text).ids)
    for act, fields in [("close", {"outcome": "other"}), ("retry", {"message": "x"})]:
        assert (await post(browser, at(case, act), **fields)).status_code == 409, act
    assert [row["key"] for row in await world.sent()] == ["human.joined"]
    assert await world.phase(case) == "human", "the person notices nothing"
    world.clock.now += 1
    await post(browser, at(case, "claim"))
    assert len(await world.sent()) == 1, "who was announced is not announced again"


async def test_working_on_a_case_keeps_it(world: World, ana: Staff) -> None:
    """Looking at it renews the lease; a page that only refreshes itself does not."""
    case = await held(world, ana)
    for wait, query, grows in [(60, "", True), (60, "?auto=1", False), (60, "", True)]:
        before = (await world.standing(case)).lease_until or 0
        world.clock.now += wait
        await (await world.inside(ana)).get(at(case, "thread") + query)
        assert ((await world.standing(case)).lease_until == before) is not grows


async def test_a_case_is_handed_to_a_colleague_without_a_word_outside(world: World, ana: Staff) -> None:
    """The colleague holds it and reads the note; the first one is out; the person sees nothing."""
    luis, eva = await world.account("luis"), await world.account("eva", "editor")
    case = await held(world, ana)
    mine, theirs = await world.inside(ana), await world.inside(luis)
    for to in ("", "x", ana.id, eva.id):
        assert (await post(mine, at(case, "transfer"), to=to, note="x")).status_code == 422
    answer = await post(mine, at(case, "transfer"), to=luis.id, note="habla con cuidado")
    assert answer.headers["location"] == "/console?said=transferred"
    assert (await mine.get(at(case))).status_code == 404
    page = (await theirs.get(at(case))).text
    assert "habla con cuidado" in page
    assert "reply-form" in Page(page).ids
    assert len(await world.sent()) == 1


async def test_a_released_case_waits_again(world: World, ana: Staff) -> None:
    """Back in the queue, still with people: the bot stays silent."""
    case = await held(world, ana)
    answer = await post(await world.inside(ana), at(case, "release"))
    assert answer.headers["location"] == "/console?said=released"
    assert (await world.standing(case)).state == "waiting"
    assert await world.phase(case) == "human"


async def test_a_failed_message_is_seen_and_sent_again(world: World, ana: Staff) -> None:
    """It shows in queue, case and conversation with its code; one press queues it; a foreign one cannot be."""
    case, other = await held(world, ana), await world.case("+51911111111")
    browser = await world.inside(ana)
    await post(browser, at(case, "reply"), text="Hola")
    message = (await world.sent())[-1]["id"]
    async with world.db.write() as conn:
        await conn.execute(
            update(outbound).where(outbound.c.id == message).values(state="failed", error_code="63016")
        )
    for path, testid in [
        ("/console", "failed-send"),
        (at(case), "failed-sends"),
        (at(case, "thread"), "retry-button"),
    ]:
        assert testid in Page((await browser.get(path)).text).ids
    assert "63016" in (await browser.get(at(case))).text
    await world.deps.desk.claim(other, ana, world.clock.now)
    assert (await post(browser, at(other, "retry"), message=message)).status_code == 409
    assert (await post(browser, at(case, "retry"), message="0" * 32)).status_code == 409
    assert [row["state"] for row in await world.sent() if row["id"] == message] == ["failed"]
    assert (await post(browser, at(case, "retry"), message=message)).status_code == 303
    assert [row["state"] for row in await world.sent() if row["id"] == message] == ["queued"]


async def test_a_retry_does_not_break_a_silence(world: World, ana: Staff) -> None:
    """What failed before the person locked stays where it is."""
    case = await held(world, ana)
    message = (await world.sent())[-1]["id"]
    here = (await world.standing(case)).conversation_id
    async with world.db.write() as conn:
        await conn.execute(update(outbound).values(state="failed"))
        await conn.execute(update(people).where(people.c.id == here).values(phase="locked"))
    assert (await post(await world.inside(ana), at(case, "retry"), message=message)).status_code == 409
    assert (await world.sent())[-1]["state"] == "failed"


async def test_every_reading_is_recorded(world: World, ana: Staff) -> None:
    """Each opening leaves a row; a page that refreshes itself one every ten minutes; uncovered readings their own."""
    thread._recorded.clear()
    case = await held(world, ana)
    browser = await world.inside(ana)
    await browser.get(at(case))
    assert await world.acts("thread.") == [], "the summary is no reading of the conversation"
    for _ in range(2):
        await browser.get(at(case, "thread"))
    for _ in range(25):
        world.clock.now += 60
        await browser.get(at(case, "thread") + "?auto=1", headers={"X-Faro-Active": "1"})
    await browser.get(at(case, "thread") + "?auto=1&original=1")
    acts = await world.acts("thread.")
    assert [act for _, act, _ in acts] == ["thread.read"] * 4 + ["thread.read_original"]
    assert {(actor, obj) for actor, _, obj in acts} == {(ana.id, case)}


async def test_who_does_not_hold_a_case_reads_nothing(world: World, ana: Staff) -> None:
    """A waiting case shows its summary; the conversation opens with the claim, or for a supervisor."""
    case = await world.case(text="secreto")
    for login, role, status in [("luis", "responder", 404), ("sofia", "supervisor", 200)]:
        browser = await world.inside(await world.account(login, role))
        answer = await browser.get(at(case, "thread") + "?original=1")
        assert answer.status_code == status
        assert ("secreto" in answer.text) == (status == 200)
    assert [act for _, act, _ in await world.acts("thread.")] == ["thread.read"], (
        "covered, for a supervisor too"
    )


async def test_numbers_are_covered_until_asked_for(world: World, ana: Staff) -> None:
    """The conversation shows a mask; a second recorded click shows the words; notes are always covered."""
    case = await held(world, ana, text="mi numero es 987 654 321")
    browser = await world.inside(ana)
    await post(browser, at(case, "note"), text="llamar al 987 654 321")
    covered = (await browser.get(at(case, "thread"))).text
    assert "mi numero es" in covered
    assert "987 654 321" not in covered
    assert "[teléfono 1]</a>" in covered
    await world.writes("el otro es 912 345 678, repito: 987654321")
    bare = re.sub(r"<[^>]+>", "", (await browser.get(at(case, "thread"))).text)
    assert "[teléfono 2], repito: [teléfono 1]" in bare
    assert "987 654 321" in (await browser.get(at(case, "thread") + "?original=1")).text
    assert "987 654 321" not in (await browser.get(at(case))).text


@pytest.mark.parametrize("channel", ["whatsapp", "telegram"])
async def test_no_address_in_any_answer(world: World, channel: str) -> None:
    """No page, header or cookie holds the person's number or chat, however it is asked for."""
    address = NUMBER if channel == "whatsapp" else "5556667778"
    sofia = await world.account("sofia", "supervisor")
    case = await held(world, sofia, address=address, channel=channel)
    browser = await world.inside(sofia)
    here = (await world.standing(case)).conversation_id or ""
    pseudonym = world.vault.pseudonym(channel, address)[1].hex()
    answers = [
        await browser.get(path)
        for path in (
            "/console",
            "/console?view=closed",
            "/console/stats",
            "/console/staff",
            at(case),
            at(case, "thread"),
            at(case, "thread") + "?original=1",
        )
    ]
    answers += [
        await post(browser, at(case, act), text="hola", outcome="other")
        for act in ("reply", "note", "close", "reopen")
    ]
    for answer in answers:
        whole = answer.text + str(answer.headers.raw)
        for secret in (address, address.lstrip("+"), address[-9:], pseudonym, here):
            assert secret not in whole, answer.request.url


TAGS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<iframe srcdoc='<script>1</script>'>",
    "<a href=javascript:alert(1)>x</a>",
    "<body onload=alert(1)>",
    "<input autofocus onfocus=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<style>*{background:url(//evil)}</style>",
    "<base href=//evil>",
    "<object data=javascript:alert(1)>",
    "<math><mi xlink:href=javascript:alert(1)>",
    "<form action=//evil><button>x",
    "<meta http-equiv=refresh content=0;url=//evil>",
    "{{ 7*7 }}${7*7}<%= 7*7 %>",
]
BREAKS = [
    "",
    '">',
    "'>",
    "</textarea>",
    "</p></li></ol>",
    "-->",
    "]]>",
    '" onmouseover="alert(1)" x="',
    "\u2028",
    "\x3c",
]
PAYLOADS = [before + tag for before in BREAKS for tag in TAGS]


async def test_no_words_become_a_page(world: World, ana: Staff) -> None:
    """150 payloads as text, caption, reply, draft, note, view and search: nothing in any page can run."""
    assert len(PAYLOADS) >= 150
    eva = await world.account("eva")
    case = await held(world, ana)
    browser = await world.inside(ana)
    for payload in PAYLOADS:
        world.clock.now += 0.1
        await world.writes(payload)
        await world.writes(payload, kind="image")
        await world.deps.desk.note(case, ana, payload, world.clock.now)
        assert await world.deps.desk.reply(case, ana, payload, "", world.clock.now)
    texts = [
        (await browser.get(path)).text
        for path in (at(case), at(case, "thread"), at(case, "thread") + "?original=1")
    ]
    for payload in PAYLOADS[::10]:
        fields = {"text": payload + " 987 654 321", "back": payload, "once": payload, "lines": payload}
        texts += [
            (await post(browser, at(case, "reply"), **fields)).text,
            (await post(browser, at(case, "look"), **fields, insert=payload)).text,
            (await browser.post(at(case, "look"), data=fields, headers={"HX-Request": "true"})).text,
            (await post(browser, at("0" * 32, "reply"), **fields)).text,
            (await post(browser, at(case, "close"), outcome=payload, note=payload, status=payload)).text,
            (await browser.get("/console", params={"urgency": payload, "show": payload})).text,
            (await browser.get(at(case, "thread"), params={"show": payload})).text,
        ]
        await post(browser, "/console/views", name=payload, urgency="3")
    texts.append((await browser.get("/console")).text)
    assert await world.deps.desk.transfer(case, ana, eva.id, PAYLOADS[0], world.clock.now)
    texts.append((await (await world.inside(eva)).get(at(case))).text)
    for text in texts:
        assert Page(text).active == []
    assert html.escape("<script>alert(1)</script>") in texts[2]


@pytest.mark.parametrize("payload", PAYLOADS[:15])
async def test_no_text_of_a_catalogue_becomes_a_page(
    world: World, ana: Staff, payload: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A ready reply, a line's words or a name in a catalogue file is text, whoever wrote it."""
    catalogues = world.deps.phrasing.catalogues
    for key in ("canned.hello", "referral.100", "console.language.es", "console.outgoing.promise"):
        catalogues = catalogues.tried("es", key, payload)
    monkeypatch.setattr(world.deps.phrasing, "catalogues", catalogues)
    case = await held(world, ana)
    browser = await world.inside(ana)
    for answer in (
        await browser.get(at(case)),
        await browser.get(at(case, "thread")),
        await browser.get("/console"),
        await post(browser, at(case, "look"), text="Te prometo", insert="canned.hello"),
        await post(browser, at(case, "look"), text="", insert="line.100"),
    ):
        assert Page(answer.text).active == []
        assert payload in html.unescape(answer.text)


@pytest.mark.parametrize(
    "path", ["?said=<script>", "?said=claimed&said=x", "?view=<b>", "?auto=1&auto=", "?said=%00"]
)
async def test_addresses_put_nothing_into_pages(world: World, ana: Staff, path: str) -> None:
    """Notices come from a list; what stands in an address is never shown."""
    answer = await (await world.inside(ana)).get("/console" + path)
    assert answer.status_code == 200
    assert "<b>" not in answer.text
    assert Page(answer.text).active == []


async def test_an_erased_case_is_a_mark_and_nothing_else(world: World, ana: Staff) -> None:
    """The person erased: whoever held the case sees that, and nothing can be done or read any more."""
    case = await held(world, ana, text="borra todo")
    here = (await world.standing(case)).conversation_id
    assert here is not None
    async with world.db.write() as conn:
        await retention.erase_conversation(conn, world.vault, here, world.clock.now, receipt=[])
    browser = await world.inside(ana)
    page = (await browser.get(at(case))).text
    assert world.deps.text("console.case.next.erased") in html.unescape(page)
    assert not {
        "reply-form",
        "claim-button",
        "reopen-button",
        "note-form",
        "thread-link",
        "summary-line",
    } & set(Page(page).ids)
    assert world.deps.text("console.erased") in (await browser.get("/console?view=closed")).text
    for act, status in [("claim", 409), ("reply", 409), ("reopen", 409), ("note", 409)]:
        assert (await post(browser, at(case, act), text="x")).status_code == status
    assert (await browser.get(at(case, "thread"))).status_code == 404


async def test_the_window_of_a_channel_is_told(world: World, ana: Staff) -> None:
    """WhatsApp closes after a day: the page says until when, and later that words will wait."""
    case = await held(world, ana)
    text = (await (await world.inside(ana)).get(at(case))).text
    assert re.search(r"quedan (23|24) h", text)
    world.clock.now += 25 * 3600
    await world.deps.desk.release(case, ana, world.clock.now)
    await world.deps.desk.claim(case, ana, world.clock.now)
    over = (await (await world.inside(ana)).get(at(case))).text
    assert ("Pasaron más de 24 horas" in over, "aviso neutro" in over) == (True, False)
    limits = {**world.deps.limits, "whatsapp": Limits(1600, 1024, 3, 20, window_hours=24, notice="HX1")}
    object.__setattr__(world.deps, "limits", limits)
    assert "aviso neutro" in (await (await world.inside(ana)).get(at(case))).text


async def test_a_channel_that_is_off_breaks_nothing(world: World, ana: Staff) -> None:
    """Its cases can be read, claimed and closed; a reply says that it was not sent."""
    here = World(world.db, world.vault)
    off: dict[str, Limits] = {}
    object.__setattr__(here.deps, "limits", off)
    case = await world.case()
    browser = await here.inside(ana)
    assert (await post(browser, at(case, "claim"))).status_code == 303
    assert (await post(browser, at(case, "reply"), text="hola")).status_code == 409
    assert (await post(browser, at(case, "close"), outcome="oriented")).status_code == 303
    assert await world.sent() == []


async def test_reopening_yields_to_a_newer_case(world: World, ana: Staff) -> None:
    """One open case a person: the old one stays closed."""
    case = await held(world, ana)
    await world.deps.desk.close(case, ana, "other", "", world.clock.now)
    await world.case()
    answer = await post(await world.inside(ana), at(case, "reopen"))
    assert answer.status_code == 409
    assert (await world.standing(case)).state == "closed"


async def test_a_refresh_without_news_carries_no_words(world: World, ana: Staff) -> None:
    """The open conversation asks every few seconds; only a message or a new sending state brings the page again."""
    case = await held(world, ana)
    browser = await world.inside(ana)
    ask = re.compile(r'hx-get="([^"]+/thread[^"]*)"')

    async def address() -> str:
        found = ask.search((await browser.get(at(case, "thread"))).text)
        assert found is not None
        return html.unescape(found[1])

    unchanged = await browser.get(await address())
    assert (unchanged.status_code, unchanged.text) == (204, "")
    before = await address()
    await world.writes("algo nuevo")
    assert "algo nuevo" in (await browser.get(before)).text
    before = await address()
    async with world.db.write() as conn:
        await conn.execute(update(outbound).values(state="delivered"))
    assert "Entregado" in (await browser.get(before)).text


@pytest.mark.parametrize(
    ("wishes", "key"),
    [
        ({"may_write": False}, "never"),
        ({"may_write": True, "when": "night"}, "later"),
        ({"may_write": True}, ""),
    ],
)
async def test_a_reply_that_would_wait_is_announced(
    world: World, ana: Staff, wishes: dict[str, Any], key: str
) -> None:
    """Half an hour after the person wrote: the responder reads that the words would wait, before typing them."""
    world.clock.now += (18 * 3600 - world.clock.now) % 86_400  # 13:00 in Lima
    case = await held(world, ana)
    here = (await world.standing(case)).conversation_id or ""
    sealed = world.vault.seal_json("conversations", "state_sealed", here, {"wishes": wishes})
    async with world.db.write() as conn:
        await conn.execute(update(people).where(people.c.id == here).values(state_sealed=sealed))
    told = {
        "never": world.deps.text("console.case.contact.never"),
        "later": world.deps.text("console.case.contact.later", time="18:00"),
    }
    for passed, expected in ((0, ""), (contact.DURING + 60, key)):
        world.clock.now += passed
        page = html.unescape((await (await world.inside(ana)).get(at(case))).text)
        assert [name for name, words in told.items() if words in page] == [expected] * bool(expected)
