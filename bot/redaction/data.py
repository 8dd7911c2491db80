"""The word lists of redaction, read once."""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "words"


@functools.cache
def load(name: str) -> Mapping[str, Any]:
    """A list file by its name; raises ``FileNotFoundError`` when there is none."""
    text = (FOLDER / f"{name}.yml").read_text(encoding="utf-8")
    data: Mapping[str, Any] = yaml.safe_load(text)
    return data


@functools.cache
def words(name: str, key: str) -> frozenset[str]:
    """The words of one list, folded. A list may be one string of words parted by spaces."""
    listed = load(name)[key]
    return frozenset(map(fold, listed.split() if isinstance(listed, str) else map(str, listed)))


def fold(word: str) -> str:
    """Lower case, no accents: as the words of a view."""
    decomposed = unicodedata.normalize("NFKD", word).casefold()
    return "".join(c for c in decomposed if unicodedata.category(c) != "Mn")
