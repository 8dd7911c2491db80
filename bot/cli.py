"""The ``faro`` command. Each command is a short function that calls the room where the work is done.

Only the room that is asked for is opened: all of them together take seconds to load.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group

from bot import logs

# Command → where it stands: a function, or commands of its own.
COMMANDS: Mapping[str, str] = {
    "run": "bot.commands.operate:run",
    "serve": "bot.commands.operate:serve",
    "worker": "bot.commands.worker:worker",
    "train": "bot.commands.operate:train",
    "migrate": "bot.commands.operate:migrate",
    "purge": "bot.commands.operate:purge",
    "erase": "bot.commands.erase:erase",
    "backup": "bot.commands.copies:backup",
    "restore": "bot.commands.copies:restore",
    "export": "bot.commands.export:export",
    "bench": "bot.commands.operate:bench",
    "render": "bot.commands.render:render",
    "redact": "bot.commands.filters:redact",
    "assess": "bot.commands.filters:assess",
    "chat": "bot.commands.chat:chat",
    "keys": "bot.commands.keys:app",
    "staff": "bot.commands.staff:app",
    "alerts": "bot.commands.alerts:app",
    "locales": "bot.commands.exchange:app",
    "telegram": "bot.commands.telegram:app",
    "instrument": "bot.commands.instrument:app",
    "referrals": "bot.commands.referrals:app",
    "audit": "bot.commands.operate:audit_app",
    "nlu": "bot.commands.nlu_eval:app",
    "safety": "bot.commands.safety_eval:app",
}
REFUSALS = (  # what an operator can mend
    "bot.config:UnsafeSettingsError",
    "bot.vault:VaultError",
    "bot.storage.database:SchemaError",
    "bot.backup:BackupError",
    "bot.rasa:RasaUnavailable",
    "bot.screening.rows:InstrumentError",
    "bot.referrals:ReferralError",
)


def _found(place: str) -> Any:
    module, _, name = place.partition(":")
    return getattr(importlib.import_module(module), name)


class Rooms(TyperGroup):
    """The commands of the table, each loaded when it is named; all of them for the list of what there is."""

    def list_commands(self, ctx: Any) -> list[str]:
        return [*super().list_commands(ctx), *COMMANDS]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return super().get_command(ctx, cmd_name)
        found = _found(COMMANDS[cmd_name])
        if isinstance(found, typer.Typer):
            command: Any = get_group(found)
        else:
            alone = typer.Typer(add_completion=False)
            alone.command()(found)
            command = get_command(alone)
        command.name = cmd_name
        return command


app = typer.Typer(
    cls=Rooms,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Faro: self-screening over WhatsApp and Telegram, with hand-off to people.",
)


@app.callback()
def _settle(debug: Annotated[bool, typer.Option(help="More log lines; still no text.")] = False) -> None:
    logs.configure(debug=debug)


def main() -> None:
    """Run the command; an error that an operator can mend is one sentence, not a trace."""
    try:
        app()
    except Exception as error:
        if not isinstance(error, tuple(_found(place) for place in REFUSALS)):
            raise
        print(f"faro: {error}", file=sys.stderr)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
