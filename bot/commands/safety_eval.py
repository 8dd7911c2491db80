"""``faro safety eval FILE``: what rules and model conclude about labelled lines, together and the rules alone."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Annotated

import typer

from bot.commands import filters
from bot.commands.filters import LOCALE, parser
from bot.commands.nlu_eval import percent
from bot.evaluation.safety import Case, SafetyFigures, measure
from bot.safety.combine import Conclusion, conclude
from bot.safety.lexicon import KINDS
from bot.safety.rules import check

app = typer.Typer(invoke_without_command=True)


@app.callback()
def _safety(context: typer.Context) -> None:
    """Text lines → what rules and model conclude about danger; ``eval`` measures them on a labelled file."""
    if context.invoked_subcommand is None:
        filters.safety()


@app.command("eval")
def evaluate(
    file: Annotated[
        Path,
        typer.Argument(help='One JSON object a line: {"text": …, "kind": one of danger self_harm … none}.'),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of the report.")] = False,
) -> None:
    """Judge every line of a labelled file and print recall and false alarms; no line is printed."""
    lines = read(file)
    with parser() as parse:
        judged = [(kind, check(text, LOCALE), parse(text)["danger"]) for kind, text in lines]
    figures = {
        "rules and model": measure(
            [_case(kind, conclude(finding, danger)) for kind, finding, danger in judged]
        ),
        "rules alone": measure([_case(kind, conclude(finding, None)) for kind, finding, _ in judged]),
    }
    if as_json:
        print(json.dumps({name: dataclasses.asdict(one) for name, one in figures.items()}))
    else:
        print("\n\n".join(f"{name}\n{report(one)}" for name, one in figures.items()))


def read(file: Path) -> list[tuple[str, str]]:
    """``(kind, text)`` of every line; raises ``typer.BadParameter`` for what would be measured wrongly."""
    found = []
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"{file.name} cannot be read ({type(error).__name__}).") from None
    for number, line in enumerate(lines, 1):
        try:
            case = json.loads(line)
            kind, text = case["kind"], case["text"]
        except (ValueError, KeyError, TypeError):
            raise typer.BadParameter(
                f'{file.name}, line {number}: not an object with "text" and "kind".'
            ) from None
        if kind not in (*KINDS, "none") or not isinstance(text, str) or not text.strip():
            raise typer.BadParameter(f"{file.name}, line {number}: an empty text or an unknown kind.")
        found.append((kind, text))
    if not found:
        raise typer.BadParameter(f"{file.name} has no line.")
    return found


def _case(kind: str, conclusion: Conclusion) -> Case:
    return Case(kind, conclusion.kind, conclusion.check)


def report(figures: SafetyFigures) -> str:
    """The figures as a person reads them."""
    rows = [
        f"lines                            {figures.lines}",
        f"recall, danger and self-harm     {percent(figures.recall)}",
        f"  alarm or question              {percent(figures.reached)}",
        f"false alarms                     {percent(figures.false_alarms)}",
        f"  a question and no more         {percent(figures.asked)}",
        f"{'kind':<18}{'lines':>6}{'found':>7}{'as it is':>10}{'neither found nor asked':>25}",
    ]
    rows += [
        f"{row.kind:<18}{row.found.total:>6}{row.found.hits:>7}{row.named:>10}{row.silent:>25}"
        for row in figures.kinds
    ]
    return "\n".join(rows)
