"""A partner's single sign-on against a real provider on this machine: the way in, and every way that is none."""

from __future__ import annotations

import asyncio
import dataclasses
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
import uvicorn
from joserfc.jwk import RSAKey
from playwright.async_api import Browser, expect
from starlette.applications import Starlette

from bot import config
from bot.config import UnsafeSettingsError
from bot.console import accounts
from bot.console.app import build
from bot.console.partner import SECONDS
from connectors.oidc import Oidc
from tests.integration.console_support import Page, World, post, world
from tests.integration.test_console_browser import chromium, visit
from tests.peers.oidc import Provider

__all__ = ["chromium", "world"]

OFF, BACK, CODE = "/console/login/partner", "/console/login/partner/back", "/console/login/code"
ANA = "ana@socio.test"


def joined(world: World, provider: Provider, ours: str = "http://faro.test") -> World:
    """The same world, with a console that knows the provider."""
    oidc = Oidc(provider.url, *provider.client, f"{ours}{BACK}", world.clock)
    made = World(world.db, world.vault)
    made.clock, made.secrets = world.clock, world.secrets
    made.deps = dataclasses.replace(world.deps, sign_in=oidc)
    from bot.console.app import application

    made.app = application(made.deps)
    return made


@pytest.fixture
async def provider(world: World) -> AsyncIterator[Provider]:
    async with Provider(world.clock) as made:
        yield made


async def signs_in(browser: httpx.AsyncClient) -> httpx.Response:
    """Off to the provider and back, as a browser does; what our console answers at the end."""
    away = await browser.get(OFF)
    async with httpx.AsyncClient() as outside:
        there = await outside.get(away.headers["location"])
    query = there.headers["location"].partition("?")[2]
    return await browser.get(f"{BACK}?{query}", headers={"Sec-Fetch-Site": "cross-site"})


async def test_in_with_the_partners_account_and_the_own_code(world: World, provider: Provider) -> None:
    """It stands in for the password only: without the code nothing opens."""
    await world.account(ANA)
    world = joined(world, provider)
    browser = world.browser()
    assert "partner-link" in Page((await browser.get("/console/login")).text).ids
    there = await signs_in(browser)
    assert "go-on" in Page(there.text).ids
    assert (await browser.get("/console")).headers["location"] == CODE
    assert (await post(browser, CODE, code="000000")).status_code == 401
    assert (await post(browser, CODE, code=world.code(ANA))).headers["location"] == "/console"
    assert (await browser.get("/console")).status_code == 200
    assert provider.refused == []


def wrong(**claims: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda right: {name: one for name, one in {**right, **claims}.items() if one is not None}


@pytest.mark.parametrize(
    "change",
    [
        wrong(nonce="another"),
        wrong(nonce=None),
        wrong(aud="somebody-else"),
        wrong(iss="http://127.0.0.1:1"),
        wrong(exp=1),
        wrong(exp=None),
        wrong(iat=4_000_000_000),
        wrong(azp="somebody-else"),
        wrong(email=None),
        wrong(email="luis@socio.test"),
        wrong(email=["ana@socio.test"]),
        wrong(email_verified=False),
        wrong(email_verified="true"),
    ],
)
async def test_a_token_that_is_not_for_this_opens_nothing(
    world: World, provider: Provider, change: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    """One sentence for all of them; nobody learns which accounts there are."""
    await world.account(ANA)
    provider.change = change
    await _nothing(joined(world, provider))


async def _nothing(world: World) -> None:
    browser = world.browser()
    there = await signs_in(browser)
    assert there.status_code == 403
    assert world.deps.text("console.login.partner") in there.text
    assert "faro" not in browser.cookies


async def test_another_key_opens_nothing(world: World, provider: Provider) -> None:
    """Signed by a key that the provider does not show, under the name of one that it does."""
    await world.account(ANA)
    provider.key = RSAKey.generate_key(2048)
    await _nothing(joined(world, provider))


async def test_a_provider_that_calls_itself_otherwise_is_not_asked(world: World, provider: Provider) -> None:
    await world.account(ANA)
    provider.issuer = "https://elsewhere.test"
    world = joined(world, provider)
    assert (await world.browser().get(OFF)).status_code == 403


async def test_a_closed_account_stays_closed(world: World, provider: Provider) -> None:
    await world.account(ANA)
    async with world.db.write() as conn:
        await accounts.disable_staff(conn, world.vault, ANA, world.clock.now)
    await _nothing(joined(world, provider))


@pytest.mark.parametrize("case", ["no cookie", "other state", "changed", "late", "again"])
async def test_only_the_browser_that_left_comes_back(world: World, provider: Provider, case: str) -> None:
    """Planted, changed, old and used answers open nothing."""
    await world.account(ANA)
    world = joined(world, provider)
    browser = world.browser()
    away = await browser.get(OFF)
    async with httpx.AsyncClient() as outside:
        query = (await outside.get(away.headers["location"])).headers["location"].partition("?")[2]
    if case == "no cookie":
        browser = world.browser()
    elif case == "other state":
        query = query.replace("state=", "state=x")
    elif case == "changed":
        kept = browser.cookies["faro-partner"]
        browser.cookies.clear()
        browser.cookies.set("faro-partner", kept.replace(".", ".x", 1))
    elif case == "late":
        world.clock.now += SECONDS
    else:
        assert (await browser.get(f"{BACK}?{query}")).status_code == 200
        browser = world.browser()
    assert (await browser.get(f"{BACK}?{query}")).status_code == 403


async def test_without_a_partner_there_is_no_such_page(world: World) -> None:
    assert (await world.browser().get(OFF)).status_code == 404
    assert (await world.browser().get(BACK)).status_code == 404
    assert "partner-link" not in Page((await world.browser().get("/console/login")).text).ids


async def test_a_provider_that_is_away_leaves_the_form(world: World, provider: Provider) -> None:
    await world.account(ANA)
    oidc = Oidc("http://127.0.0.1:1", "faro", "x", f"http://faro.test{BACK}", world.clock)
    world = joined(world, provider)
    world.deps = dataclasses.replace(world.deps, sign_in=oidc)
    from bot.console.app import application

    world.app = application(world.deps)
    answer = await world.browser().get(OFF)
    assert answer.status_code == 403
    assert "login-form" in Page(answer.text).ids


@pytest.mark.browser
async def test_in_a_browser_that_comes_from_another_site(world: World, chromium: Browser) -> None:
    """The provider is another site: cookies that are Strict and Lax do as we think."""
    await world.account(ANA)
    door = socket.create_server(("127.0.0.1", 0))
    ours = f"http://127.0.0.1:{door.getsockname()[1]}"
    async with Provider(world.clock, host="localhost") as provider:
        here = joined(world, provider, ours)
        server = uvicorn.Server(
            uvicorn.Config(Starlette(routes=build(here.deps)), log_config=None, lifespan="off")
        )
        task = asyncio.create_task(server.serve(sockets=[door]))
        page, complaints = await visit(chromium, ours)
        await page.goto("/console")
        await page.get_by_test_id("partner-link").click()
        await page.get_by_label("Código").fill(world.code(ANA))
        await page.get_by_role("button", name="Entrar").click()
        await expect(page.get_by_test_id("queue")).to_be_visible()
        assert complaints == []
        server.should_exit = True
        await task


@pytest.mark.parametrize(
    "given",
    [
        {"oidc_issuer": "https://socio.test"},
        {"oidc_issuer": "http://socio.test", "oidc_client_id": "faro", "oidc_client_secret": "x"},
        {"oidc_issuer": "socio.test", "oidc_client_id": "faro", "oidc_client_secret": "x"},
    ],
    ids=["half", "open", "no address"],
)
def test_unsafe_settings_are_refused(given: dict[str, str]) -> None:
    with pytest.raises(UnsafeSettingsError, match="OIDC|Single sign-on"):
        config.load({}, **given)
