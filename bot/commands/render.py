"""``faro render``: every text in every language on every channel, or what does not fit there."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot import config
from bot.commands.common import tell
from bot.phrasing import Catalogues
from bot.rendering import prove
from connectors import sms, telegram, whatsapp

CHANNELS = {"whatsapp": whatsapp.LIMITS, "telegram": telegram.LIMITS, "sms": sms.LIMITS}


def render(
    folder: Annotated[Path | None, typer.Option(help="The catalogues; without it FARO_LOCALES.")] = None,
) -> None:
    """Render every message in every language on every channel; exit 1 when one of them does not fit."""
    proof = prove(Catalogues(folder or config.load().locales), CHANNELS)
    for fault in proof.faults:
        tell(f"{fault.key} ({fault.locale}, {fault.channel}): {fault.what}")
    tell(f"{proof.rendered} rendered, {len(proof.faults)} do not fit")
    raise typer.Exit(1 if proof.faults else 0)
