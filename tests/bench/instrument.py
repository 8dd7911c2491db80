"""Ten thousand made-up people go through the questions: how many each is asked, and that nothing is asked twice.

The people stand in ``profiles.yml``; the same number is always the same person. Each answers what is asked with
buttons, some tell part of it in their own words first, and goes on when a person is offered.
"""

from __future__ import annotations

import collections
import random
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.screening import engine, model
from bot.screening.engine import Input
from tests.bench._people import FILE, KINDS, Profile, drawn, profiles

PEOPLE = 10_000
INSTRUMENTS = model.load()
SCORED = {*INSTRUMENTS.adult.codes, *INSTRUMENTS.minor.codes}
ENDS, OFFER = ("W1", "WM"), "X_person"
PASSES = {"X_person": "no", "X_tired": "go", "X_meanwhile": "yes", "X_emergency": "no"}
AIMS = {"no_signs": 14, "strong_signs": 10}


@dataclass(slots=True)
class Walk:
    """One conversation: every question put, in its order, and how many were put before a person was offered."""

    asked: list[str] = field(default_factory=list)
    four: list[tuple[str, str]] = field(
        default_factory=list
    )  # questions of four answers, and which was given
    before_offer: int | None = None

    @property
    def scored(self) -> int:
        return sum(code in SCORED for code in self.asked)

    @property
    def twice(self) -> list[str]:
        """Questions that came more than once; a person may be offered again, for another reason."""
        times = collections.Counter(code for code in self.asked if code != OFFER)
        return [code for code, number in times.items() if number > 1]


def walk(profile: Profile, chance: random.Random) -> Walk:
    """From the first word to what the person wants at the end."""
    found, state = Walk(), None
    message = Input("text", *_opening(profile, chance), message_id="m0")
    for number in range(1, 80):
        turn = engine.turn(INSTRUMENTS, state, message, {"on_duty": True})
        state = turn.state
        code, choices = next(
            (act["about"], act["choices"]) for act in reversed(turn.acts) if act.get("choices")
        )
        found.asked.append(code)
        if found.before_offer is None and (code == OFFER or code in ENDS):
            found.before_offer = found.scored
        if code in ENDS:
            return found
        value = _answer(profile, code, [choice["value"]["v"] for choice in choices], turn.acts[-1], chance)
        if [choice["value"]["v"] for choice in choices] == ["yes", "no", "unsure", "declined"]:
            found.four.append((code, value))
        message = Input("choice", choice={"q": code, "v": value, "source": "button"}, message_id=f"m{number}")
    raise AssertionError(f"{profile.name} never came to an end")


def _opening(profile: Profile, chance: random.Random) -> tuple[str, float]:
    """A greeting, or, from some of those with something to tell, a part of the story."""
    told = [
        intent
        for question in (*INSTRUMENTS.adult.questions, *INSTRUMENTS.minor.questions)
        for intent in question.discloses
        if profile.yes.get(question.code, 0) > 0.5
    ]
    return (chance.choice(told), 0.9) if told and chance.random() < FILE["words"] else ("greet", 0.9)


def _answer(
    profile: Profile, code: str, choices: Sequence[str], act: dict[str, Any], chance: random.Random
) -> Any:
    if code in PASSES:
        return PASSES[code]
    if code in profile.gates:
        return profile.gates[code]
    items = [value for value in choices if value not in ("unsure", "declined", "done")]
    if act.get("multi"):
        return [profile.ticked(code, items, chance), "done"]
    if items[:2] == ["yes", "no"]:
        return profile.plain(code, chance)
    return profile.ticked(code, items, chance)


def simulated(people: int) -> dict[str, list[Walk]]:
    """Profile → the walks of its people."""
    found: dict[str, list[Walk]] = {profile.name: [] for profile in profiles()}
    for number in range(people):
        profile = drawn(number)
        found[profile.name].append(walk(profile, random.Random(f"{FILE['seed']}-{number}-answers")))
    return found


async def main() -> None:
    """Print a row for each profile and one for each aim; exit 1 when an aim is missed or something came twice."""
    began = time.perf_counter()
    walks = simulated(PEOPLE)
    print(
        f"{'profile':<22}{'people':>7}{'questions: median':>19}{'nine tenths':>12}{'most':>6}{'before a person':>17}"
    )
    for profile in profiles():
        rows = walks[profile.name]
        asked = sorted(row.scored for row in rows)
        before = statistics.median(row.before_offer or 0 for row in rows)
        row = (f"{profile.name:<22}", f"{len(rows):>7}", f"{statistics.median(asked):>19.0f}")
        print("".join(row) + f"{asked[int(len(asked) * 0.9)]:>12}{asked[-1]:>6}{before:>17.0f}")
    print()
    missed = [kind for kind in AIMS if not _aim(kind, walks)]
    everybody = [row for rows in walks.values() for row in rows]
    twice = [code for row in everybody for code in row.twice]
    put = sum(len(row.asked) for row in everybody)
    print(f"asked twice: {len(twice)} of {put:,} questions put in {len(everybody):,} conversations")
    offers = max(row.asked.count(OFFER) for row in everybody)
    print(f"a person is offered {offers} times at most; {time.perf_counter() - began:.0f} s")
    if missed or twice:
        sys.exit(1)


def _aim(kind: str, walks: dict[str, list[Walk]]) -> bool:
    assert kind in KINDS
    rows = [row for profile in profiles() if profile.kind == kind for row in walks[profile.name]]
    what = "questions in all" if kind == "no_signs" else "questions before a person is offered"
    found = statistics.median(row.scored if kind == "no_signs" else row.before_offer or 0 for row in rows)
    print(
        f"{kind}: median {found:.0f} {what}, at most {AIMS[kind]} wanted: {'kept' if found <= AIMS[kind] else 'MISSED'}"
    )
    return found <= AIMS[kind]
