"""What a person sent → what the dialogue takes: a choice by tap, number or word, an event, or a text for the model.

Pure. Whatever fits nothing that was offered is text; nothing is guessed here.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

from bot import choices
from bot.draft import Draft
from bot.screening import age

NO_ANSWERS = ("fillers", "own_word")  # lists of words that answer nothing
AGE, OWN_WORD, REGION = "P2", "W2_own", "W3"
NEAR = {"callao": "lima"}  # departments that the question names together
# What no person says: a command with no meaning here, JSON, HTML, a bare link. Its letters must not be read as words.
_COMMAND = r"/(?!(?:start|help|ayuda|idioma|salir|borrar|persona)\b)\w+(?:@\w+)?\s*(?:\{.*)?$"
_DATA, _TAG, _LINK = r"[{\[]\s*[\"'{\[]", r"<[!/a-z]", r"(?:https?://|www\.)\S+\s*$"
CODE = re.compile(rf"\s*(?:{_COMMAND}|{_DATA}|{_TAG}|{_LINK})", re.IGNORECASE | re.DOTALL)
LONGEST_HEAD, LONGEST_TAIL = 8_000, 4_000  # characters for the model; the rules of safety read more
EVENT_KINDS = frozenset({"voice", "image", "sticker", "location", "contact", "unsupported"})


@dataclasses.dataclass(frozen=True, slots=True)
class Message:
    """One inbound message, opened from the store."""

    id: str
    kind: str
    text: str
    choice_id: str
    received_at: float
    department: str = ""
    edited: bool = False


def taken(draft: Draft, first: Message, text: str, words: Mapping[str, frozenset[str]]) -> dict[str, Any]:
    """The message as the dialogue takes it: a structured choice, an event, or text for the model."""
    if (
        first.edited
    ):  # the question that it answered may be long past: it must not answer the one that is open now
        return {"kind": "event", "event": "edited"}
    if (place := region(draft, first)) is not None:
        return {"kind": "choice", "choice": {**place["value"], "source": "word"}}
    if first.kind in EVENT_KINDS and not text.strip():
        return {"kind": "event", "event": first.kind}
    if first.choice_id and first.choice_id in draft.shown.issued:
        return {"kind": "choice", "choice": {**draft.shown.issued[first.choice_id], "source": "button"}}
    if (told := _age(draft, text)) is not None:
        return {"kind": "choice", "choice": {**told, "source": "word"}}
    found = choices.match(text, draft.shown.last, words, multi=draft.shown.multi)
    if found is None:
        found = _told(draft, text, words)
    if found is not None:
        return {"kind": "choice", "choice": {**found[0], "source": found[1]}}
    if not text.strip():
        return {"kind": "event", "event": "unsupported"}
    if _answers(text, words) and any(choice["value"].get("q") == OWN_WORD for choice in draft.shown.last):
        return {"kind": "event", "event": "unfit_word"}
    return {"kind": "text", "text": "" if CODE.match(text) else for_model(text)}


def _told(
    draft: Draft, text: str, words: Mapping[str, frozenset[str]]
) -> tuple[Mapping[str, Any], str] | None:
    """What may be named though it is not shown: by words only, as the numbers are of what is."""
    named = draft.shown.named
    found = choices.match(text, named.get("choices", ()), words, multi=bool(named.get("multi")))
    return found if found and found[1] == "word" else None


def region(draft: Draft, first: Message) -> Mapping[str, Any] | None:
    """The choice that a place answers, where the open question is in which department the person is."""
    if first.kind != "location" or not first.department:
        return None
    offered = {c["value"].get("v"): c for c in draft.shown.last if c["value"].get("q") == REGION}
    return offered.get(NEAR.get(first.department, first.department)) or offered.get("other")


def _answers(text: str, words: Mapping[str, frozenset[str]]) -> bool:
    """Whether this is a number or a short answer: as a word of one's own it would close the chat at every answer."""
    word = choices.fold(text)
    return word.isdigit() or any(word in found for name, found in words.items() if name not in NO_ANSWERS)


def for_model(text: str) -> str:
    """What the model reads. It has no sense of numbers: to it, "15 minutos" were somebody of 15."""
    return age.without_spans(bounded(text))


def bounded(text: str) -> str:
    """The beginning and the end of what is longer than anybody reads."""
    if len(text) <= LONGEST_HEAD + LONGEST_TAIL:
        return text
    return f"{text[:LONGEST_HEAD]}\n{text[-LONGEST_TAIL:]}"


def _age(draft: Draft, text: str) -> dict[str, Any] | None:
    """An age, or that it is the legal one, answers the question for it."""
    band = age.band(text)
    offered = [choice["value"] for choice in draft.shown.last if choice["value"].get("q") == AGE]
    return next((value for value in offered if value.get("v") == band), None) if band else None
