"""Every page of the console for every role and in both languages, judged by axe-core in Chromium, wide and narrow."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import async_playwright

from tests.browser.house import FLAGS, TRIED, first_login, furnish, half_inside, served
from tests.browser.pages import UNFIT, addresses, may
from tests.conftest import CHROMIUM, JUDGES
from tests.integration.console_support import World, world

__all__ = ["world"]
pytestmark = [pytest.mark.outside, pytest.mark.browser]
GRAVE = ("serious", "critical")
RUN = """async () => (await axe.run(document, {resultTypes: ['violations']})).violations.map(
    (one) => ({id: one.id, impact: one.impact, where: one.nodes.map((node) => node.target.join(' ')).slice(0, 5)}))"""


async def judged(page: Any, path: str) -> list[dict[str, Any]]:
    """What axe finds on a page that is grave."""
    answer = await page.goto(path)
    assert answer is not None
    assert answer.status in (200, 409) or path.endswith("nowhere"), path
    return await judged_here(page, path)


async def judged_here(page: Any, path: str) -> list[dict[str, Any]]:
    """The same of the page that is open."""
    wide = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0, f"{path} is {wide} px too wide"
    await page.evaluate((JUDGES / "axe-core/axe.min.js").read_text(encoding="utf-8"))
    found = await page.evaluate(RUN)
    return [{"path": path, **one} for one in found if one["impact"] in GRAVE]


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("locale", ["es", "en"])
async def test_no_page_shuts_anybody_out(world: World, locale: str, width: int) -> None:
    """0 serious and 0 critical findings, and nothing wider than the screen."""
    house = await furnish(world)
    found: list[dict[str, Any]] = []
    looked = 0
    async with async_playwright() as play, served(world) as address:
        chromium = await play.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        how: Any = {
            "base_url": address,
            "locale": locale,
            "viewport": {"width": width, "height": 800},
        }
        for login, member in house.cast.items():
            window = await chromium.new_context(**how)
            await window.add_cookies([await house.cookie(login, address)])
            page = await window.new_page()
            seen = {"/console/nowhere"}
            for case in (house.waiting, house.held, house.closed):
                known = {"case": case, "locale": "es", "key": "ask.Q07", "drill": house.drill}
                for rule, template, path in addresses(known, UNFIT):
                    own = template.endswith(("/thread", "{drill}"))
                    if may(member.role, rule) and not (own and (case, login) != (house.held, "ana")):
                        seen.add(path)
            if may(member.role, "texts.read"):
                seen |= {f"/console/texts/es/{key}" for key in (*TRIED, "console.queue.waited")}
            if member.role not in {"editor", "admin"}:
                seen |= {"/console?view=closed", f"/console/cases/{house.held}?said=noted"}
            for path in sorted(seen):
                found += await judged(page, path)
                assert await page.get_attribute("html", "lang") == locale
                looked += 1
            await window.close()
        window = await chromium.new_context(**how)
        page = await window.new_page()
        found += await judged(page, "/console/login?said=expired")
        await window.add_cookies([await half_inside(world, "ana", address)])
        found += await judged(page, "/console/login/code")

        async def newcomer(name: str) -> None:
            found.extend(await judged_here(page, name))

        await first_login(world, address, page, newcomer)
        await chromium.close()
    assert found == []
    assert looked > 20


async def test_axe_finds_what_is_wrong(world: World) -> None:
    """The judge is awake: a page with a field that has no name and grey words on grey is refused."""
    async with async_playwright() as play, served(world) as address:
        chromium = await play.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        page = await (await chromium.new_context(base_url=address)).new_page()
        await page.goto("/console/login")
        await page.evaluate("document.querySelector('label').remove()")
        await page.evaluate((JUDGES / "axe-core/axe.min.js").read_text(encoding="utf-8"))
        found = await page.evaluate(RUN)
        await chromium.close()
    assert [one["id"] for one in found if one["impact"] in GRAVE] == ["label"]


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("locale", ["es", "en"])
async def test_nobody_is_shut_out_while_at_work(world: World, locale: str, width: int) -> None:
    """Everything unfolded, a reply with its warnings and its look, a filtered list with its form, several ticked."""
    house = await furnish(world)
    found: list[dict[str, Any]] = []
    async with async_playwright() as play, served(world) as address:
        chromium = await play.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        for login, path in (
            ("ana", f"/console/cases/{house.held}"),
            ("ana", f"/console/cases/{house.held}/thread"),
            ("ana", "/console?urgency=3"),
            ("sofia", "/console?many=1"),
        ):
            window = await chromium.new_context(
                base_url=address, locale=locale, viewport={"width": width, "height": 800}
            )
            await window.add_cookies([await house.cookie(login, address)])
            page = await window.new_page()
            await page.goto(path)
            if "cases" in path:
                await page.locator("[data-reply]").fill("Te prometo que sale bien. Llama al 987 654 321")
                await page.get_by_test_id("warnings").wait_for()
            await page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
            assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
            await page.evaluate((JUDGES / "axe-core/axe.min.js").read_text(encoding="utf-8"))
            found += [{"path": path, **one} for one in await page.evaluate(RUN) if one["impact"] in GRAVE]
            await window.close()
        await chromium.close()
    assert found == []
