"""The queue in the order of need, summaries in words, figures that point at nobody, accounts."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import pytest

from bot import audit
from bot.console import accounts, pages, summary
from bot.console.access import ROLES
from bot.handoff.desk import OUTCOMES
from bot.phrasing import read_catalogue
from bot.screening.model import load
from tests.conftest import ROOT
from tests.integration.console_support import Page, World, both, post, world

__all__ = ["both", "world"]

CATALOGUE = read_catalogue(ROOT / "locales/es/LC_MESSAGES/console.po")
MINOR = {
    "instrument": "minor",
    "answers": {"M2": "boss", "M3": "yes", "M4": "yes"},
    "context": {"age_band": "14_17"},
}


def rows(text: str) -> list[tuple[str, str]]:
    """State and urgency of each row, in order."""
    found = re.findall(r'data-testid="case-row" data-state="(\w+)" data-urgency="(\w+)"', text)
    return [(state, urgency) for state, urgency in found]


async def test_the_gravest_and_longest_come_first(both: World) -> None:
    """Urgency, then what raised it, then who waits longest; the row says why, who, where and how long."""
    ana = await both.account("ana")
    for n, (urgency, modifier) in enumerate(
        [(1, False), (3, False), (2, False), (2, True), (2, False), (0, False)]
    ):
        both.clock.now += 60
        await both.case(f"+5190000000{n}", urgency=urgency, modifier=modifier)
    both.clock.now += 600
    text = (await (await both.inside(ana)).get("/console")).text
    assert [urgency for _, urgency in rows(text)] == ["U3", "U2", "U2", "U2", "U1", "U0"]
    waited = re.findall(r'data-testid="waiting"><span [^>]*>([^<]+)<', text)
    assert waited == [f"Espera {n} min" for n in (14, 12, 13, 11, 15, 10)]
    for words in ("Peligro", "Urgente", "Pronto", "Sin prisa", "WhatsApp", "Español"):
        assert words in text


async def test_everybody_sees_their_own_first(world: World) -> None:
    """Mine, waiting, my colleagues': only what I may open is a link; a minor is marked; who wrote is marked."""
    ana, luis = await world.account("ana"), await world.account("luis")
    mine, _, theirs = [await world.case(f"+5190000000{n}", payload=MINOR) for n in range(3)]
    world.clock.now += 1
    await world.deps.desk.claim(mine, ana, world.clock.now)
    await world.deps.desk.claim(theirs, luis, world.clock.now)
    browser = await world.inside(ana)
    text = (await browser.get("/console")).text
    assert [state for state, _ in rows(text)] == ["claimed", "waiting", "claimed"]
    ids = Page(text).ids
    assert [name for name in ids if name.startswith("group-")] == [
        "group-mine",
        "group-waiting",
        "group-others",
    ]
    assert ids.count("minor") == 3
    assert ids.count("unanswered") == 1
    assert text.count("data-row>") == 2
    assert f"Con {luis.alias}" in text
    world.clock.now += 1
    await world.deps.desk.reply(mine, ana, "hola", "", world.clock.now)
    assert "unanswered" not in Page((await browser.get("/console")).text).ids


async def test_an_empty_queue_says_so(world: World) -> None:
    """Nobody waits: a calm page that still refreshes."""
    text = (await (await world.inside(await world.account("ana"))).get("/console")).text
    assert "queue-empty" in Page(text).ids
    assert 'hx-trigger="every 15s, faro:queue from:body"' in text


async def test_closed_cases_are_listed_for_those_who_may_open_them(world: World) -> None:
    """A responder sees what they closed, a supervisor everything, newest first."""
    ana, luis, sofia = [
        await world.account(n, r) for n, r in (("a", "responder"), ("l", "responder"), ("s", "supervisor"))
    ]
    for n, member in enumerate((ana, luis, ana)):
        case = await world.case(f"+5190000000{n}", urgency=n)
        await world.deps.desk.claim(case, member, world.clock.now)
        world.clock.now += 60
        await world.deps.desk.close(case, member, "other", "", world.clock.now)
    seen = {
        m.login: rows((await (await world.inside(m)).get("/console?view=closed")).text)
        for m in (ana, luis, sofia)
    }
    assert seen == {
        "a": [("closed", "U2"), ("closed", "U0")],
        "l": [("closed", "U1")],
        "s": [("closed", "U2"), ("closed", "U1"), ("closed", "U0")],
    }


@pytest.mark.parametrize(("role", "first"), [("editor", "/console/texts"), ("admin", "/console/staff")])
async def test_who_sees_no_cases_lands_elsewhere(world: World, role: str, first: str) -> None:
    """The address of the queue leads each role to its own first page, without a word of any case."""
    await world.case()
    browser = await world.inside(await world.account("x", role))
    answer = await browser.get("/console")
    assert answer.headers["location"] == first
    bar = re.compile(r'<li><a href="/console" [^>]*>Casos</a></li>')
    assert not bar.search((await browser.get(first)).text)
    responder = await world.inside(await world.account("y"))
    assert bar.search((await responder.get("/console")).text)


async def test_each_line_of_a_summary_points_at_its_answer(world: World) -> None:
    """Closed answers in words, the told ones first; for the holder each leads to the message it came from."""
    ana = await world.account("ana")
    payload = {
        "instrument": "adult",
        "answers": {"Q01": "no", "Q10": "yes", "Q02": "yes", "Q02_which": ["pay", "papers"], "Q12": "unsure"},
        "context": {"phase": "now", "fear_today": "yes", "modifiers": ["child"]},
    }
    wishes = {"wish": "person", "may_write": True, "when": "night", "has_word": False, "department": "puno"}
    case = await world.case(payload=payload, wishes=wishes)
    browser = await world.inside(ana)
    text = (await browser.get(f"/console/cases/{case}")).text
    assert re.findall(r'data-answer="(\w+)"', text) == ["Q02", "Q02_which", "Q10", "Q01", "Q12"]
    for words in (
        "papeles, pago",
        "Miedo hoy",
        "Hay niños con la persona",
        "Noche",
        "Puno",
        "Sin preguntar",
    ):
        assert words in text
    assert f"/console/cases/{case}/thread#m-" not in text
    await world.deps.desk.claim(case, ana, world.clock.now)
    found = (await world.standing(case)).summary
    assert found is not None
    text = (await browser.get(f"/console/cases/{case}")).text
    for line in found["lines"]:
        assert f'/console/cases/{case}/thread#m-{line["message_id"]}"' in text


async def test_a_case_without_answers_says_so(world: World) -> None:
    """Somebody asked for a person at once: the page is whole and says what is known."""
    case = await world.case(payload={"instrument": "adult", "answers": {}, "context": {}}, urgency=1)
    text = (await (await world.inside(await world.account("ana"))).get(f"/console/cases/{case}")).text
    assert "Todavía no respondió preguntas" in text
    assert "Pidió hablar con una persona" in text


def test_every_code_of_a_summary_has_words() -> None:
    """No responder reads Q07 or strong_control: each question, tick, type, urgency, outcome and fact has words."""
    instruments = load()
    needed = {f"console.answer.{code}" for i in (instruments.adult, instruments.minor) for code in i.codes}
    needed |= {f"console.urgency.U{n}" for n in range(4)}
    needed |= {f"console.outcome.{name}" for name in (*OUTCOMES, "erased")}
    needed |= {f"console.role.{role}" for role in ROLES}
    needed |= {f"console.flash.{name}" for name in pages.FLASHES}
    needed |= {
        f"console.result.{t}"
        for t in ["T0", "T0-L", "T1", "T2", "T3", "T4", "T5", "T6", "MR0", "MR1", "MR2", "MR3"]
    }
    needed |= {f"console.origin.{o}" for o in ["emergency", "outcome", "person", "minor", "bot_failed"]}
    needed |= {
        f"console.reason.{code}"
        for code in [
            "exploitation",
            "purpose",
            "deception",
            "coercion",
            "vulnerability",
            "control_destination",
            "vulnerability_destination",
            "near",
            "unknown",
            "sign",
            "core",
            "open",
            "labour",
            "strong_control",
            "family_threat",
            "violence_now",
            "danger_today",
            "fear_today",
            "danger_unsure",
            "emergency",
            "wants_person",
            "modifier",
            "past_cap",
            "minor_danger",
            "minor_sexual",
            "minor_violence",
            "minor_confined",
            "minor_under14",
            "minor_exploitation",
            "minor_work",
            "minor_deceived",
            "minor_home",
            "minor_incomplete",
            "was_adult",
        ]
    }
    assert needed <= set(CATALOGUE), sorted(needed - set(CATALOGUE))


def test_every_key_of_the_pages_has_words() -> None:
    """A template or module names no key that the catalogue lacks."""
    files = [
        *(ROOT / "bot/console").rglob("*.html"),
        *(ROOT / "bot/console").glob("*.py"),
        ROOT / "bot/handoff/desk.py",
    ]
    named = {
        key
        for file in files
        for key in re.findall(r"""["'](console\.[a-z_.0-9]*\w)["'](?! ~)""", file.read_text())
    }
    missing = {
        key for key in named if key not in CATALOGUE and not any(k.startswith(f"{key}.") for k in CATALOGUE)
    }
    assert len(named) > 100
    assert missing == set()


def test_a_code_without_words_shows_itself(world: World) -> None:
    """A newer instrument must not make a case unreadable."""
    assert world.deps.label("console.answer", "Q99") == "Q99"


def test_what_presses_is_told_first_and_what_is_missing_last() -> None:
    """The queue shows the first few reasons; a row of missing answers must not push danger out of sight."""
    codes = ["unknown", "open", "exploitation", "near", "emergency", "violence_now"]
    told = summary.reasons({"reasons": [{"code": code} for code in codes]}, lambda _, code: str(code))
    assert told == ["emergency", "violence_now", "exploitation", "near", "unknown", "open"]


def test_odd_summaries_stay_readable() -> None:
    """Unknown codes and empty parts come out as they are, in order and once."""
    reading = summary.read(
        {
            "type": "T9",
            "reasons": [{"code": "new"}, {"code": "new"}],
            "context": {"emergency": "none", "was_adult": False, "modifiers": []},
            "wishes": {"contradictions": ["Q05", "Q14"], "has_word": True},
            "dimensions": {"ZZ": {"state": "positive"}},
            "lines": [
                {
                    "answer": "Q99",
                    "value": "ticks",
                    "ticks": ["a", "b"],
                    "source": "narrative",
                    "message_id": "",
                    "contradicted": True,
                }
            ],
            "not_asked": [],
        },
        lambda prefix, code: f"{prefix}.{code}",
    )
    assert reading.reasons == ["console.reason.new"]
    assert reading.facts == [
        ("console.fact.contradictions", "console.answer.Q05, console.answer.Q14"),
        ("console.fact.has_word", "console.fact.has_word.yes"),
    ]
    assert reading.told[0].value == "console.tick.Q99.a, console.tick.Q99.b"
    assert reading.told[0].remarks == ["console.summary.narrative", "console.summary.contradicted"]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "menos de 1 min"),
        (59, "menos de 1 min"),
        (60, "1 min"),
        (3599, "59 min"),
        (3600, "1 h"),
        (7860, "2 h 11 min"),
        (86400, "24 h"),
        (200_000, "2 d 7 h"),
    ],
)
def test_waiting_reads_like_a_person_says_it(world: World, seconds: int, words: str) -> None:
    """Minutes, hours and days, never a bare number of seconds."""
    assert pages.duration(world.deps, seconds) == words


def test_the_clock_is_that_of_peru(world: World) -> None:
    """Times of day are Lima's; another day shows its date."""
    assert pages.clock(world.deps, 1_800_000_000, 1_800_000_000) == "03:00"
    assert pages.clock(world.deps, 1_800_000_000, 1_800_086_400) == "15 ene. 03:00"


async def test_an_account_is_made_with_secrets_of_its_own(both: World) -> None:
    """Strong password, code secret, eight recovery codes, an alias nobody else has; nothing readable is kept."""
    made = [await both.account(f"s{n}", role) for n, role in enumerate(ROLES * 2)]
    assert len({member.alias for member in made}) == len(made)
    shown = both.secrets["s0"]
    assert set(shown) == {"login", "password", "totp_secret", "recovery_codes"}
    assert len(shown["password"]) >= 15
    assert len(shown["totp_secret"]) == 32
    assert len(set(shown["recovery_codes"])) == 8
    assert made[0].password_hash.startswith("$argon2id$")
    assert [act for _, act, _ in await both.acts()] == ["staff.create"] * 8
    async with both.db.read() as conn:
        listed = await accounts.list_staff(conn)
        assert await audit.verify(conn, both.vault) is None
    assert [(one["login"], one["role"], one["disabled"]) for one in listed] == [
        (f"s{n}", role, False) for n, role in enumerate(ROLES * 2)
    ]


@pytest.mark.parametrize(
    ("login", "role"),
    [
        ("ana", "boss"),
        ("", "admin"),
        ("Ñandú", "admin"),
        ("-a", "admin"),
        ("a" * 65, "admin"),
        ("dos", "admin"),
    ],
)
async def test_a_wrong_account_is_refused_in_a_sentence(world: World, login: str, role: str) -> None:
    """Unknown role, impossible login or one that is taken: nothing is made."""
    await world.account("dos")
    async with world.db.write() as conn:
        with pytest.raises(accounts.AccountError, match=r"\.$"):
            await accounts.create_staff(conn, world.vault, login, role, world.clock.now)


async def test_aliases_do_not_run_out(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """When every word is given, a number joins it."""
    words = tmp_path / "aliases.yml"
    words.write_text("- Sol\n")
    monkeypatch.setattr(accounts, "ALIASES", words)
    assert [(await world.account(f"s{n}")).alias for n in range(3)] == ["Sol", "Sol 2", "Sol 3"]


async def test_a_reset_renews_everything(world: World) -> None:
    """Old password, codes and sessions are worthless, and a disabled account works again."""
    member = await world.account("ana")
    old = world.secrets["ana"]
    browser = await world.inside(member)
    async with world.db.write() as conn:
        await accounts.disable_staff(conn, world.vault, "ana", world.clock.now)
        world.secrets["ana"] = await accounts.reset_staff(conn, world.vault, "ana", world.clock.now)
    assert (await browser.get("/console")).status_code == 303
    assert (
        await post(world.browser(), "/console/login", login="ana", password=old["password"])
    ).status_code == 401
    fresh = world.browser()
    await post(fresh, "/console/login", login="ana", password=world.secrets["ana"]["password"])
    assert (await post(fresh, "/console/login/code", code=old["recovery_codes"][0])).status_code == 401
    assert (await world.log_in(fresh, "ana")).headers["location"] == "/console"
    for act in (accounts.disable_staff, accounts.reset_staff):
        async with world.db.write() as conn:
            with pytest.raises(accounts.AccountError):
                await act(conn, world.vault, "nadie", world.clock.now)


async def test_an_administrator_shuts_an_account(world: World) -> None:
    """At once and on the record; never one's own; unknown ids are unknown pages."""
    root, ana = await world.account("root", "admin"), await world.account("ana")
    theirs, browser = await world.inside(ana), await world.inside(root)
    page = (await browser.get("/console/staff")).text
    assert Page(page).ids.count("staff-row") == 2
    assert page.count("/disable") == 1
    own = await post(browser, f"/console/staff/{root.id}/disable")
    assert own.headers["location"].endswith("said=refused")
    assert (await post(browser, f"/console/staff/{'0' * 32}/disable")).status_code == 404
    done = await post(browser, f"/console/staff/{ana.id}/disable")
    assert done.headers["location"].endswith("said=disabled")
    assert (await theirs.get("/console")).status_code == 303
    assert (root.id, "staff.disable", ana.id) in await world.acts()
    secrets: list[Any] = [ana.password_hash, ana.totp_secret, world.secrets["ana"]["password"]]
    text = html.unescape((await browser.get("/console/staff")).text)
    assert not [one for one in secrets if one in text]
