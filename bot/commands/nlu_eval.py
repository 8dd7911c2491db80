"""``faro nlu eval``: what the trained model makes of lines that it has never seen."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
import yaml

from bot.commands import filters
from bot.commands.filters import Parse, parser
from bot.evaluation.statistics import Share
from bot.evaluation.understanding import Figures, Reading, Swaps, measure
from bot.rasa import PROJECT

DEV = PROJECT / "data" / "dev"
BULLET = "- "

app = typer.Typer(invoke_without_command=True)


@app.callback()
def _nlu(context: typer.Context) -> None:
    """Text lines → intent, confidence, ranking and further intents; ``eval`` measures them on a labelled set."""
    if context.invoked_subcommand is None:
        filters.nlu()


@app.command("eval")
def evaluate(
    data: Annotated[
        Path, typer.Option(help="A folder of Rasa NLU files that the model did not learn from.")
    ] = DEV,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of the report.")] = False,
) -> None:
    """Ask the model for every example of a folder and print how often it was right; no line is printed."""
    examples = read(data)
    with parser() as parse:
        parse(examples[0][1])  # the first parse after a start pays for what every later one finds ready
        figures = measure([ask(parse, intent, text) for intent, text in examples])
    print(json.dumps(dataclasses.asdict(figures), ensure_ascii=False) if as_json else report(figures))


def read(folder: Path) -> list[tuple[str, str]]:
    """``(intent, text)`` of every example; raises ``typer.BadParameter`` when there is none or a file is unsound."""
    examples = [example for path in sorted(folder.glob("*.yml")) for example in _examples(path)]
    if not examples:
        raise typer.BadParameter(f"no examples in {folder}: --data names a folder of Rasa NLU files (*.yml).")
    return examples


def _examples(path: Path) -> Iterator[tuple[str, str]]:
    try:
        blocks = yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]
        lines = [(str(block["intent"]), line) for block in blocks for line in block["examples"].splitlines()]
    except (yaml.YAMLError, UnicodeDecodeError, KeyError, TypeError, AttributeError) as error:
        raise typer.BadParameter(f"{path.name} is not a Rasa NLU file ({type(error).__name__}).") from None
    for intent, line in lines:
        text = line.removeprefix(BULLET).strip()
        if not line.startswith(BULLET) or not text:
            raise typer.BadParameter(f"{path.name}, {intent}: every example is a line that begins with '- '.")
        yield intent, text


def ask(parse: Parse, intent: str, text: str) -> Reading:
    """One line asked of the model: what it was given as, what it was found to be, and how long that took."""
    started = time.perf_counter()
    found = parse(text)
    spent = (time.perf_counter() - started) * 1000
    return Reading(intent, str(found["intent"]), float(found["confidence"]), spent)


def report(figures: Figures) -> str:
    """The figures as a person reads them."""
    rows = [
        f"lines                     {figures.lines}",
        f"accuracy                  {percent(figures.accuracy)}",
        f"macro-F1                  {figures.macro_f1:.3f}",
        f"the four answers          {percent(figures.answers)}",
        f"affirm<->deny swaps       {_swapped(figures.swaps)}",
        f"out_of_scope recall       {percent(figures.out_of_scope_recall)}",
        f"calibration error (ECE)   {figures.calibration_error:.3f}",
        f"parse p50 / p95           {figures.p50_ms:.1f} / {figures.p95_ms:.1f} ms, the HTTP call included",
        "",
        f"{'intent':<26}{'lines':>6}{'precision':>11}{'recall':>8}{'F1':>7}",
    ]
    rows += [
        f"{row.intent:<26}{row.lines:>6}{row.precision:>11.2f}{row.recall:>8.2f}{row.f1:>7.2f}"
        for row in figures.intents
    ]
    rows += ["", "most frequent confusions (intent -> found)"]
    rows += [f"{row.lines:>4}  {row.intent} -> {row.found}" for row in figures.confusions]
    return "\n".join(rows)


def percent(part: Share | None) -> str:
    """A share with its counts and its interval."""
    if part is None:
        return "no such line in the set"
    interval = f"95 % {part.low:.1%} to {part.high:.1%}"
    return f"{part.value:.1%} ({part.hits} of {part.total}; {interval})"


def _swapped(swaps: Swaps | None) -> str:
    if swaps is None:
        return "no such line in the set"
    return f"{swaps.hits} of {swaps.total} (95 % upper bound {swaps.bound:.1%})"
