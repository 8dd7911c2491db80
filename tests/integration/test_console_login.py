"""Logging in: two factors, nothing learned by guessing, sessions that end."""

from __future__ import annotations

import asyncio
import hashlib
import threading

import argon2
import httpx
import pyotp
import pytest
from sqlalchemy import select, update

from bot.console import accounts, passwords, throttle
from bot.storage.tables import sessions as stored
from bot.storage.tables import staff as table
from tests.integration.console_support import Page, World, post, world

__all__ = ["world"]

LOGIN, CODE = "/console/login", "/console/login/code"


async def test_both_factors_open_the_queue(world: World) -> None:
    """Password, then code, then the queue; nothing opens before the code."""
    await world.account("ana")
    browser = world.browser()
    assert "login-form" in Page((await browser.get(LOGIN)).text).ids
    first = await post(browser, LOGIN, login="Ana ", password=world.secrets["ana"]["password"])
    assert (first.status_code, first.headers["location"]) == (303, CODE)
    assert "code-form" in Page((await browser.get(CODE)).text).ids
    half = await browser.get("/console")
    assert (half.status_code, half.headers["location"]) == (303, CODE)
    second = await post(browser, CODE, code=world.code("ana"))
    assert (second.status_code, second.headers["location"]) == (303, "/console")
    queue = await browser.get("/console")
    assert queue.status_code == 200
    assert "queue" in Page(queue.text).ids


@pytest.mark.parametrize("case", ["unknown", "disabled", "odd", "empty"])
async def test_who_has_no_way_in_learns_nothing(world: World, case: str) -> None:
    """Unknown, disabled and impossible logins get the very answer of a wrong password."""
    await world.account("ana")
    await world.account("luis")
    async with world.db.write() as conn:
        await accounts.disable_staff(conn, world.vault, "luis", world.clock.now)
    wrong = await post(world.browser(), LOGIN, login="ana", password="no es esta")
    login, password = {
        "unknown": ("nadie", "no es esta"),
        "disabled": ("luis", world.secrets["luis"]["password"]),
        "odd": ("'; DROP TABLE staff; --\x00", "x"),
        "empty": ("", ""),
    }[case]
    other = await post(world.browser(), LOGIN, login=login, password=password)
    assert (other.status_code, other.text) == (wrong.status_code, wrong.text) == (401, wrong.text)
    assert "set-cookie" not in other.headers


async def test_an_unknown_login_costs_the_same_work(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hash is checked for every login, known or not."""
    await world.account("ana")
    checked: list[str] = []
    real = passwords._matches
    monkeypatch.setattr(passwords, "_matches", lambda kept, given: checked.append(kept) or real(kept, given))
    await post(world.browser(), LOGIN, login="nadie", password="x")
    await post(world.browser(), LOGIN, login="ana", password="x")
    assert checked == [passwords.nobody(), (await world.member("ana")).password_hash]


async def test_a_code_serves_once(world: World) -> None:
    """The code that opened one session opens no second one, not even in the same half minute."""
    await world.account("ana")
    assert (await world.log_in(world.browser(), "ana")).status_code == 303
    other = world.browser()
    await post(other, LOGIN, login="ana", password=world.secrets["ana"]["password"])
    again = await post(other, CODE, code=world.code("ana"))
    assert again.status_code == 401
    assert "code-form" in Page(again.text).ids
    world.clock.now += 30
    assert (await post(other, CODE, code=world.code("ana"))).status_code == 303


@pytest.mark.parametrize(("drift", "opens"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
async def test_a_phone_may_be_one_step_off(world: World, drift: int, opens: bool) -> None:
    """Codes of the steps beside now are taken, older and newer ones are not."""
    await world.account("ana")
    browser = world.browser()
    await post(browser, LOGIN, login="ana", password=world.secrets["ana"]["password"])
    code = pyotp.TOTP(world.secrets["ana"]["totp_secret"]).at(int(world.clock.now) + drift)
    assert (await post(browser, CODE, code=code)).status_code == (303 if opens else 401)


async def test_a_recovery_code_serves_once(world: World) -> None:
    """Written in capitals and without dashes it works, and only one time."""
    await world.account("ana")
    code = world.secrets["ana"]["recovery_codes"][3].replace("-", " ").upper()
    for status in (303, 401):
        browser = world.browser()
        await post(browser, LOGIN, login="ana", password=world.secrets["ana"]["password"])
        assert (await post(browser, CODE, code=code)).status_code == status


async def test_a_planted_session_opens_nothing(world: World) -> None:
    """The token changes at each step; the one before is worthless, and one that we did not make never counts."""
    await world.account("ana")
    browser = world.browser()
    planted = {"Cookie": "faro=planted"}
    fields = {"login": "ana", "password": world.secrets["ana"]["password"]}
    await browser.post(LOGIN, data=fields, headers=planted)
    half = browser.cookies["faro"]
    await post(browser, CODE, code=world.code("ana"))
    full = browser.cookies["faro"]
    assert len({"planted", half, full}) == 3
    for token in ("planted", half):
        thief = world.browser()
        thief.cookies.set("faro", token)
        assert (await thief.get("/console")).headers["location"] == f"{LOGIN}?said=expired"


async def test_only_the_hash_of_a_token_is_stored(world: World) -> None:
    """Who reads the database cannot become anybody; a token has 256 bits."""
    await world.account("ana")
    browser = world.browser()
    await world.log_in(browser, "ana")
    token = browser.cookies["faro"]
    assert len(token) == 43
    async with world.db.read() as conn:
        kept = list((await conn.execute(select(stored.c.token_hash))).scalars())
    assert kept == [hashlib.sha256(token.encode()).digest()]


@pytest.mark.parametrize("secure", [False, True], ids=["loopback", "https"])
async def test_cookies_are_kept_to_this_place(world: World, secure: bool) -> None:
    """HttpOnly, SameSite=Strict, whole host; over https also Secure and bound to the host by name."""
    here = World(world.db, world.vault, secure=secure)
    await here.account("ana")
    browser = here.browser()
    answer = await here.log_in(browser, "ana")
    cookies = answer.headers.get_list("set-cookie")
    assert len(cookies) == 2
    for cookie in cookies:
        name, *flags = cookie.split("; ")
        assert {"HttpOnly", "Path=/", "SameSite=strict"} <= set(flags)
        assert not any(flag.lower().startswith("domain") for flag in flags)
        assert ("Secure" in flags) == name.startswith("__Host-faro") == secure
    assert "Max-Age" not in cookies[0], "the session ends with the browser"


@pytest.mark.parametrize(
    ("seconds", "alive"),
    [(14 * 60, True), (15 * 60 + 1, False), (11 * 3600, False)],
    ids=["used", "idle", "long"],
)
async def test_a_session_ends_when_nobody_is_there(world: World, seconds: int, alive: bool) -> None:
    """A quarter of an hour without an act ends it, on the server too."""
    browser = await world.inside(await world.account("ana"))
    world.clock.now += seconds
    assert (await browser.get("/console")).status_code == (200 if alive else 303)
    async with world.db.read() as conn:
        assert len((await conn.execute(select(stored))).all()) == int(alive)


async def test_a_session_ends_after_ten_hours_of_work(world: World) -> None:
    """Somebody who never rests logs in once a shift all the same."""
    browser = await world.inside(await world.account("ana"))
    for _ in range(60):
        world.clock.now += 600
        assert (await browser.get("/console")).status_code == 200
    world.clock.now += 1
    assert (await browser.get("/console")).headers["location"] == "/console/login?said=expired"


async def test_a_page_that_refreshes_itself_keeps_nobody_logged_in(world: World) -> None:
    """An unattended screen logs out; a refresh during which somebody typed does not."""
    lonely = await world.inside(await world.account("ana"))
    busy = await world.inside(await world.account("luis"))
    for _ in range(16):
        world.clock.now += 60
        await lonely.get("/console?auto=1", headers={"HX-Request": "true"})
        await busy.get("/console?auto=1", headers={"HX-Request": "true", "X-Faro-Active": "1"})
    gone = await lonely.get("/console?auto=1", headers={"HX-Request": "true"})
    assert (gone.status_code, gone.headers["hx-redirect"]) == (401, "/console/login?said=expired")
    assert (await busy.get("/console")).status_code == 200


async def test_time_between_password_and_code_is_short(world: World) -> None:
    """A browser left at the code's form is not half open for long."""
    await world.account("ana")
    browser = world.browser()
    await post(browser, LOGIN, login="ana", password=world.secrets["ana"]["password"])
    world.clock.now += 301
    answer = await post(browser, CODE, code=world.code("ana"))
    assert answer.headers["location"] == "/console/login?said=expired"


async def test_a_disabled_account_is_out_at_once(world: World) -> None:
    """The next request finds the door shut, whatever session was open."""
    member = await world.account("ana")
    browser = await world.inside(member)
    assert (await browser.get("/console")).status_code == 200
    async with world.db.write() as conn:  # the account alone: its sessions are still there
        await conn.execute(update(table).where(table.c.id == member.id).values(disabled_at=world.clock.now))
    assert (await browser.get("/console")).status_code == 303
    async with world.db.read() as conn:
        assert (await conn.execute(select(stored))).all() == []


async def test_logging_out_ends_the_session_on_the_server(world: World) -> None:
    """A copied token is worthless afterwards."""
    browser = await world.inside(await world.account("ana"))
    token = browser.cookies["faro"]
    answer = await post(browser, "/console/logout")
    assert answer.headers["location"] == "/console/login?said=out"
    thief = world.browser()
    thief.cookies.set("faro", token)
    assert (await thief.get("/console")).status_code == 303


async def _guess(browser: httpx.AsyncClient, login: str = "ana") -> int:
    return (await post(browser, LOGIN, login=login, password="adivina")).status_code


async def test_guessing_is_slowed_more_and_more(world: World) -> None:
    """Five tries are free, then the wait doubles up to a minute; a right password waits as well."""
    await world.account("ana")
    browser = world.browser()
    assert [await _guess(browser) for _ in range(6)] == [401] * 5 + [429]
    waits = []
    for _ in range(8):
        answer = await post(browser, LOGIN, login="ana", password=world.secrets["ana"]["password"] + "x")
        assert answer.status_code == 429
        waits.append(int(answer.headers["retry-after"]))
        world.clock.now += waits[-1]
        assert await _guess(browser) == 401
    assert waits == [2, 4, 8, 16, 32, 60, 60, 60]


async def test_unknown_logins_are_slowed_alike(world: World) -> None:
    """The delay tells nobody whether an account exists."""
    await world.account("ana")
    known, unknown = world.browser("192.0.2.7"), world.browser("192.0.2.8")
    assert [await _guess(known) for _ in range(8)] == [await _guess(unknown, "nadie") for _ in range(8)]


async def test_many_sources_guess_at_most_a_hundred_times_an_hour(world: World) -> None:
    """One account cannot be tried without end from ever new addresses."""
    await world.account("ana")
    taken = 0
    for n in range(120):
        world.clock.now += 1
        taken += await _guess(world.browser(f"198.51.100.{n}")) == 401
    assert taken == throttle.PER_ACCOUNT <= 100


async def test_nobody_is_locked_out_by_others(world: World) -> None:
    """While strangers guess, a device that passed both factors before comes in at once."""
    await world.account("ana")
    known = world.browser("203.0.113.5")
    await world.log_in(known, "ana")
    for n in range(100):
        await _guess(world.browser(f"198.51.100.{n}"))
    assert await _guess(world.browser("198.51.100.200")) == 429
    assert (await world.log_in(known, "ana")).headers["location"] == "/console"


async def test_a_reset_makes_known_devices_unknown(world: World) -> None:
    """A stolen device cookie does not outlive new secrets."""
    await world.account("ana")
    known = world.browser("203.0.113.5")
    await world.log_in(known, "ana")
    async with world.db.write() as conn:
        world.secrets["ana"] = await accounts.reset_staff(conn, world.vault, "ana", world.clock.now)
    for n in range(100):
        await _guess(world.browser(f"198.51.100.{n}"))
    assert await _guess(known) == 429


@pytest.mark.parametrize(
    "cookie", ["", "x", "9-aa.bb", "²-aa.bb", "99999999-a.b", "20833-" + "a" * 32 + "." + "0" * 64]
)
async def test_a_made_up_device_counts_as_a_stranger(world: World, cookie: str) -> None:
    """Nobody talks their way past the delay."""
    await world.account("ana")
    stranger = world.browser()
    stranger.headers = httpx.Headers(
        [(b"Sec-Fetch-Site", b"same-origin"), (b"Cookie", f"faro-device={cookie}".encode("latin-1"))]
    )
    assert [await _guess(stranger) for _ in range(6)] == [401] * 5 + [429]


async def test_parallel_guesses_count(world: World) -> None:
    """Twenty tries at the same moment are not twenty free tries."""
    await world.account("ana")
    browser = world.browser()
    answers = await asyncio.gather(*(_guess(browser) for _ in range(20)))
    assert answers.count(401) == throttle.FREE


async def test_the_code_is_slowed_as_well(world: World) -> None:
    """Somebody who stole a password cannot run through the codes."""
    await world.account("ana")
    browser = world.browser()
    await post(browser, LOGIN, login="ana", password=world.secrets["ana"]["password"])
    answers = [(await post(browser, CODE, code="000000")).status_code for _ in range(6)]
    assert answers == [401] * 4 + [429] * 2


def test_a_household_shares_a_delay() -> None:
    """The addresses of one IPv6 network count as one source."""
    assert (
        throttle.network("2001:db8::1")
        == throttle.network("2001:db8::ffff")
        != throttle.network("2001:db9::1")
    )
    assert throttle.network("192.0.2.1") != throttle.network("192.0.2.2")


def test_passwords_are_hashed_as_promised() -> None:
    """argon2id with 19 MiB, two passes, one lane; never weaker."""
    settings = argon2.extract_parameters(passwords.digest("x"))
    assert settings.type is argon2.Type.ID
    assert (settings.memory_cost, settings.time_cost, settings.parallelism) == (19456, 2, 1)


async def test_log_ins_do_not_starve_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """At most four passwords are checked at the same moment."""
    lock, running, most = threading.Lock(), 0, 0
    four = threading.Barrier(4, timeout=10)

    def check(kept: str, given: str) -> bool:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        four.wait()
        with lock:
            running -= 1
        return False

    monkeypatch.setattr(passwords, "_matches", check)
    checks = passwords.Checks()
    await asyncio.gather(*(checks.matches("x", "y") for _ in range(16)))
    assert most == passwords.PARALLEL == 4


@pytest.mark.parametrize("kept", ["", "not a hash", "$argon2id$broken"])
async def test_an_unusable_hash_shuts_the_account(kept: str) -> None:
    """A damaged row is a wrong password, not an open door or an error."""
    assert await passwords.Checks().matches(kept or None, "x") is False
