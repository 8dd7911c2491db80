"""A supervisor's day in a real browser: a case handed on with a note, several moved, the figures taken away."""

from __future__ import annotations

import csv
import zipfile
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.browser.house import furnish
from tests.integration.console_support import World, world
from tests.integration.test_console_browser import address, chromium, log_in, visit

__all__ = ["address", "chromium", "world"]
pytestmark = pytest.mark.browser

BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without"])
async def test_a_supervisors_day(
    world: World, address: str, chromium: Browser, script: bool, tmp_path: Path
) -> None:
    """In with a code; claim, hand on with a note, move what a colleague holds, take the figures away, out."""
    house = await furnish(world)
    ana, luis = house.cast["ana"], await world.account("luis")
    page, complaints = await visit(chromium, address, java_script_enabled=script, accept_downloads=True)
    await log_in(world, page, "sofia")
    await page.goto(f"/console/cases/{house.waiting}")
    await page.get_by_test_id("claim-button").click()
    await expect(page.get_by_test_id("state-claimed")).to_be_visible()
    await page.get_by_test_id("transfer-open").click()
    form = page.get_by_test_id("transfer-form")
    await form.get_by_label("A quién").select_option(label=luis.alias)
    await form.get_by_label("Nota").fill("Espera que le escriban hoy.")
    await form.get_by_role("button").click()
    await expect(page.get_by_test_id("flash")).to_have_attribute("data-flash", "transferred")
    assert (await world.standing(house.waiting)).claimed_by == luis.id
    await page.get_by_test_id("many-link").click()
    held = (await world.standing(house.held)).codename
    await page.get_by_label(held).check()
    await page.get_by_test_id("many-form").get_by_label("Nota").fill("Fin de turno.")
    await page.get_by_test_id("many-form").get_by_role("button").click()
    await expect(page.get_by_test_id("flash")).to_have_attribute("data-flash", "many")
    assert (await world.standing(house.held)).state == "waiting"
    assert ana.id not in {(await world.standing(case)).claimed_by for case in (house.held, house.waiting)}
    for kind in ("csv", "xlsx"):
        await page.goto("/console/stats")
        form = page.get_by_test_id("export-form")
        await form.locator("[name=by]").select_option("urgency")
        await form.locator("[name=form]").select_option(kind)
        world.clock.now += 30
        await form.get_by_label("Código").fill(world.code("sofia"))
        async with page.expect_download() as coming:
            await form.get_by_role("button").click()
        file = tmp_path / f"figures.{kind}"
        await (await coming.value).save_as(file)
        assert harmless(file) > 10
    exports = [act for _, act, _ in await world.acts() if "export" in act]
    assert len(exports) == 2
    await page.get_by_test_id("logout").click()
    await expect(page.get_by_test_id("login-form")).to_be_visible()
    assert [
        line for line in complaints if "AudioContext" not in line
    ] == []  # nobody has clicked when it sounds


def harmless(file: Path) -> int:
    """How many cells a file holds, none of which a spreadsheet takes for a formula."""
    if file.suffix == ".xlsx":
        with zipfile.ZipFile(file) as parts:
            (sheet,) = [name for name in parts.namelist() if name.startswith("xl/worksheets/")]
            text = parts.read(sheet).decode()
        assert "<f>" not in text
        assert "<f " not in text
        return text.count("<c ")
    cells = [cell for row in csv.reader(file.read_text(encoding="utf-8-sig").splitlines()) for cell in row]
    assert not [cell for cell in cells if cell.startswith(BEGINS_A_FORMULA)]
    return len(cells)
