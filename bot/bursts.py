"""People write in fragments: what belongs to one breath is answered once, and nobody else waits for it.

Stage: after the claim, before the messages are decided. Promises: an answer, a tap, a move and anything about danger
wait for nothing; nobody waits who has not just been answered, but for a sentence that is plainly unfinished; and half
a cry for help is read with its other half, though that was answered.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from typing import Any

from bot.draft import Draft
from bot.reading import Message, taken
from bot.safety.rules import Finding, check
from bot.screening import engine
from bot.screening.words import SURE

FRAGMENT_SECONDS = 1.2  # how long an unfinished sentence is waited for
CLOSE_SECONDS = 3.0  # whoever writes so soon after an answer began before it could be read
QUIET_SECONDS = 2.2  # how long more is waited for then: people send fragments a second or two apart
LONGEST_SECONDS = 8.0  # and never longer, however much comes

# A text that ends like this goes on in the next message. "si" alone is an answer, written without its accent.
UNFINISHED = re.compile(
    r"(?:,|\.\.\.|…|\b(?:y|e|o|pero|que|porque|xq|pq|como|cuando|de|con|el|la|un|una|mi|me|se)|\S\s+si)\s*$",
    re.IGNORECASE,
)
TOLD = "disclose_"
NOT_UNDERSTOOD = "out_of_scope"
EVEN = 0.5


def unfinished(last: Message, now: float) -> float | None:
    """When to look again, if the last text is a fragment that just came; None to go on now."""
    until = last.received_at + FRAGMENT_SECONDS
    return until if _typed(last) and now < until and UNFINISHED.search(last.text) else None


def follows(
    draft: Draft, messages: Sequence[Message], words: Mapping[str, frozenset[str]], now: float
) -> float | None:
    """When to look again, if this may go on what was answered a moment ago; None where it is an answer, or too late."""
    first, last = messages[0], messages[-1]
    answered = draft.shown.at
    if draft.phase != "bot" or answered is None or not all(map(_typed, messages)):
        return None
    until = min(last.received_at + QUIET_SECONDS, first.received_at + LONGEST_SECONDS)
    if first.received_at - answered >= CLOSE_SECONDS or now >= until:
        return None
    return until if taken(draft, last, last.text, words)["kind"] == "text" else None


def goes_on(parsed: Mapping[str, Any]) -> bool:
    """Whether the model takes it for a piece of a story: something told, or nothing that it knows; never for danger."""
    intent = str(parsed.get("intent", ""))
    unsure = float(parsed.get("confidence", 0.0)) < SURE
    if float((parsed.get("danger") or {}).get("share", 0.0)) >= EVEN:
        return False
    return unsure or intent == NOT_UNDERSTOOD or intent.startswith(TOLD)


def with_breath(
    draft: Draft, batch: Sequence[Message], text: str, finding: Finding
) -> tuple[str, Finding] | None:
    """Half a cry for help is none: what was written a moment before is read with it, if only together they are one."""
    if not all(map(_typed, batch)) or finding.emergency or not draft.breath or engine.in_alarm(draft.state):
        return None
    before = check(draft.breath, draft.locale)
    if before.emergency or before.check:
        return None
    both = f"{draft.breath}\n{text}"
    whole = check(both, draft.locale)
    return (both, dataclasses.replace(whole, word=finding.word)) if whole.emergency else None


def _typed(message: Message) -> bool:
    return message.kind == "text" and not message.choice_id and not message.edited
