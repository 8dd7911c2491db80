"""The examples that editors added, as a file of Rasa's form beside the others; and what the others hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import yaml

from bot.choices import fold

NAME = "console.yml"
HEAD = """version: "3.1"
# Examples that editors added in the console, after their effect on the development set was seen. Whoever edits this
# file by hand: the next publication keeps what stands here, one line for each example, no comments below.
nlu:
"""


def file(project: Path) -> Path:
    """Where they stand; ``data/nlu`` is what the model learns from."""
    return project / "data" / "nlu" / NAME


def read(source: str) -> list[tuple[str, str]]:
    """``(intent, text)`` of a file; raises ``ValueError`` for another form."""
    try:
        blocks = yaml.load(source, Loader=yaml.CSafeLoader)["nlu"] or []
        return [(str(b["intent"]), line) for b in blocks for line in _lines(str(b["examples"]))]
    except (yaml.YAMLError, KeyError, TypeError) as error:
        raise ValueError(f"not a file of examples ({type(error).__name__})") from None


def _lines(block: str) -> Iterator[str]:
    return (line.removeprefix("- ").strip() for line in block.splitlines() if line.strip())


def written(examples: Iterable[tuple[str, str]]) -> str:
    """The file that holds these, by intent."""
    by_intent: dict[str, list[str]] = {}
    for intent, text in examples:
        by_intent.setdefault(intent, []).append(text)
    if not by_intent:
        return ""
    blocks = [
        f"- intent: {intent}\n  examples: |\n" + "".join(f"    - {text}\n" for text in texts)
        for intent, texts in sorted(by_intent.items())
    ]
    return HEAD + "".join(blocks)


def known(folder: Path) -> Mapping[str, str]:
    """Folded text → intent, of every file of a folder; what cannot be read is for the training to complain about."""
    found: dict[str, str] = {}
    for path in sorted(folder.glob("*.yml")):
        found.update({fold(text): intent for intent, text in lines(path)})
    return found


def lines(path: Path) -> list[tuple[str, str]]:
    """``(intent, text)`` of one file."""
    return read(path.read_text(encoding="utf-8"))


def labelled(project: Path) -> list[tuple[str, str]]:
    """The development set: what people labelled, and no model learns from."""
    return [one for path in sorted((project / "data" / "dev").glob("*.yml")) for one in lines(path)]


def intents(project: Path) -> list[str]:
    """The intents there are."""
    data = yaml.safe_load((project / "domain.yml").read_text(encoding="utf-8"))
    return [str(name) for name in data["intents"]]
