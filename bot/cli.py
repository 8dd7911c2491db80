"""The ``faro`` command. Each command is a short function that calls the room where the work is done."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from bot import logs
from bot.backup import BackupError
from bot.commands import (
    alerts,
    chat,
    copies,
    erase,
    exchange,
    export,
    filters,
    instrument,
    keys,
    locales,
    nlu_eval,
    operate,
    referrals,
    render,
    safety_eval,
    staff,
    telegram,
    worker,
)
from bot.config import UnsafeSettingsError
from bot.rasa import RasaUnavailable
from bot.referrals import ReferralError
from bot.screening.rows import InstrumentError
from bot.storage.database import SchemaError
from bot.vault import VaultError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Faro: self-screening over WhatsApp and Telegram, with hand-off to people.",
)
nlu_app = typer.Typer(invoke_without_command=True)
safety_app = typer.Typer(invoke_without_command=True)


@nlu_app.callback()
def _nlu(context: typer.Context) -> None:
    """Text lines → intent, confidence, ranking and further intents; ``eval`` measures them on a labelled set."""
    if context.invoked_subcommand is None:
        filters.nlu()


@safety_app.callback()
def _safety(context: typer.Context) -> None:
    """Text lines → what rules and model conclude about danger; ``eval`` measures them on a labelled file."""
    if context.invoked_subcommand is None:
        filters.safety()


nlu_app.command("eval")(nlu_eval.evaluate)
safety_app.command("eval")(safety_eval.evaluate)
app.add_typer(keys.app, name="keys")
app.add_typer(staff.app, name="staff")
app.add_typer(alerts.app, name="alerts")
locales.app.command("export")(exchange.export)
locales.app.command("import")(exchange.bring)
app.add_typer(locales.app, name="locales")
app.add_typer(telegram.app, name="telegram")
app.add_typer(instrument.app, name="instrument")
app.add_typer(referrals.app, name="referrals")
app.add_typer(operate.audit_app, name="audit")

app.command()(operate.run)
app.command()(operate.serve)
app.command()(worker.worker)
app.command()(operate.train)
app.command()(operate.migrate)
app.command()(operate.purge)
app.command()(erase.erase)
app.command()(copies.backup)
app.command()(copies.restore)
app.command()(export.export)
app.command()(operate.bench)
app.command()(render.render)
app.add_typer(nlu_app, name="nlu")
app.add_typer(safety_app, name="safety")
app.command()(filters.redact)
app.command()(filters.assess)
app.command()(chat.chat)


REFUSALS = (
    UnsafeSettingsError,
    VaultError,
    SchemaError,
    BackupError,
    RasaUnavailable,
    InstrumentError,
    ReferralError,
)


@app.callback()
def _settle(debug: Annotated[bool, typer.Option(help="More log lines; still no text.")] = False) -> None:
    logs.configure(debug=debug)


def main() -> None:
    """Run the command; an error that an operator can mend is one sentence, not a trace."""
    try:
        app()
    except REFUSALS as error:
        print(f"faro: {error}", file=sys.stderr)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
