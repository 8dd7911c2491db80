"""Result and circumstances → how soon a person should look: a level from 0 (U0) to 3 (U3), and what gives it.

Pure. Promises that nothing but a past phase ever lowers a level; must not look at single answers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.screening.circumstances import Circumstances

UNRAISED = frozenset(
    {"T0", "T0-L", "MR0"}
)  # no sign in the answers: a modifier alone gives nothing to look at


def urgency(
    kind: str, level: int, signs: Mapping[str, int], around: Circumstances, *, cap: bool
) -> tuple[int, list[str]]:
    """The level, and the reasons (codes) that by themselves give it beside those of the result.

    ``level`` is what the result ``kind`` gives, ``signs`` maps further reasons to the level that each gives,
    ``cap`` says whether a past phase limits the level.
    """
    base = max((level, *signs.values()))
    if around.quiet and not (cap and around.phase == "past"):
        return base, [code for code, given in signs.items() if given == base]
    raised = base + 1 if base < 2 and around.modifiers and kind not in UNRAISED else base
    top = _top(around) if cap else 3
    capped = min(raised, top)
    floors = dict(_floors(around))
    final = max(capped, *floors.values(), 0)
    reasons = [code for code, floor in floors.items() if floor == final]
    if final == capped:
        reasons += [code for code, given in signs.items() if given == base or min(given, top) == final]
        if capped > min(base, top):
            reasons.append("modifier")
        if capped < raised:
            reasons.append("past_cap")
        if top == capped == 2 and "fear_today" not in reasons:
            reasons.append("fear_today")  # without the fear the past would have capped it lower
    return final, reasons


def _top(around: Circumstances) -> int:
    if around.phase != "past":
        return 3
    return 2 if around.fear_today else 1


def _floors(around: Circumstances) -> Iterator[tuple[str, int]]:
    if around.danger_today:
        yield "danger_today", 3
    if around.emergency:
        yield "emergency", 3
    if around.fear_today:
        yield "fear_today", 1
    if around.danger_unsure:
        yield "danger_unsure", 1
    if around.wants_person:
        yield "wants_person", 1
