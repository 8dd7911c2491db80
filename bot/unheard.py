"""What was not understood, for editors to teach: only from those who agree, asked once, at the very end.

Stage: after the dialogue answered. Promises: until somebody says yes, nothing leaves the conversation, and whatever
ends it takes it along; nothing is kept of a minor, of anybody whose age is not known, of anybody in danger or with a
case, nor a message that may lead to somebody. Pure: what was agreed to is stored with the turn.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bot.choices import fold
from bot.draft import Draft
from bot.redaction.strict import telling
from bot.safety.rules import Finding
from bot.screening import facts
from bot.storage.phrases import Heard
from bot.texts import variants

MOST, LONGEST, WORDS = 5, 60, 8  # phrases of one person; letters and words of a phrase
PLAIN = re.compile(r"[a-z]+(?: [a-z]+)*")
ALARMS = ("X_emergency", "X_help", "X_check")
NOT_ASKED_ABOUT = ("P2", "W2_own", "W3", "")  # an age, a secret word, a place; before the first question
QUESTION = "phrases"
CHOICES = (
    {"id": "phrases.no", "key": "choice.phrases.no", "value": {"q": QUESTION, "v": "no"}},
    {"id": "phrases.yes", "key": "choice.phrases.yes", "value": {"q": QUESTION, "v": "yes"}},
)


def phrase(text: str) -> str:
    """The folded words that could be kept of a message; empty when it is too long, or tells more than words."""
    plain = fold(text)
    short = len(plain) <= LONGEST and len(plain.split()) <= WORDS
    return plain if short and PLAIN.fullmatch(plain) and not telling(text) else ""


def note(draft: Draft, before: Mapping[str, Any] | None, text: str, intent: str, finding: Finding) -> None:
    """After a turn: remember, in the conversation only, a message that made Faro ask again."""
    shown, state = draft.shown, draft.state
    if state is None or before is None or shown.sharing:
        return
    if _private(draft, state, finding):
        shown.sharing, shown.unheard = "no", []  # nor later: what was said around it is private too
        return
    question = str((before["aside"] or {}).get("q") or before["step"])
    kept = phrase(text) if state["misses"] > before["misses"] and question not in NOT_ASKED_ABOUT else ""
    one = {"question": question, "intent": intent, "text": kept}
    if kept and one not in shown.unheard and len(shown.unheard) < MOST:
        shown.unheard.append(one)


def _private(draft: Draft, state: Mapping[str, Any], finding: Finding) -> bool:
    alarmed = finding.emergency or finding.check or bool(finding.doubt) or draft.shown.checked
    aside = (state["aside"] or {}).get("q", "")
    cared_for = draft.has_case or bool(draft.origin) or draft.closed_at is not None
    young = facts.instrument(dict(state)) == "minor"
    return alarmed or cared_for or young or aside in ALARMS or state["emergency"] != "none"


def ask(draft: Draft) -> None:
    """At goodbye, once: may these words be kept? Only an adult is asked, and only if there is something."""
    shown, state = draft.shown, draft.state
    if state is None or draft.phase != "bot" or not any(s.act["say"] == "end.bye" for s in draft.says):
        return
    if facts.age_band(dict(state)) != "18" or draft.has_case or draft.origin:
        shown.unheard = []
    if shown.unheard and not shown.sharing:
        shown.sharing = "asked"
        draft.add({"say": "phrases.ask", "choices": list(CHOICES)})


def answered(draft: Draft, given: Mapping[str, Any]) -> bool:
    """Whether the message answers that. Anything but a yes is a no; a no after a yes takes it back."""
    shown = draft.shown
    choice = given.get("choice") or {}
    if choice.get("q") != QUESTION:
        if shown.sharing == "asked":  # the person goes on with something else
            shown.sharing, shown.unheard = "no", []
        return False
    if choice["v"] == "yes" and shown.sharing in ("asked", "yes"):
        language = variants.language(draft.locale)  # a variant answers with the words of its language
        draft.share = [Heard(language, **one) for one in shown.unheard]
        shown.sharing, shown.unheard = "yes", []
        draft.say("phrases.thanks")
        return True
    draft.unshare = shown.sharing == "yes"
    shown.sharing, shown.unheard = "no", []
    draft.say("phrases.none")
    return True
