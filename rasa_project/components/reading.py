"""The model's shares for a message and its parts → one reading. Pure, and knows no word of any language.

Promise: what is not sure enough is ``out_of_scope``; the ranking is the whole message's own, raw.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from components.normalise import clauses, is_partly, line
from components.polarity import (
    begun,
    closed,
    confirmed,
    mixed,
    plainly,
    polarity,
    without_greeting,
    without_lead,
)

OUT = "out_of_scope"
# A message that tells several things takes the first of these; then the surest of the others.
GRAVEST = ("emergency", "self_harm", "disclose_sexual", "disclose_violence", "disclose_confinement")
GREET = "greet"
POLITE = (GREET, "thank", "goodbye")
KEPT = ("affirm", "deny", "unsure", "decline", "disclose_")  # how the intents begin that leave an answer
OPPOSITES = {"affirm": "deny", "deny": "affirm"}
MOST_CLAUSES = 60  # looked at by themselves
Shares = Callable[[str], Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Limits:
    """How sure the reading must be.

    ``whole``: the message for its intent to count, ``kept``: for it to be kept as an answer or as something told.
    ``part``: a part of it to count beside the whole, ``graver``: to count instead. ``swap``: how near a no may come
    to a yes that counts, and the reverse. ``mixed``: a yes that holds a word of a no, and the reverse.
    """

    whole: float
    kept: float
    part: float
    graver: float
    swap: float
    mixed: float


@dataclass(frozen=True, slots=True)
class Reading:
    """``ranking``: every intent with its share, the surest first. ``also``: further intents of the same message."""

    intent: str
    confidence: float
    ranking: tuple[tuple[str, float], ...]
    also: tuple[str, ...]
    partly: bool


def read(words: Sequence[str], shares: Shares, limits: Limits) -> Reading:
    """Read one message, given as its normalised words and marks. ``shares`` is asked with lines of such words."""
    whole = line(words)
    ranking = tuple(sorted(shares(whole).items(), key=lambda pair: (-pair[1], pair[0])))
    top, share = ranking[0] if whole else (OUT, 1.0)
    if is_partly(whole):
        return Reading("unsure", max(share, limits.whole), ranking, (), True)
    if plain := plainly(whole):
        return Reading(plain, max(share, limits.kept), ranking, (), False)
    parts = clauses(words)
    if top == GREET and len(parts) == 1 and (rest := without_greeting(whole)):
        further = read(rest.split(), shares, limits)
        if further.intent.startswith((*KEPT, *GRAVEST)):
            return replace(further, ranking=ranking)
    told = _told(whole, parts, shares) if top in OPPOSITES else None
    if _torn(ranking, limits) and told is None:
        return Reading(OUT, share, ranking, (), False)
    found = _parts(parts, whole, shares, limits)
    intent, confidence = _counting(top, share, found, limits)
    if told is not None and intent in (*OPPOSITES, OUT):
        intent, confidence = told, max(share, limits.kept)
    elif intent in OPPOSITES and _doubtful(intent, confidence, whole, parts, limits):
        return Reading(OUT, confidence, ranking, (), False)
    also = tuple(name for name in found if name != intent)
    return Reading(intent, confidence, ranking, also, False)


def _told(whole: str, parts: Sequence[str], shares: Shares) -> str | None:
    """The answer that the words give, whatever their letters look like."""
    told = polarity(whole, parts)
    rest = without_lead(parts)
    if told is None and rest:
        name, _ = max(shares(rest).items(), key=lambda pair: pair[1])
        return name if name in OPPOSITES else None
    return told


def _torn(ranking: Sequence[tuple[str, float]], limits: Limits) -> bool:
    """Whether a yes might as well be a no: asking again costs a message, a swapped answer may cost a life."""
    (top, share), *rest = ranking
    return top in OPPOSITES and dict(rest).get(OPPOSITES[top], 0.0) > limits.swap * share


def _doubtful(intent: str, confidence: float, whole: str, parts: Sequence[str], limits: Limits) -> bool:
    """Whether the words of a yes speak for a no, or the reverse, and nothing shows that the model saw why."""
    other = OPPOSITES[intent]
    said = {begun(whole), *(answer for answer, _ in closed(parts))}
    if other in said and not confirmed(intent, parts):
        return True
    if intent == "deny" and mixed(whole, other) and not mixed(whole, intent):  # all is well is a yes or a no
        return True
    return confidence < limits.mixed and mixed(whole, other)


def _parts(parts: Sequence[str], whole: str, shares: Shares, limits: Limits) -> dict[str, float]:
    """Intent → how sure, of each part that says something of its own."""
    own = [part for part in dict.fromkeys(parts) if part != whole][:MOST_CLAUSES]
    found: dict[str, float] = {}
    for part in own:
        name, share = max(shares(part).items(), key=lambda pair: pair[1])
        if share >= limits.part and name != OUT:
            found[name] = max(share, found.get(name, 0.0))
    return found


def _counting(top: str, share: float, found: Mapping[str, float], limits: Limits) -> tuple[str, float]:
    """The intent that counts: the whole message's, unless a part is graver or the whole says little."""
    for name in GRAVEST:
        if name == top and share >= _enough(top, limits):
            return top, share
        if found.get(name, 0.0) >= limits.graver:
            return name, found[name]
    weak = share < _enough(top, limits) or top in POLITE
    rest = {name: sure for name, sure in found.items() if name not in POLITE}
    if weak and rest:
        return max(rest.items(), key=lambda pair: pair[1])
    return (top, share) if share >= _enough(top, limits) else (OUT, share)


def _enough(intent: str, limits: Limits) -> float:
    return limits.kept if intent.startswith(KEPT) else limits.whole
