"""A first login: a one-time password leads to an own password and an authenticator, and to nothing else before."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

import httpx
import pyotp
import pytest
from playwright.async_api import Browser, expect
from playwright.async_api import Page as Window
from sqlalchemy import select

from bot.console import access, accounts, qr
from bot.storage.tables import recovery_codes
from tests import newest
from tests.integration.command_line import CommandLine
from tests.integration.console_support import Page, World, both, post, world
from tests.integration.test_console_access import every_route, filled
from tests.integration.test_console_browser import FAINT, PHONE, address, chromium, visit
from tests.integration.test_console_me import fresh

__all__ = ["address", "both", "chromium", "world"]

PHRASE = "la quinua hierve a las seis"
LOGIN, FIRST, AUTHENTICATOR = "/console/login", "/console/login/first", "/console/login/authenticator"


async def invited(world: World, login: str = "ana", role: str = "responder") -> str:
    """A new account that never was logged in; its one-time password."""
    async with world.db.write() as conn:
        made = await accounts.create_staff(conn, world.vault, login, role, world.clock.now, first_login=True)
    assert made.keys() == {"login", "password", "until"}
    return str(made["password"])


async def entered(world: World, password: str, login: str = "ana") -> httpx.AsyncClient:
    """A browser in which the one-time password was right."""
    browser = world.browser()
    answer = await post(browser, LOGIN, login=login, password=password)
    assert (answer.status_code, answer.headers["location"]) == (303, FIRST)
    return browser


def secret(page: str) -> str:
    """The authenticator's secret as the page writes it."""
    groups = re.findall(r"<code>([A-Z2-7]+)</code>", page)
    assert {len(one) for one in groups} == {4}
    return "".join(groups)


def code(world: World, page: str) -> str:
    return pyotp.TOTP(secret(page)).at(int(world.clock.now))


async def enrolled(world: World, browser: httpx.AsyncClient) -> list[str]:
    """The rest of a first login; the recovery codes."""
    assert (await post(browser, FIRST, fresh=PHRASE, again=PHRASE)).headers["location"] == AUTHENTICATOR
    page = (await browser.get(AUTHENTICATOR)).text
    done = await post(browser, AUTHENTICATOR, code=code(world, page))
    assert done.status_code == 200
    return re.findall(r'data-testid="recovery-code">([^<]+)<', done.text)


async def test_own_password_authenticator_codes_and_in(both: World) -> None:
    """In this order; afterwards everything works as for anybody, and the one-time password opens nothing."""
    world = both
    given = await invited(world)
    browser = await entered(world, given)
    assert "first-form" in Page((await browser.get(FIRST)).text).ids
    codes = await enrolled(world, browser)
    assert len(set(codes)) == accounts.CODES
    assert (await browser.get("/console")).status_code == 200
    member = await world.member("ana")
    assert (member.enrolment, member.enrol_until) == ("", None)
    assert (await post(world.browser(), LOGIN, login="ana", password=given)).status_code == 401
    again = world.browser()
    assert (await post(again, LOGIN, login="ana", password=PHRASE)).headers["location"].endswith("/code")
    assert (await post(again, f"{LOGIN}/code", code=codes[2])).headers["location"] == "/console"
    assert [act for _, act, _ in await world.acts("staff.")] == [
        "staff.create",
        "staff.password",
        "staff.enrolled",
    ]


@pytest.mark.parametrize("chosen", [False, True], ids=["one-time password", "own password"])
async def test_nothing_of_the_console_is_reachable_before(world: World, chosen: bool) -> None:
    """Every page and every act, read from the table, leads back to the first login; there is no session to it."""
    browser = await entered(world, await invited(world, "sofia", "supervisor"), "sofia")
    if chosen:
        await post(browser, FIRST, fresh=PHRASE, again=PHRASE)
    seen = 0
    for method, path in every_route(world):
        if access.RULES[f"{method} {path}"] in ("anyone", "enrol"):
            continue
        answer = await browser.request(method, filled(path))
        assert (answer.status_code, answer.headers.get("location")) == (303, FIRST), path
        seen += 1
    assert seen > 40
    assert (await browser.get(FIRST)).headers.get("location") == (AUTHENTICATOR if chosen else None)
    assert (await browser.get(AUTHENTICATOR)).headers.get("location") == (None if chosen else FIRST)


async def test_the_authenticator_cannot_come_first(world: World) -> None:
    """No code is taken before there is an own password."""
    browser = await entered(world, await invited(world))
    right = pyotp.TOTP((await world.member("ana")).totp_secret).at(int(world.clock.now))
    assert (await post(browser, AUTHENTICATOR, code=right)).headers["location"] == FIRST
    assert (await browser.get("/console")).headers["location"] == FIRST


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"fresh": "corta", "again": "corta"}, "Muy corta"),
        ({"fresh": "ana ana ana ana ana", "again": "ana ana ana ana ana"}, "Se repite"),
        ({"again": PHRASE + "!"}, "no son iguales"),
        ({"given": True}, "la que te dieron"),
    ],
    ids=["short", "simple", "differ", "the given one"],
)
async def test_a_password_that_is_none_changes_nothing(
    world: World, fields: dict[str, Any], words: str
) -> None:
    given = await invited(world)
    browser = await entered(world, given)
    if fields.pop("given", False):
        fields = {"fresh": given, "again": given}
    answer = await post(browser, FIRST, **{"fresh": PHRASE, "again": PHRASE, **fields})
    assert answer.status_code == 422
    assert words in html.unescape(answer.text)
    assert (await world.member("ana")).enrolment == "password"
    await entered(world, given)


async def test_a_wrong_code_leaves_the_page_and_no_recovery_codes(world: World) -> None:
    """The secret stays what it was, so that whoever has scanned it need not scan again."""
    browser = await entered(world, await invited(world))
    await post(browser, FIRST, fresh=PHRASE, again=PHRASE)
    before = (await browser.get(AUTHENTICATOR)).text
    wrong = await post(browser, AUTHENTICATOR, code="000000")
    assert wrong.status_code == 401
    assert secret(wrong.text) == secret(before)
    async with world.db.read() as conn:
        assert (await conn.execute(select(recovery_codes))).all() == []
    assert (await browser.get("/console")).headers["location"] == FIRST


async def test_who_goes_away_meanwhile_goes_on_later(world: World) -> None:
    """With the own password, at the authenticator; the code that ends it serves no second time."""
    await post(await entered(world, await invited(world)), FIRST, fresh=PHRASE, again=PHRASE)
    browser = await entered(world, PHRASE)
    page = (await browser.get(AUTHENTICATOR)).text
    other = await entered(world, PHRASE)
    right = code(world, page)
    assert (await post(browser, AUTHENTICATOR, code=right)).status_code == 200
    assert (await post(browser, AUTHENTICATOR, code=right)).headers["location"] == "/console"
    assert (await post(other, AUTHENTICATOR, code=right)).headers["location"] == "/console"
    assert (await other.get("/console")).headers["location"] != "/console"
    later = world.browser()
    await post(later, LOGIN, login="ana", password=PHRASE)
    assert (await post(later, f"{LOGIN}/code", code=right)).status_code == 401


@pytest.mark.parametrize("chosen", [False, True], ids=["one-time password", "own password"])
async def test_a_first_login_that_comes_too_late(world: World, chosen: bool) -> None:
    """After a week nothing opens until an administrator makes it new; a wrong password still learns nothing."""
    given = await invited(world)
    if chosen:
        await post(await entered(world, given), FIRST, fresh=PHRASE, again=PHRASE)
    world.clock.now += accounts.FIRST_LOGIN_SECONDS
    late = await post(world.browser(), LOGIN, login="ana", password=PHRASE if chosen else given)
    assert late.status_code == 403
    assert "set-cookie" not in late.headers
    assert (await post(world.browser(), LOGIN, login="ana", password="no es esta")).status_code == 401
    root = await world.account("root", "admin")
    page = await (await world.inside(root)).get("/console/staff")
    assert "No entró a tiempo" in page.text


async def test_an_administrator_makes_an_account_and_never_a_way_in(world: World) -> None:
    """Behind a fresh code; the one-time password stands on this one answer; no secret, no recovery codes."""
    root = await world.account("root", "admin")
    browser = await world.inside(root)
    new = {"login": "Ana", "role": "supervisor"}
    refused = await post(browser, "/console/staff", **new, code="000000")
    assert refused.status_code == 403
    assert 'value="ana"' in refused.text  # what was typed is still there
    made = await post(browser, "/console/staff", **new, code=fresh(world, "root"))
    password = re.search(r'data-testid="one-time-password">([^<]+)<', made.text)
    assert password is not None
    member = await world.member("ana")
    assert (member.role, member.enrolment) == ("supervisor", "password")
    assert member.totp_secret not in made.text
    listed = (await browser.get("/console/staff")).text
    assert password[1] not in listed
    assert "Por entrar, hasta" in listed
    await enrolled(world, await entered(world, password[1]))
    assert [(actor, one) for actor, act, one in await world.acts("staff.create")][-1] == (root.id, member.id)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"login": "ana perez"}, "de 1 a 64"),
        ({"login": ""}, "de 1 a 64"),
        ({"role": "operator"}, "de 1 a 64"),
        ({"login": "ROOT"}, "Ya hay una cuenta"),
    ],
)
async def test_an_account_that_cannot_be(world: World, fields: dict[str, str], words: str) -> None:
    """Said before the code is asked for, so that none is spent."""
    root = await world.account("root", "admin")
    browser, right = await world.inside(root), fresh(world, "root")
    given = {"login": "ana", "role": "responder", "code": right, **fields}
    answer = await post(browser, "/console/staff", **given)
    assert answer.status_code == 422
    assert words in answer.text
    assert (await post(browser, "/console/staff", login="ana", role="editor", code=right)).status_code == 200


async def test_a_lost_phone(both: World) -> None:
    """A reset ends everything that was: sessions, password, authenticator, codes; the first login comes back."""
    world = both
    root, ana = await world.account("root", "admin"), await world.account("ana")
    browser, hers = await world.inside(root), await world.inside(ana)
    assert (await post(browser, "/console/staff/reset", member=ana.id, code="000000")).status_code == 403
    assert (await hers.get("/console")).status_code == 200
    done = await post(browser, "/console/staff/reset", member=ana.id, code=fresh(world, "root"))
    password = re.search(r'data-testid="one-time-password">([^<]+)<', done.text)
    assert password is not None
    assert (await hers.get("/console")).headers["location"].startswith(LOGIN)
    old = world.secrets["ana"]
    assert (await post(world.browser(), LOGIN, login="ana", password=old["password"])).status_code == 401
    again = await entered(world, password[1])
    await post(again, FIRST, fresh=PHRASE, again=PHRASE)
    page = (await again.get(AUTHENTICATOR)).text
    assert secret(page) != old["totp_secret"]
    assert (await post(again, AUTHENTICATOR, code=old["recovery_codes"][0])).status_code == 401
    assert (await post(again, AUTHENTICATOR, code=world.code("ana"))).status_code == 401
    assert (await post(again, AUTHENTICATOR, code=code(world, page))).status_code == 200
    later = world.browser()
    await post(later, LOGIN, login="ana", password=PHRASE)
    assert (await post(later, f"{LOGIN}/code", code=old["recovery_codes"][0])).status_code == 401
    acts = [(actor, act) for actor, act, one in await world.acts("st") if one == ana.id]
    assert (root.id, "staff.reset") in acts
    assert [act for actor, act, _ in await world.acts("stepup")] == ["stepup.refused"]


async def test_nobody_resets_oneself_or_an_unknown(world: World) -> None:
    root = await world.account("root", "admin")
    browser = await world.inside(root)
    for member in (root.id, "0" * 32, "", "x"):
        answer = await post(browser, "/console/staff/reset", member=member, code=fresh(world, "root"))
        assert answer.status_code == 422, member
    assert (await browser.get("/console/staff")).status_code == 200


async def test_on_the_command_line(tmp_path: Path) -> None:
    """``--first-login`` prints a one-time password and nothing else; without it, everything as ever."""
    url = f"sqlite:///{tmp_path / 'faro.db'}"
    newest.sqlite(url)
    faro = CommandLine(tmp_path, url)
    await faro.run("keys", "init")
    made = await faro.told("staff", "add", "ana", "--role", "responder", "--first-login", "--json")
    assert made.keys() == {"login", "password", "until"}
    whole = await faro.told("staff", "add", "luis", "--role", "editor", "--json")
    assert whole.keys() == {"login", "password", "totp_secret", "recovery_codes"}
    reset = await faro.run("staff", "reset", "luis", "--first-login")
    assert reset.returncode == 0
    assert "one-time password" in reset.stdout
    assert not re.search(r"otpauth|recovery", reset.stdout)
    assert json.dumps(whole["totp_secret"]) not in reset.stdout


def test_the_picture_is_the_code(tmp_path: Path) -> None:
    """Drawn module by module it is what the library makes, with the empty border around."""
    import segno

    content = "otpauth://totp/Faro:ana?secret=ABCDEFGHIJKLMNOPQRSTUVWXYZ234567&issuer=Faro"
    drawn = qr.draw(content)
    dark = {
        (int(x) + n, int(y))
        for x, y, length in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", drawn.path)
        for n in range(int(length))
    }
    whole = [bytes(row) for row in segno.make(content, error="m", micro=False).matrix_iter(border=4)]
    assert drawn.size == len(whole)
    assert dark == {(x, y) for y, row in enumerate(whole) for x, module in enumerate(row) if module}


async def scanned(page: Window) -> str:
    """The secret, from the text under the picture."""
    await page.get_by_test_id("by-hand").locator("summary").click()
    return re.sub(r"\s", "", await page.get_by_test_id("secret").inner_text())


@pytest.mark.browser
@pytest.mark.parametrize("script", [True, False], ids=["with script", "without"])
async def test_a_whole_first_day(world: World, address: str, chromium: Browser, script: bool) -> None:
    """An administrator makes an account; its owner comes in; loses the phone; is let in anew; complaints: none."""
    await world.account("root", "admin")
    admin, complaints = await visit(chromium, address, java_script_enabled=script)
    await admin.goto("/console")
    await admin.get_by_label("Usuario").fill("root")
    await admin.get_by_label("Contraseña").fill(world.secrets["root"]["password"])
    await admin.get_by_role("button").click()
    await admin.get_by_label("Código").fill(world.code("root"))
    await admin.get_by_role("button", name="Entrar").click()
    form = admin.get_by_test_id("new-account")
    await form.locator("summary").click()
    await form.get_by_label("Usuario").fill("ana")
    await form.get_by_label("Función").select_option("responder")
    await form.get_by_label("Código").fill(fresh(world, "root"))
    await form.get_by_role("button").click()
    given = await admin.get_by_test_id("one-time-password").inner_text()

    ana, more = await visit(chromium, address, java_script_enabled=script)
    await first_day(world, ana, given, "la quinua hierve a las seis")
    await expect(ana.get_by_test_id("queue")).to_be_visible()

    again = admin.get_by_test_id("reset-account")
    await again.locator("summary").click()
    await again.get_by_label("Quién").select_option((await world.member("ana")).id)
    await again.get_by_label("Código").fill(fresh(world, "root"))
    await again.get_by_role("button").click()
    given = await admin.get_by_test_id("one-time-password").inner_text()
    await ana.reload()
    await expect(ana.get_by_test_id("login-form")).to_be_visible()
    await first_day(world, ana, given, "el mar de Chorrillos sabe a noviembre")
    await expect(ana.get_by_test_id("queue")).to_be_visible()
    assert complaints + more == []


async def first_day(world: World, page: Window, given: str, phrase: str) -> None:
    """From the one-time password to the queue, by the forms."""
    await page.goto("/console")
    await page.get_by_label("Usuario").fill("ana")
    await page.get_by_label("Contraseña").fill(given)
    await page.get_by_role("button").click()
    await page.get_by_label("Tu contraseña").fill(phrase)
    await page.get_by_label("Otra vez").fill(phrase)
    await page.get_by_test_id("first-button").click()
    await expect(page.get_by_test_id("qr")).to_be_visible()
    found = await scanned(page)
    await page.goto("/console")  # the console is not there yet
    await expect(page.get_by_test_id("qr")).to_be_visible()
    await page.get_by_label("Código").fill(pyotp.TOTP(found).at(int(world.clock.now)))
    await page.get_by_test_id("authenticator-button").click()
    await expect(page.get_by_test_id("recovery-code")).to_have_count(accounts.CODES)
    await page.get_by_test_id("go-in").click()


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_pages_fit_a_phone(world: World, address: str, chromium: Browser, scheme: Any) -> None:
    """Not wider than a phone, every text strong enough; the picture is dark on white in the dark too."""
    given = await invited(world)
    page, complaints = await visit(chromium, address, viewport={**PHONE, "width": 360}, color_scheme=scheme)
    await page.goto("/console")
    await page.get_by_label("Usuario").fill("ana")
    await page.get_by_label("Contraseña").fill(given)
    await page.get_by_role("button").click()

    async def fits() -> None:
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url
        assert await page.evaluate(FAINT) == [], page.url

    await expect(page.get_by_test_id("first-button")).to_be_visible()
    await fits()
    await page.get_by_label("Tu contraseña").fill(PHRASE)
    await page.get_by_label("Otra vez").fill(PHRASE)
    await page.get_by_test_id("first-button").click()
    found = await scanned(page)
    await fits()
    fills = "[...document.querySelectorAll('.qr path')].map((one) => getComputedStyle(one).fill)"
    assert await page.evaluate(fills) == ["rgb(255, 255, 255)", "rgb(0, 0, 0)"]
    await page.get_by_label("Código").fill(pyotp.TOTP(found).at(int(world.clock.now)))
    await page.get_by_test_id("authenticator-button").click()
    await expect(page.get_by_test_id("recovery-code").first).to_be_visible()
    await fits()
    assert complaints == []
