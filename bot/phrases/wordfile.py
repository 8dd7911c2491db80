"""Lists of words in a file that people write too (``Q07.yes: [nada, muy poco]``): one word in, or out again.

Pure. Promises that comments, order and every other word stay as they are, and that whatever would not read back as
exactly that one change is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

import yaml

BARE = re.compile(r"[a-z][a-zà-ÿ]*(?: [a-zà-ÿ]+)*")
RESERVED = frozenset({"yes", "no", "on", "off", "true", "false", "null", "y", "n", "si", "~"})


class WordError(Exception):
    """The file cannot be changed like this: it is no file of lists, or the list is written in another way."""


def read(source: str) -> dict[str, list[str]]:
    """List → words, each a string; raises ``WordError``."""
    try:
        data = yaml.load(source, Loader=yaml.CBaseLoader) or {}  # noqa: S506 - it makes strings only: "no" is a word
    except yaml.YAMLError:
        raise WordError("not YAML") from None
    if not isinstance(data, dict) or not all(_words(found) for found in data.values()):
        raise WordError("not lists of words")
    return data


def _words(found: object) -> bool:
    return isinstance(found, list) and all(isinstance(word, str) for word in found)


def added(source: str, name: str, word: str) -> str:
    """The file with one word more, at the end of its list; a list that is not there is begun at the end."""
    before = read(source)
    found = _list(name).search(source)
    if found is None:
        made = f"{source.rstrip()}\n{name}: [{_token(word)}]\n".lstrip("\n")
    else:
        inner = found["inner"].rstrip()
        joint = ", " if inner.strip() else ""
        made = f"{source[: found.start('inner')]}{inner}{joint}{_token(word)}{source[found.end('inner') :]}"
    return _proved(made, {**before, name: [*before.get(name, []), word]})


def removed(source: str, name: str, word: str) -> str:
    """The file without that word; an empty list stays."""
    before = read(source)
    found = _list(name).search(source)
    if found is None or word not in before.get(name, []):
        raise WordError("not there")
    inner, token = found["inner"], re.escape(_token(word))
    kept = re.sub(rf",\s*{token}(?=\s*(?:,|$))", "", inner, count=1)
    if kept == inner:
        kept = re.sub(rf"^\s*{token}\s*(?:,\s*|$)", "", inner, count=1)
    rest = list(before[name])
    rest.remove(word)
    made = source[: found.start("inner")] + kept + source[found.end("inner") :]
    return _proved(made, {**before, name: rest})


def _list(name: str) -> re.Pattern[str]:
    quoted = re.escape(name)
    return re.compile(rf"^(?:{quoted}|\"{quoted}\"): \[(?P<inner>[^\]]*)\]", re.MULTILINE)


def _token(word: str) -> str:
    bare = BARE.fullmatch(word) and word not in RESERVED
    return word if bare else json.dumps(word, ensure_ascii=False)


def _proved(made: str, wanted: Mapping[str, list[str]]) -> str:
    if read(made) != wanted:
        raise WordError("would not read back as it was meant")
    return made
