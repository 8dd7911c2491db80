"""One's own account and the team: passwords, recovery codes, roles, departments; each behind a fresh code."""

from __future__ import annotations

import re
import time

import httpx
import pytest

from bot.console import passwords
from tests.integration.console_support import Page, World, post, world

__all__ = ["world"]

PHRASE = "la quinua hierve a las seis"
LOGIN, CODE = "/console/login", "/console/login/code"


def fresh(world: World, login: str) -> str:
    """A code that was not used yet."""
    world.clock.now += 30
    return world.code(login)


async def change(world: World, browser: httpx.AsyncClient, **fields: str) -> httpx.Response:
    given = {
        "current": world.secrets["ana"]["password"],
        "fresh": PHRASE,
        "again": PHRASE,
        "code": fresh(world, "ana"),
        **fields,
    }
    return await post(browser, "/console/me/password", **given)


async def test_a_new_password_opens_and_the_old_one_does_not(world: World) -> None:
    """Every other session ends, this one goes on under a new token."""
    ana = await world.account("ana")
    browser, other = world.browser(), await world.inside(ana)
    await world.log_in(browser, "ana")
    before = browser.cookies["faro"]
    assert (await change(world, browser)).headers["location"] == "/console/me?said=password_kept"
    assert browser.cookies["faro"] != before
    assert (await browser.get("/console/me")).status_code == 200
    assert (await other.get("/console/me")).headers["location"].startswith(LOGIN)
    old, new = world.browser(), world.browser()
    assert (await post(old, LOGIN, login="ana", password=world.secrets["ana"]["password"])).status_code == 401
    assert (await post(new, LOGIN, login="ana", password=PHRASE)).headers["location"] == CODE
    assert [act for _, act, _ in await world.acts("staff.p")] == ["staff.password"]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"current": "no es esta contraseña"}, 403),
        ({"code": "000000"}, 403),
        ({"again": PHRASE + "!"}, 422),
        ({"fresh": "corta", "again": "corta"}, 422),
        ({"fresh": "ana ana ana ana ana", "again": "ana ana ana ana ana"}, 422),
    ],
    ids=["wrong password", "wrong code", "differ", "short", "own name"],
)
async def test_a_change_that_is_refused_changes_nothing(
    world: World, fields: dict[str, str], status: int
) -> None:
    ana = await world.account("ana")
    browser = await world.inside(ana)
    answer = await change(world, browser, **fields)
    assert answer.status_code == status
    assert "me-problem" in Page(answer.text).ids
    assert PHRASE not in answer.text
    assert (await world.member("ana")).password_hash == ana.password_hash


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("catorce letras", "short"),
        ("x" * 257, "long"),
        ("Contraseña 12345", "common"),
        ("correct horse battery staple", "common"),
        ("123456789012345", "simple"),
        ("qwertyuiopasdfgh", "simple"),
        ("abcabcabcabcabcabc", "simple"),
        ("Faro Faro Faro 2026", "simple"),
        (PHRASE, ""),
        ("ni mi tía lo sabría nunca", ""),
        ("mxk4t-9pqrz-bb2hd-wxyz7", ""),
        ("¡ñandú 🦙 sube al cerro!", ""),
    ],
)
def test_what_may_be_a_password(password: str, why: str) -> None:
    assert passwords.weakness(password, "ana", "Luna") == why


def test_judging_takes_no_time_whatever_is_typed() -> None:
    """The longest of the worst kinds."""
    start = time.perf_counter()
    for worst in ("a" * 256, "ab" * 128, "".join(chr(0x4E00 + n) for n in range(256))):
        passwords.weakness(worst)
    assert time.perf_counter() - start < 3  # about 0.1 on a free core


def test_secrets_that_the_machine_makes_are_strong_enough() -> None:
    """What ``faro staff add`` prints passes its own rule."""
    from bot.console import accounts

    for _ in range(200):
        assert passwords.weakness(accounts._secrets("ana")["password"], "ana") == ""


async def test_new_recovery_codes_are_shown_once_and_replace_the_old(world: World) -> None:
    """Eight; each opens once; an old one opens nothing."""
    ana = await world.account("ana")
    browser = await world.inside(ana)
    page = await post(browser, "/console/me/codes", code=fresh(world, "ana"))
    codes = re.findall(r'data-testid="recovery-code">([^<]+)<', page.text)
    assert len(set(codes)) == 8
    again = (await browser.get("/console/me")).text
    assert not any(code in again for code in codes)
    assert re.search(r'data-testid="codes-left">8', again)

    async def opens(code: str) -> bool:
        one = world.browser()
        await post(one, LOGIN, login="ana", password=world.secrets["ana"]["password"])
        return (await post(one, CODE, code=code)).status_code == 303

    assert not await opens(world.secrets["ana"]["recovery_codes"][0])
    assert await opens(codes[0])
    assert not await opens(codes[0])
    for code in codes[1:6]:
        assert await opens(code)
    few = await browser.get("/console/me")
    assert world.deps.text("console.me.codes.few") in few.text
    refused = await post(browser, "/console/me/codes", code="000000")
    assert refused.status_code == 403
    assert "recovery-code" not in Page(refused.text).ids


async def test_out_everywhere_else(world: World) -> None:
    ana = await world.account("ana")
    browser, other = await world.inside(ana), await world.inside(ana)
    assert (await post(browser, "/console/me/sessions")).headers["location"] == "/console/me?said=left_others"
    assert (await browser.get("/console/me")).status_code == 200
    assert (await other.get("/console/me")).status_code == 303


async def test_an_administrator_gives_roles_and_departments(world: World) -> None:
    """Behind a fresh code; another role ends the sessions; both stand in the audit log."""
    root, ana = await world.account("root", "admin"), await world.account("ana")
    browser, hers = await world.inside(root), await world.inside(ana)
    path = f"/console/staff/{ana.id}"
    given = {"role": "supervisor", "department": ["tacna", "puno"]}
    assert (await browser.post(path, data={**given, "code": "000000"})).status_code == 403
    assert (await world.member("ana")).role == "responder"
    done = await browser.post(path, data={**given, "code": fresh(world, "root")})
    assert done.headers["location"] == "/console/staff?said=staff_kept"
    changed = await world.member("ana")
    assert (changed.role, changed.departments) == ("supervisor", "puno tacna")
    assert (await hers.get("/console")).status_code == 303
    assert "Puno, Tacna" in (await (await world.inside(changed)).get("/console/me")).text
    acts = [act for _, act, _ in await world.acts("staff.") if act != "staff.create"]
    assert acts == ["staff.role.supervisor", "staff.team"]


@pytest.mark.parametrize("change", [{"role": "operator"}, {"department": ["lima", "narnia"]}, {"own": True}])
async def test_what_cannot_be_is_refused(world: World, change: dict[str, object]) -> None:
    """No such role, no such department, never one's own account."""
    root, ana = await world.account("root", "admin"), await world.account("ana")
    member = root if change.pop("own", False) else ana
    data = {"role": "editor", "department": ["lima"], **change, "code": fresh(world, "root")}
    assert (
        await (await world.inside(root)).post(f"/console/staff/{member.id}", data=data)
    ).status_code == 422
    assert (await world.member(member.login)).role == member.role
