"""``faro staff``: who may log in at the console."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import pyotp
import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import config
from bot.console import accounts
from bot.storage.database import Database
from bot.vault import KeyRing, Vault

app = typer.Typer(no_args_is_help=True, help="Staff accounts: add, list, disable, reset.")

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
FirstLogin = Annotated[
    bool,
    typer.Option(
        "--first-login",
        help="Only a one-time password: the person chooses their own and sets up the authenticator with it.",
    ),
]


@app.command()
def add(
    login: str,
    role: Annotated[str, typer.Option(help="responder, supervisor, editor or admin")],
    first_login: FirstLogin = False,
    as_json: Json = False,
) -> None:
    """Make an account; password, secret and recovery codes are shown once and kept nowhere."""
    made = _with_store(
        lambda conn, vault: accounts.create_staff(
            conn, vault, login, role, time.time(), first_login=first_login
        )
    )
    _show(made, as_json)


@app.command()
def reset(login: str, first_login: FirstLogin = False, as_json: Json = False) -> None:
    """New password, secret and recovery codes; every session of the account ends."""
    made = _with_store(
        lambda conn, vault: accounts.reset_staff(conn, vault, login, time.time(), first_login=first_login)
    )
    _show(made, as_json)


@app.command()
def disable(login: str) -> None:
    """The account can no longer log in, and is out at once."""
    _with_store(lambda conn, vault: accounts.disable_staff(conn, vault, login, time.time()))
    print(f"{login} can no longer log in.")


@app.command("list")
def list_(as_json: Json = False) -> None:
    """Logins, roles, and whether they are disabled."""
    rows = _with_store(lambda conn, _: accounts.list_staff(conn))
    for row in rows:
        print(
            json.dumps(row)
            if as_json
            else f"{row['login']:24} {row['role']:12} {'disabled' if row['disabled'] else ''}"
        )


def _show(made: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(made))
        return
    if "until" in made:
        print(f"login              {made['login']}\none-time password  {made['password']}")
        print(f"\nShown once, and good for one first login at /console until {made['until']}.")
        return
    uri = pyotp.TOTP(made["totp_secret"]).provisioning_uri(name=made["login"], issuer_name="Faro")
    print(f"login           {made['login']}\npassword        {made['password']}")
    print(f"authenticator   {made['totp_secret']}\n                {uri}")
    print("recovery codes  " + "\n                ".join(made["recovery_codes"]))
    print("\nShown once. Put the authenticator secret into any one-time-code app.")


def _with_store(act: Callable[[AsyncConnection, Vault], Awaitable[Any]]) -> Any:
    settings = config.load()
    vault = Vault(KeyRing.load(settings.keys_file))

    async def run() -> Any:
        db = Database(settings.database_url)
        try:
            async with db.write() as conn:
                return await act(conn, vault)
        finally:
            await db.close()

    try:
        return asyncio.run(run())
    except accounts.AccountError as error:
        raise config.UnsafeSettingsError(str(error)) from None
