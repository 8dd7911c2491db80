"""The files that the models learn from, read strictly: ``data/nlu`` by intent, ``data/safety`` by kind of danger.

Stage: training. Promise: every line once, in the order of the files; what is unsound is a ``ValueError`` that names
file and place. Must not: change a text.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

KINDS = ("danger", "self_harm", "medical", "child", "sexual_violence")
NONE = "none"
BULLET = "- "


def examples(path: Path) -> Iterator[tuple[str, str]]:
    """``(intent, text)`` of a file of Rasa's form that holds plain examples and nothing else."""
    data = _mapping(path)
    if set(data) - {"version", "nlu"} or not isinstance(data.get("nlu"), list):
        raise ValueError(f"{path.name}: only `version` and a list `nlu` may stand in a file of examples")
    for block in data["nlu"]:
        if not isinstance(block, dict) or set(block) != {"intent", "examples"}:
            raise ValueError(
                f"{path.name}: each entry of `nlu` has an `intent` and `examples`, and nothing else"
            )
        for text in _bullets(block["examples"], f"{path.name}, {block['intent']}"):
            yield block["intent"], text


def dangers(folder: Path) -> Iterator[tuple[str, str]]:
    """``(text, kind or none)`` of every file of the folder."""
    for path in sorted(folder.glob("*.yml")):
        data = _mapping(path)
        if set(data) != {"kind", "examples"} or data["kind"] not in (*KINDS, NONE):
            raise ValueError(
                f"{path.name}: a `kind` ({', '.join((*KINDS, NONE))}) and `examples`, nothing else"
            )
        for text in _bullets(data["examples"], path.name):
            yield text, data["kind"]


def _mapping(path: Path) -> dict[str, Any]:
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        place = getattr(error, "problem_mark", None)
        raise ValueError(f"{path.name}: not YAML, line {place.line + 1 if place else '?'}") from None
    if not isinstance(data, dict):
        raise ValueError(f"{path.name}: not a mapping")  # noqa: TRY004  # the file is wrong, not the call
    return data


def _bullets(block: object, where: str) -> Iterator[str]:
    for line in str(block).splitlines():
        text = line.removeprefix(BULLET).strip()
        if not line.startswith(BULLET) or not text:
            raise ValueError(f"{where}: every example is a line that begins with '- '")
        yield text
