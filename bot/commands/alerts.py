"""``faro alerts``: where staff are told that a case waits, and whether it arrives there."""

from __future__ import annotations

import asyncio
import secrets
import sys
import time
from collections.abc import Callable
from typing import Annotated

import typer

from bot import audit, config
from bot.config import UnsafeSettingsError
from bot.console import accounts
from bot.handoff import devices as telling
from bot.phrasing import Catalogues
from bot.storage import alerts as store
from bot.storage import devices, staff
from bot.storage.database import Database
from bot.vault import KeyRing, Vault
from connectors.alerts import AlertAddressError, Alerts
from connectors.push import Push, contact_of

app = typer.Typer(no_args_is_help=True, help="Alerts to staff: set an address, test them all.")


@app.command("set")
def set_(
    login: str,
    remove: Annotated[bool, typer.Option("--remove", help="No alerts any more.")] = False,
) -> None:
    """Where this person gets alerts: Apprise addresses, read from standard input, so that no shell keeps them."""
    address = "" if remove else " ".join(sys.stdin.read().split())
    if not address and not remove:
        raise UnsafeSettingsError("Write the address on standard input, or say --remove.")
    try:
        Alerts().check(address.split())
    except AlertAddressError as error:
        raise UnsafeSettingsError(f"Not kept: {error}.") from None
    asyncio.run(_set(login.strip().lower(), address))
    print(f"{login} gets {'no alerts any more' if remove else 'alerts; try faro alerts test'}.")


async def _set(login: str, address: str) -> None:
    settings = config.load()
    vault, db = Vault(KeyRing.load(settings.keys_file)), Database(settings.database_url)
    try:
        async with db.write() as conn:
            member = await staff.by_login(conn, vault, login)
            if member is None:
                raise UnsafeSettingsError("There is no account with this login.")
            await store.set_address(conn, vault, member.id, address)
            await audit.append(conn, vault, accounts.OPERATOR, "staff.alert", member.id, time.time())
    finally:
        await db.close()


@app.command()
def test() -> None:
    """Send a line that says it is a test to every address and browser of the staff; exit 1 when one did not arrive."""
    arrived = asyncio.run(_test())
    for name, well in arrived:
        print(f"{name:24} {'arrived' if well else 'DID NOT ARRIVE'}")
    if not arrived:
        print("Nobody has an address: alerts reach open consoles only.")
    if not arrived or not all(well for _, well in arrived):
        raise typer.Exit(1)


async def _test() -> list[tuple[str, bool]]:
    settings = config.load()
    vault, db = Vault(KeyRing.load(settings.keys_file)), Database(settings.database_url)
    say, sender = Catalogues(settings.locales).text, Alerts()
    push = Push(vault.push, contact_of(settings.public_url), time.time) if vault.push else None
    arrived = []
    try:
        async with db.read() as conn:
            people = [one for one in await staff.everybody(conn, vault) if one.disabled_at is None]
            goals = {one.login: await store.goal_of(conn, vault, one.id) for one in people}
            browsers = [(one, await devices.of(conn, vault, one.id)) for one in people]
        goals["FARO_ALERTS"] = store.Goal(tuple(settings.alerts.get_secret_value().split()), "")
        for name, goal in goals.items():
            if goal.addresses:
                line = _line(say, goal.locale or settings.locale)
                arrived.append((name, await sender.send(goal.addresses, *line)))
        for one, found in browsers:
            if push is not None and found:
                title, body = _line(say, one.locale or settings.locale)
                words, topic = {"title": title, "body": body, "tag": "test"}, secrets.token_hex(16)
                took = await telling.tell(db, push, one.id, found, words, topic)
                arrived.append((f"{one.login} (push)", took))
    finally:
        await db.close()
    return arrived


def _line(say: Callable[[str, str], str], locale: str) -> tuple[str, str]:
    return say("console.alert.title", locale), say("console.alert.test", locale)
