"""``make pictures``: docs/images/console/ anew, every page of the console as somebody of a fitting role sees it.

What is drawn by lot is drawn with one seed and the clock stands still, so that a picture changes when its page does.
"""

from __future__ import annotations

import asyncio
import random
import secrets
import tempfile
from pathlib import Path

import pyotp
from playwright.async_api import async_playwright

from bot.storage.database import Database, upgrade
from bot.vault import KeyRing, Vault
from tests.browser.house import FLAGS, TRIED, House, first_login, furnish, half_inside, served
from tests.browser.pages import UNFIT, addresses, may
from tests.conftest import CHROMIUM, ROOT
from tests.integration.console_support import World

FOLDER = ROOT / "docs/images/console"
SIZE = {"width": 1100, "height": 720}
PHONE = {"width": 360, "height": 720}
LOCALE = "es-PE"
NARROW = ("queue", "thread", "stats")  # also as a telephone shows them


def names(house: House) -> dict[str, tuple[str, str]]:
    """Picture → who looks, and at which address. The first role that may look at a page is who looks."""
    known = {"case": house.held, "locale": "es", "key": "ask.Q07", "drill": house.drill}
    found = {
        "case-waiting": ("ana", f"/console/cases/{house.waiting}"),
        "trial": ("eva", f"/console/texts/es/{TRIED[-1]}"),
    }
    for rule, template, path in addresses(known, UNFIT):
        name = template.removeprefix("/console").strip("/").replace("{", "").replace("}", "") or "queue"
        name = name.removeprefix("cases/case/").replace("cases/case", "case").replace("/", "-")
        name = {"texts-locale-key": "text", "training-drill": "drill"}.get(name, name)
        who = next((login for login, member in house.cast.items() if may(member.role, rule)), "")
        found[name] = (who, path)
    return found


async def main() -> None:
    """Draw them all."""
    chance = random.Random(7)
    secrets.choice = chance.choice  # aliases and codenames stay the same from one drawing to the next
    pyotp.random_base32 = lambda: "".join(chance.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", k=32))
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob("*.png"):
        old.unlink()
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'faro.db'}"
        await upgrade(url)
        world = World(Database(url), Vault(KeyRing.create(Path(folder) / "keys.json")))
        house = await furnish(world)
        async with async_playwright() as play, served(world) as address:
            chromium = await play.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
            for name, (who, path) in names(house).items():
                for size, ending in ((SIZE, ""), *([(PHONE, "-phone")] if name in NARROW else [])):
                    window = await chromium.new_context(base_url=address, locale=LOCALE, viewport=size)
                    if who:
                        await window.add_cookies([await house.cookie(who, address)])
                    page = await window.new_page()
                    await page.goto(path)
                    await page.screenshot(path=FOLDER / f"{name}{ending}.png")
                    await window.close()
            window = await chromium.new_context(base_url=address, locale=LOCALE, viewport=SIZE)
            await window.add_cookies([await half_inside(world, "ana", address)])
            page = await window.new_page()
            await page.goto("/console/login/code")
            await page.screenshot(path=FOLDER / "login-code.png")
            window = await chromium.new_context(base_url=address, locale=LOCALE, viewport=SIZE)
            page = await window.new_page()

            async def drawn(name: str) -> None:
                await page.screenshot(path=FOLDER / f"login-{name}.png", full_page=True)

            await first_login(world, address, page, drawn)
            await chromium.close()
        await world.db.close()


if __name__ == "__main__":
    asyncio.run(main())
