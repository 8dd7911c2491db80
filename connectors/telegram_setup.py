"""What people see of a bot before they write: its name, what it says of itself, its commands; and its webhook.

Promises: sets only what differs and says what it set, so that it may be run again and again. Must not: log or
return the address, the secret or the token.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from telegram import Bot, BotCommand


@dataclasses.dataclass(frozen=True, slots=True)
class Profile:
    """What the bot says of itself in one language. Telegram: name 64, about 120, description 512, command 256."""

    name: str
    about: str
    description: str
    commands: tuple[tuple[str, str], ...]


async def present(bot: Bot, profiles: Mapping[str, Profile]) -> list[str]:
    """Each language's profile (the key ``""`` is for all others); what was changed."""
    changed = []
    for language, wanted in profiles.items():
        code = language or None
        if (await bot.get_my_name(code)).name != wanted.name:
            await bot.set_my_name(wanted.name, code)
            changed.append(_named("name", language))
        if (await bot.get_my_short_description(code)).short_description != wanted.about:
            await bot.set_my_short_description(wanted.about, code)
            changed.append(_named("about", language))
        if (await bot.get_my_description(code)).description != wanted.description:
            await bot.set_my_description(wanted.description, code)
            changed.append(_named("description", language))
        commands = tuple((one.command, one.description) for one in await bot.get_my_commands(None, code))
        if commands != wanted.commands:
            await bot.set_my_commands([BotCommand(*one) for one in wanted.commands], None, code)
            changed.append(_named("commands", language))
    return changed


async def connect(bot: Bot, url: str, secret: str, allowed: Sequence[str]) -> list[str]:
    """Where Telegram calls us; without ``url`` nowhere, and updates are fetched. What was changed.

    The secret cannot be read back, so it is set each time.
    """
    now = await bot.get_webhook_info()
    if not url:
        if now.url:
            await bot.delete_webhook()
        return ["webhook"] if now.url else []
    await bot.set_webhook(url, secret_token=secret, allowed_updates=allowed)
    right = now.url == url and set(now.allowed_updates or ()) == set(allowed)
    return [] if right else ["webhook"]


def _named(what: str, language: str) -> str:
    return f"{what} ({language})" if language else what
