"""Whether a word may join a list, a sign of danger its table, an example an intent: what speaks against it, in codes.

Promises: nothing is changed; an ``error`` keeps it out, a ``warning`` is for the editor to weigh. Whatever may lead
to a person is an error everywhere: what is added stands in files that everybody reads.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from bot import choices
from bot.redaction.strict import telling
from bot.safety import tables
from bot.safety.rules import check
from bot.wordlists import ANSWERS

LONGEST, LONGEST_EXAMPLE = 60, 200
PLAIN = re.compile(r"[a-zñ]+(?: [a-zñ]+)*")
MARKUP = re.compile(r"[\[\](){}|<>\n]")
Level = Literal["error", "warning"]


@dataclasses.dataclass(frozen=True, slots=True)
class Found:
    """One finding; ``code`` names its words in the catalogue, ``about`` what it is about."""

    level: Level
    code: str
    about: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Effect:
    """What a sign of danger changes on lines labelled by people: lines newly an alarm, newly asked about.

    ``false_*`` are lines without danger, as they are written; ``right`` counts those in danger that are now found.
    """

    false_alarms: tuple[str, ...]
    false_questions: tuple[str, ...]
    right: int


def word(text: str) -> list[Found]:
    """What speaks against a text, whatever list it is for."""
    plain = choices.fold(text)
    if not plain or len(plain) > LONGEST or '"' in text or "\n" in text or "]" in text:
        return [Found("error", "form")]
    return [Found("error", "telling")] if telling(text) else []


def answer(
    text: str,
    name: str,
    words: Mapping[str, frozenset[str]],
    offered: Sequence[Mapping[str, Any]],
    locale: str,
) -> list[Found]:
    """A word for an answer (``Q07.yes``, ``yes``). ``offered``: the question's choices with their titles, or none."""
    plain = choices.fold(text)
    found = [*word(text), *_closing(text, locale)]
    if plain in words.get(name, frozenset()):
        return [*found, Found("error", "known")]
    question, _, value = name.rpartition(".")
    for other, listed in sorted(words.items()):
        if plain in listed and other != name and (clash := _clash(question, value or name, other)):
            found.append(Found(clash, "other", other))
    if offered and not found:
        taken = {**words, name: words.get(name, frozenset()) | {plain}}
        meant = choices.match(text, offered, taken, multi=False)
        if meant is None or meant[0].get("v") != value:
            found.append(Found("error", "button", str(meant[0].get("v")) if meant else ""))
    return found


def _clash(question: str, value: str, other: str) -> Level | None:
    """Another answer to the same question cannot be meant too; one said anywhere can, and is worth a thought."""
    theirs, _, meant = other.rpartition(".")
    if other in ("exit", "unlock"):
        return "error"
    if question and theirs == question:
        return "error"
    if not question and not theirs and {value, other} <= set(ANSWERS):
        return "error"
    opposite = {value, meant} == {"yes", "no"}
    if question and not theirs:
        return "error" if opposite else "warning" if other in ANSWERS and other != value else None
    return "warning" if not question and opposite else None


def _closing(text: str, locale: str) -> list[Found]:
    finding = check(text, locale)
    if finding.word != "none":
        return [Found("error", "closes")]
    danger = finding.emergency or finding.check or finding.doubt
    return [Found("error", "danger")] if danger else []


def exit_word(
    text: str, words: Mapping[str, frozenset[str]], titles: Iterable[str], locale: str
) -> list[Found]:
    """A word that closes the chat: no answer to anything, on no button, not known already."""
    plain = choices.fold(text)
    found = word(text)
    if check(text, locale).word == "exit" or plain in words.get("exit", frozenset()):
        return [*found, Found("error", "known")]
    used = next((name for name, listed in sorted(words.items()) if plain in listed), "")
    if used:
        found.append(Found("error", "other", used))
    title = next((title for title in titles if choices.fold(title) == plain), "")
    return [*found, Found("error", "title", title)] if title else found


def sign(
    text: str, name: str, lines: Sequence[tuple[str, str]], locale: str
) -> tuple[list[Found], Effect | None]:
    """A sign of danger (``danger.ask``) anywhere in a message, tried on labelled ``(intent, text)``.

    A false alarm on a line that people called harmless is an error: a person is woken for each.
    """
    plain = choices.fold(text)
    found = word(text)
    if not found and not PLAIN.fullmatch(plain):
        found = [Found("error", "form")]
    if found:
        return found, None
    added = {name_: list(listed) for name_, listed in tables.additions(locale).items()}
    if any(plain in listed for listed in added.values()):
        return [Found("error", "known")], None
    added[name] = [*added.get(name, []), plain]
    effect = _effect(lines, locale, added)
    found += [Found("error", "false_alarm", line) for line in effect.false_alarms]
    found += [Found("warning", "false_question", line) for line in effect.false_questions]
    before = check(plain, locale)
    if before.emergency or (before.check and name.endswith(".ask")):
        found.append(Found("warning", "found_already"))
    return found, effect


def _effect(lines: Sequence[tuple[str, str]], locale: str, added: Mapping[str, Sequence[str]]) -> Effect:
    trying = {locale: tables.read(locale, added)}
    alarms: list[str] = []
    questions: list[str] = []
    right = 0
    for intent, text in lines:
        now, then = check(text, locale), check(text, locale, trying)
        grave = intent in ("emergency", "self_harm")
        louder = (then.emergency and not now.emergency) or (
            then.check and not now.check and not now.emergency
        )
        if louder and grave:
            right += 1
        elif louder:
            (alarms if then.emergency else questions).append(text)
    return Effect(tuple(alarms), tuple(questions), right)


def example(
    text: str,
    intent: str,
    known: Mapping[str, str],
    judging: frozenset[str],
) -> list[Found]:
    """An example for an intent. ``known``: folded example → its intent; ``judging``: folded lines that only judge."""
    plain = choices.fold(text)
    if not plain or len(text) > LONGEST_EXAMPLE or MARKUP.search(text) or text.startswith(("-", "#")):
        return [Found("error", "form")]
    found = [Found("error", "telling")] if telling(text) else []
    if plain in judging:
        found.append(Found("error", "judges"))
    if plain in known:
        found.append(
            Found("error", "known") if known[plain] == intent else Found("error", "other", known[plain])
        )
    return found
