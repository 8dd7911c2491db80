"""``faro telegram setup``: how the bot presents itself and where Telegram calls it."""

from __future__ import annotations

import asyncio

import typer

from bot import config
from bot.commands.common import tell
from bot.config import Settings, UnsafeSettingsError
from bot.phrasing import FALLBACK, Catalogues
from connectors.base import SendError
from connectors.telegram import Telegram
from connectors.telegram_setup import Profile

COMMANDS = ("ayuda", "idioma", "salir", "borrar")
TWO_LETTERS = 2  # Telegram knows languages by two letters only

app = typer.Typer(no_args_is_help=True, help="The bot on Telegram.")


@app.callback()
def _group() -> None:
    """More may follow."""


@app.command()
def setup() -> None:
    """Set webhook, secret, allowed updates, commands, name and description; says what it changed. Repeatable."""
    settings = config.load()
    if not settings.telegram:
        raise UnsafeSettingsError("FARO_TELEGRAM_TOKEN is not set: there is no bot to set up.")
    try:
        changed = asyncio.run(_set_up(settings))
    except SendError as error:
        raise UnsafeSettingsError(f"Telegram did not take it ({error.code}): try again later.") from None
    for what in changed:
        tell(f"changed: {what}")
    if not changed:
        tell("nothing to change")


async def _set_up(settings: Settings) -> list[str]:
    channel = Telegram(
        settings.telegram_token.get_secret_value(),
        settings.telegram_secret.get_secret_value(),
        settings.telegram_api_url or None,
        settings.public_url or None,
    )
    try:
        return await channel.set_up(profiles(Catalogues(settings.locales, home=settings.home)))
    finally:
        await channel.close()


def profiles(catalogues: Catalogues) -> dict[str, Profile]:
    """What the bot says of itself by language; the fallback language also speaks to all others."""
    own = [name for name in catalogues.locales if len(name) == TWO_LETTERS and name != FALLBACK]
    return {"": _profile(catalogues, FALLBACK)} | {name: _profile(catalogues, name) for name in own}


def _profile(catalogues: Catalogues, locale: str) -> Profile:
    return Profile(
        name=catalogues.text("telegram.name", locale),
        about=catalogues.text("telegram.about", locale),
        description=catalogues.text("telegram.description", locale),
        commands=tuple((name, catalogues.text(f"telegram.command.{name}", locale)) for name in COMMANDS),
    )
