"""Payloads for the tests of the assessment: built by hand, or drawn by Hypothesis. Written out from the rule's
own tables, not read from the data files, so that a lost code or item shows.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

Q = [f"Q{n:02}" for n in range(1, 21)]
FOLLOW_UPS = {"Q03a": "Q03", "Q04a": "Q04", "Q07a": "Q07"}
LISTS = {
    "Q02_which": ["pay", "hours", "housing", "travel", "papers"],
    "Q05_which": ["family", "no_papers", "trust", "danger"],
    "Q13_which": ["me", "family", "both"],
    "Q16_which": ["sexual", "begging", "illegal", "lying", "other"],
    "M7_which": ["papers", "phone", "confined"],
}
M = [f"M{n}" for n in (0, 1, 3, 4, 5, 6, 7, 8, 9, 10)]
M2 = ["family", "relatives", "other_adult", "partner", "boss", "alone"]
VALUES = ["yes", "no", "unsure", "declined", "na", "partly"]
MODIFIERS = ["pregnant", "child", "disability", "alone"]
KINDS = ["danger", "self_harm", "medical", "child", "sexual_violence", "none"]

Payload = dict[str, Any]


def adult(yes: str = "", context: Payload | None = None, **more: Any) -> Payload:
    """An adult who says yes to these codes (in one string), no to all others, and ``more``."""
    answers: Payload = dict.fromkeys([*Q, *FOLLOW_UPS], "no")
    answers.update({code: [] for code in LISTS if code.startswith("Q")})
    answers.update(dict.fromkeys(yes.split(), "yes"))
    answers.update(more)
    return {"instrument": "adult", "answers": answers, "context": context or {}}


def minor(yes: str = "", context: Payload | None = None, **more: Any) -> Payload:
    """A minor at home who says yes to these codes, no to all others, and ``more`` (None: not answered)."""
    answers: Payload = {**dict.fromkeys(M, "no"), "M2": "family", "M7_which": []}
    answers.update(dict.fromkeys(yes.split(), "yes"))
    answers.update(more)
    answers = {code: value for code, value in answers.items() if value is not None}
    return {"instrument": "minor", "answers": answers, "context": context or {}}


def _ticks(code: str) -> st.SearchStrategy[Any]:
    return st.lists(st.sampled_from(LISTS[code]), unique=True) | st.sampled_from(["unsure", "declined"])


_VALUE = st.sampled_from(["no", "no", "no", *VALUES])
_ADULT = dict.fromkeys([*Q, *FOLLOW_UPS], _VALUE) | {c: _ticks(c) for c in LISTS if c.startswith("Q")}
_MINOR = (
    dict.fromkeys(M, _VALUE)
    | {"M7_which": _ticks("M7_which")}
    | {"M2": st.sampled_from(["family", *M2, "unsure", "declined"])}
)
_CONTEXT = {
    "phase": st.sampled_from(["now", "past", "offer"]),
    "danger_today": st.sampled_from(VALUES),
    "fear_today": st.sampled_from(VALUES),
    "emergency": st.sampled_from(KINDS),
    "wants_person": st.booleans(),
    "modifiers": st.lists(st.sampled_from(MODIFIERS)),
    "age_band": st.sampled_from(["u14", "14_17", "18", "unknown"]),
    "was_adult": st.booleans(),
}


@st.composite
def _answers(draw: st.DrawFn, table: dict[str, st.SearchStrategy[Any]]) -> Payload:
    """Mostly a "no" everywhere with a few other answers, else anything: both the quiet and the loud happen."""
    if draw(st.booleans()):
        return draw(st.fixed_dictionaries({}, optional=table))
    quiet: Payload = {code: [] if code in LISTS else "no" for code in table}
    if "M2" in quiet:
        quiet["M2"] = "family"
    for code in draw(st.lists(st.sampled_from(sorted(table)), max_size=6, unique=True)):
        quiet[code] = (
            draw(table[code] | st.just("yes")) if code not in LISTS and code != "M2" else draw(table[code])
        )
    for code in draw(st.lists(st.sampled_from(sorted(table)), max_size=4, unique=True)):
        del quiet[code]
    return quiet


def _context(draw: st.DrawFn) -> Payload:
    keys = draw(st.lists(st.sampled_from(sorted(_CONTEXT)), unique=True, max_size=3))
    return {key: draw(_CONTEXT[key]) for key in keys}


@st.composite
def adults(draw: st.DrawFn) -> Payload:
    """Any adult payload that the rule allows."""
    return {"instrument": "adult", "answers": draw(_answers(_ADULT)), "context": _context(draw)}


@st.composite
def minors(draw: st.DrawFn) -> Payload:
    """Any minor payload that the rule allows, with an adult's answers beside it now and then."""
    answers = draw(_answers(_MINOR))
    context = _context(draw)
    if draw(st.booleans()):
        context["was_adult"] = True
        answers |= draw(st.fixed_dictionaries({}, optional=_ADULT))
    return {"instrument": "minor", "answers": answers, "context": context}


def payloads() -> st.SearchStrategy[Payload]:
    """Any payload of either instrument."""
    return adults() | minors()
