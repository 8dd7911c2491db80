"""Updates that fit the Bot API's own description, made by Hypothesis: every kind, every type, every field.

The strategies are built once from the specification. (hypothesis-jsonschema works its schemas out anew for every
update: a tenth of a second each, fifty times what Faro needs to take it.)
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from tests.peers.telegram import definitions

DEEPEST = 5
MOST_OPTIONAL = 4  # of one object; a Message has a hundred
TRIED = {  # what the bot reads of a message, so that most updates get beyond the first look
    "Update": ("message", "edited_message", "callback_query", "my_chat_member"),
    "Message": ("from", "text", "caption", "voice", "location", "venue", "contact", "photo", "sticker"),
    "CallbackQuery": ("message", "data"),
}
LONGEST = 256
PLAIN: dict[str, st.SearchStrategy[Any]] = {
    "integer": st.one_of(st.integers(1, 2**31 - 1), st.integers()),  # the second: dates that no calendar has
    "number": st.floats(allow_nan=False, allow_infinity=False),
    "boolean": st.booleans(),
}


def updates() -> st.SearchStrategy[dict[str, Any]]:
    """An Update with at most a few of its kinds, half of them from what the bot reads."""
    return st.one_of(_type("Update", 0, tried=True), _type("Update", 0, tried=False))


@functools.cache
def _type(name: str, depth: int, *, tried: bool) -> st.SearchStrategy[Any]:
    schema = definitions()[name]
    if "anyOf" in schema:
        return _any(schema["anyOf"], depth, tried=tried)
    needed = schema["required"]
    spare = [key for key in (TRIED.get(name) if tried else None) or schema["properties"] if key not in needed]
    most = 0 if depth >= DEEPEST else min(MOST_OPTIONAL, len(spare))
    chosen = st.lists(st.sampled_from(spare), max_size=most, unique=True) if most else st.just([])

    @st.composite
    def made(draw: st.DrawFn) -> dict[str, Any]:
        return {key: draw(_field(name, key, depth, tried=tried)) for key in [*needed, *draw(chosen)]}

    return made()


@functools.cache
def _field(name: str, key: str, depth: int, *, tried: bool) -> st.SearchStrategy[Any]:
    """A field of a type, built when it is first wanted: types hold each other."""
    found = _of(definitions()[name]["properties"][key], depth + 1, tried=tried)
    return st.one_of(st.just("private"), found) if tried and (name, key) == ("Chat", "type") else found


def _any(schemas: Sequence[dict[str, Any]], depth: int, *, tried: bool) -> st.SearchStrategy[Any]:
    """One of them; deep down, a plain value where there is one."""
    plain = [one for one in schemas if depth >= DEEPEST and "type" in one and one["type"] != "array"]
    return st.one_of([_of(one, depth + 1, tried=tried) for one in plain or schemas])


def _of(schema: dict[str, Any], depth: int, *, tried: bool) -> st.SearchStrategy[Any]:
    """What fits one field's schema, of the shapes that ``definitions`` makes."""
    if "$ref" in schema:
        return _type(schema["$ref"].rsplit("/", 1)[1], depth, tried=tried)
    if "anyOf" in schema:
        return _any(schema["anyOf"], depth, tried=tried)
    if "const" in schema or "enum" in schema:
        return st.sampled_from(schema.get("enum") or [schema["const"]])
    if schema["type"] == "array":
        least = schema.get("minItems", 0)
        if depth >= DEEPEST and not least:
            return st.just([])
        return st.lists(_of(schema["items"], depth + 1, tried=tried), min_size=least, max_size=max(2, least))
    if schema["type"] == "string":
        return _words(
            schema.get("minLength", 0), schema.get("maxLength", schema.get("maxBytes", LONGEST) // 4)
        )
    if "maximum" in schema:
        return st.integers(schema["minimum"], schema["maximum"])
    return PLAIN[schema["type"]]


def _words(least: int, most: int) -> st.SearchStrategy[str]:
    """Any letters, lone surrogates too, which JSON can carry."""
    return st.text(st.characters(), min_size=least, max_size=min(most, LONGEST // 4))
