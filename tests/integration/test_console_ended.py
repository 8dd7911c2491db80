"""A session that ended while a form without a case was being filled in: what was typed comes back, and can be sent."""

from __future__ import annotations

import html
import re

import pytest
from playwright.async_api import Browser, expect
from playwright.async_api import Page as WebPage

from bot.console import access
from bot.storage import texts as drafts_of_texts
from tests.integration.console_support import Page, World, post, world
from tests.integration.test_console_browser import address, chromium, log_in, visit

__all__ = ["address", "chromium", "world"]

QUARTER = 16 * 60
WORDS = 'Lo que escribí <script>alert("1")</script> y más'
PLACES = {"locale": "es", "key": "say.bye", "drill": "0" * 32}
# Forms in which nothing is written but a password, a code, a file or the name of a new account; and bare buttons.
BARE = {
    *(
        "/login",
        "/login/code",
        "/login/first",
        "/login/authenticator",
        "/logout",
        "/me/password",
        "/me/codes",
    ),
    *("/me/sessions", "/me/language", "/me/push", "/me/push/{device}/drop", "/views/{view}/drop"),
    *(f"/cases/{{case}}/{act}" for act in ("claim", "release", "reopen", "retry", "reveal/show")),
    *("/reveals/{reveal}/grant", "/reveals/{reveal}/refuse", "/rota/shifts/{shift}/remove", "/back"),
    *("/training", "/training/{drill}/end", "/stats/export"),
    *("/staff", "/staff/reset", "/staff/{member}", "/staff/{member}/disable", "/texts/import"),
    *(f"/texts/{{locale}}/{{key}}/{act}" for act in ("publish", "drop", "restore", "back", "trial")),
    *("/texts/{locale}/{key}/trial/publish", "/phrases/dismiss", "/phrases/model"),
    *(f"/phrases/changes/{{change}}/{act}" for act in ("publish", "drop", "undo")),
    *(f"/phrases/model/{{rehearsal}}/{act}" for act in ("publish", "undo")),
}


def test_every_form_is_one_of_three_kinds() -> None:
    """Kept beside its case, given back, or nothing is written in it: a new form says which."""
    forms = {rule for rule in access.RULES if rule.startswith("POST ")}
    bare = {f"POST /console{path}" for path in BARE}
    assert forms == set(access.KEEPS) | set(access.RETURNS) | bare
    assert len(forms) == len(access.KEEPS) + len(access.RETURNS) + len(bare)


@pytest.mark.parametrize("rule", access.RETURNS)
async def test_what_was_typed_comes_back_to_be_sent_again(world: World, rule: str) -> None:
    """All the form brought, as text alone; what to do is said; nothing was done; sent again it arrives."""
    role = next(iter(access.PERMISSIONS[access.RULES[rule]] - {"responder"}))
    member = await world.account("ana", role)
    path = rule.removeprefix("POST ").format_map(PLACES)
    fields = access.RETURNS[rule]
    form = {**dict.fromkeys(fields, WORDS), "seen": "0123", "act": "draft", "brought": "[]"}
    browser = await world.inside(member)
    world.clock.now += QUARTER
    before = len(await world.acts())
    answer = await post(browser, path, **form)
    assert answer.status_code == 401
    page = Page(answer.text)
    assert {"ended", "ended-login", "ended-again"} <= set(page.ids)
    assert page.active == []
    given = re.findall(r"<textarea[^>]*>([^<]*)</textarea>", answer.text)
    assert [html.unescape(one) for one in given] == [WORDS] * len(fields)
    brought = {
        html.unescape(name): html.unescape(value)
        for name, value in re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', answer.text)
    }
    assert brought == form
    assert f'action="{path}"' in answer.text
    assert len(await world.acts()) == before
    again = await post(await world.inside(member), path, **brought)
    assert again.status_code != 401
    assert "/console/login" not in again.headers.get("location", "")


async def test_who_never_had_a_session_gets_nothing_back(world: World) -> None:
    """No cookie: the login form. A page that asked by itself keeps its words where they are, and stays."""
    path = "/console/texts/es/say.bye/look"
    answer = await post(world.browser(), path, text=WORDS)
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/login")
    browser = await world.inside(await world.account("eva", "editor"))
    world.clock.now += QUARTER
    answer = await browser.post(path, data={"text": WORDS}, headers={"HX-Request": "true"})
    assert (answer.status_code, answer.text, "hx-redirect" in answer.headers) == (401, "", False)


@pytest.mark.browser
async def test_an_editor_comes_back_in_another_tab(world: World, address: str, chromium: Browser) -> None:
    """Typed, away too long, typed on: the page says so and stays; sent again after the login it is a draft."""
    await world.account("eva", "editor")
    page, _ = await visit(chromium, address)
    await page.goto("/console/login")
    await _in(world, page, "eva")
    await page.goto("/console/texts/es/say.bye")
    world.clock.now += QUARTER
    await page.locator("#text").fill("Hasta luego, cuídate mucho.")
    await expect(page.get_by_test_id("ended-line")).to_be_visible()
    await expect(page.locator("#text")).to_have_value("Hasta luego, cuídate mucho.")
    await page.get_by_test_id("draft").click()
    await expect(page.get_by_test_id("ended").get_by_role("textbox")).to_have_value(
        "Hasta luego, cuídate mucho."
    )
    async with page.context.expect_page() as opened:
        await page.get_by_test_id("ended-login").click()
    other = await opened.value
    world.clock.now += 30
    await _in(world, other, "eva")
    await page.get_by_test_id("ended-again").click()
    await expect(page.get_by_test_id("flash")).to_have_attribute("data-flash", "text_drafted")
    async with world.db.read() as conn:
        draft = await drafts_of_texts.open_for(conn, "es", "say.bye")
    assert draft is not None
    assert draft.text == "Hasta luego, cuídate mucho."


@pytest.mark.browser
async def test_a_page_leaves_unless_somebody_is_writing(
    world: World, address: str, chromium: Browser
) -> None:
    """The line on top finds the session over: half a sentence of a drill stays, an empty form goes to the login."""
    await world.account("ana")
    page, _ = await visit(chromium, address)
    await page.clock.install(time=world.clock.now)
    await log_in(world, page, "ana")
    await page.goto("/console/training")
    await page.get_by_test_id("persona").first.get_by_role("button").click()
    await page.get_by_label("Tu mensaje").fill("Hola, ¿pue")
    world.clock.now += QUARTER
    await page.clock.fast_forward(11_000)
    await expect(page.get_by_test_id("ended-line")).to_be_visible()
    await page.clock.fast_forward(11_000)
    await expect(page.get_by_test_id("ended-line")).to_have_count(1)
    await expect(page.get_by_label("Tu mensaje")).to_have_value("Hola, ¿pue")
    await page.get_by_label("Tu mensaje").fill("")
    await page.clock.fast_forward(11_000)
    await expect(page.get_by_test_id("login-notice")).to_be_visible()


async def _in(world: World, page: WebPage, login: str) -> None:
    await page.get_by_label("Usuario").fill(login)
    await page.get_by_label("Contraseña").fill(world.secrets[login]["password"])
    await page.get_by_role("button").click()
    await page.get_by_label("Código").fill(world.code(login))
    await page.get_by_role("button", name="Entrar").click()
    await page.get_by_test_id("logout").wait_for()
