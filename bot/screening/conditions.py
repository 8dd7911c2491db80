"""The conditions of ``flow.yml`` before anybody speaks: are they well formed, and can they hold and fail at all? Pure.

A condition is unfolded into alternatives, each of which says what some codes must be; one without an alternative
can never hold. Counts ("three declined") are taken as something that may or may not be.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.screening.rows import Lines, Row

FORMS = ("all", "any", "not", "some", "every", "declined", "declined_in_a_row")
BESIDE = {"some": "are", "every": "are", "declined_in_a_row": "block"}
YES = frozenset({"yes"})
MOST = 20_000  # alternatives; more than any condition that a person can read

Case = Mapping[str, frozenset[str]]  # code, or code/tick → what it must be


@dataclass(frozen=True, slots=True)
class Codes:
    """What a condition may speak of: code → the values that it can have, and the lists that take several ticks.

    ``blocks`` maps a block to the number of questions that can be declined in it, 0 to those of all.
    """

    values: Mapping[str, frozenset[str]]
    many: frozenset[str]
    blocks: Mapping[int, int]


def check(row: Row, condition: Any, codes: Codes, *, named: str = "when") -> bool:
    """Note what is wrong with a condition; True when it is sound. No condition is sound."""
    if condition is None:
        return True
    if not isinstance(condition, dict):
        row.note(f"{named} must be a condition", named)
        return False
    part = Row(row.problems, row.file, row.question, condition, row.at.get(named, row.line))
    forms = [form for form in FORMS if form in condition]
    if len(forms) != 1:
        part.note(
            f"{named}: a condition is one of {', '.join(FORMS)}; found {', '.join(map(str, condition))}"
        )
        return False
    (form,) = forms
    for key in condition:
        if key not in (form, BESIDE.get(form)):
            part.note(f"{named}: {key} does not go with {form}", key)
            return False
    return _CHECKS[form](part, condition, codes, named)


def _parts(row: Row, condition: Mapping[str, Any], codes: Codes, named: str) -> bool:
    form = "all" if "all" in condition else "any"
    parts = condition[form]
    if not isinstance(parts, list) or not parts:
        row.note(f"{named}: {form} must hold conditions", form)
        return False
    sound = [check(row, part, codes, named=named) for part in parts]  # all of them, for all their problems
    return all(sound)


def _denied(row: Row, condition: Mapping[str, Any], codes: Codes, named: str) -> bool:
    return check(row, condition["not"], codes, named=named)


def _values(row: Row, condition: Mapping[str, Any], codes: Codes, named: str) -> bool:
    form = "some" if "some" in condition else "every"
    names, values = condition[form], condition.get("are")
    sound = True
    for key, found in ((form, names), ("are", values)):
        if not isinstance(found, list) or not found or not all(isinstance(one, str) for one in found):
            row.note(f'{named}: {key} must be a list of words; write "yes" and "no" in quotes', key)
            sound = False
    if not sound:
        return False
    for code in names:
        if code not in codes.values:
            row.note(f"{named} names {code}, which is no question and no fact", form)
            sound = False
    known: set[str] = set().union(*(codes.values.get(code, frozenset()) for code in names))
    for value in values or ():
        if sound and value not in known:
            row.note(f"{named}: none of {', '.join(names)} can be {value}", "are")
            sound = False
    return sound


def _count(row: Row, condition: Mapping[str, Any], codes: Codes, named: str) -> bool:
    form = "declined" if "declined" in condition else "declined_in_a_row"
    wanted, block = condition[form], condition.get("block", 0)
    if not isinstance(wanted, int) or isinstance(wanted, bool) or wanted < 1:
        row.note(f"{named}: {form} must be a number from 1", form)
        return False
    if block not in codes.blocks or (form == "declined_in_a_row" and not block):
        row.note(f"{named}: there is no block {block}", "block")
        return False
    if wanted > codes.blocks[block]:
        row.note(f"{named} can never hold: only {codes.blocks[block]} questions can be declined there", form)
        return False
    return True


_CHECKS = {
    "all": _parts,
    "any": _parts,
    "not": _denied,
    "some": _values,
    "every": _values,
    "declined": _count,
    "declined_in_a_row": _count,
}


def possible(condition: Any, codes: Codes, *, holds: bool = True) -> bool:
    """Whether a sound condition can hold (or, with ``holds`` False, fail)."""
    return next(iter(_cases(condition, codes, holds=holds)), None) is not None


def names(condition: Any) -> Iterator[str]:
    """Every code of a sound condition."""
    if condition is None:
        return
    for form in ("some", "every"):
        yield from condition.get(form, ())
    for part in (*condition.get("all", ()), *condition.get("any", ())):
        yield from names(part)
    yield from names(condition.get("not"))


def line(condition: Any, other: int) -> int:
    """The line on which a condition stands."""
    return condition.line if isinstance(condition, Lines) else other


def _cases(condition: Any, codes: Codes, *, holds: bool) -> Iterator[Case]:
    """The alternatives of a condition (or of its opposite), without those that contradict themselves."""
    if "not" in condition:
        yield from _cases(condition["not"], codes, holds=not holds)
        return
    if "declined" in condition or "declined_in_a_row" in condition:
        yield {str(sorted(condition.items())): frozenset({str(holds)})}
        return
    if "some" in condition or "every" in condition:
        form = "some" if "some" in condition else "every"
        found = [_is(code, condition["are"], codes, holds=holds) for code in condition[form]]
        together = (form == "every") == holds
    else:
        form = "all" if "all" in condition else "any"
        found = [list(_cases(part, codes, holds=holds)) for part in condition[form]]
        together = (form == "all") == holds
    if not together:
        yield from itertools.chain.from_iterable(found)
        return
    for chosen in itertools.islice(itertools.product(*found), MOST):
        case = _joined(chosen)
        if case is not None:
            yield case


def _joined(cases: tuple[Case, ...]) -> Case | None:
    """All of these at once; None when they contradict one another."""
    joined: dict[str, frozenset[str]] = {}
    for case in cases:
        for code, values in case.items():
            joined[code] = joined.get(code, values) & values
            if not joined[code]:
                return None
    return joined


def _is(code: str, values: list[str], codes: Codes, *, holds: bool) -> list[Case]:
    """How one code can have (or not have) one of the values; a tick of a list stands beside the other ticks."""
    wanted = codes.values[code] & frozenset(values)
    if code not in codes.many:
        left = wanted if holds else codes.values[code] - wanted
        return [{code: left}] if left else []
    if holds:
        return [{f"{code}/{value}": YES} for value in sorted(wanted)]
    return [{f"{code}/{value}": frozenset({"no"}) for value in wanted}]
