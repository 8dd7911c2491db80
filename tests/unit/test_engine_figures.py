"""How many questions people are asked, over made-up people with a fixed seed (tests/unit/data/engine_profiles.yml)."""

from __future__ import annotations

import random
import statistics
from pathlib import Path
from typing import Any

import yaml

from tests.unit.engine_chat import ADULT, Chat

PEOPLE = yaml.safe_load((Path(__file__).parent / "data/engine_profiles.yml").read_text(encoding="utf-8"))
FIRST_OFFER_IS_THE_END = 99


def _walk(profile: dict[str, float], chance: random.Random) -> tuple[int, int]:
    """Scored questions asked in all, and before a person was first offered."""
    chat, before_offer = Chat(), FIRST_OFFER_IS_THE_END
    chat.says("greet")
    while chat.open != "W1":
        if chat.open == "X_person":
            before_offer = min(before_offer, _scored(chat))
        chat.taps(_answer(chat, profile, chance))
    return _scored(chat), min(before_offer, _scored(chat))


def _answer(chat: Chat, profile: dict[str, float], chance: random.Random) -> Any:
    code = chat.open
    if code in ADULT or code.startswith("X_"):
        return ADULT.get(code, "go" if code == "X_tired" else "no")
    if "which" in code:
        ticks = [value for value in chat.choices if value not in ("unsure", "declined", "done")]
        return [chance.choice(ticks), "done"] if chat.acts[-1].get("multi") else chance.choice(ticks)
    draw = chance.random()
    for value, share in PEOPLE["noise"].items():
        draw -= share
        if draw < 0:
            return value
    return "yes" if chance.random() < profile.get(code, PEOPLE["slip"]) else "no"


def _scored(chat: Chat) -> int:
    return len({code for code in chat.asked if code[0] == "Q"})


def figures(kind: str) -> tuple[list[int], list[int]]:
    """For every person and seed: questions in all, questions before the first offer of a person."""
    walks = [
        _walk(profile, random.Random(f"{name}-{seed}"))
        for name, profile in PEOPLE[kind].items()
        for seed in range(PEOPLE["seeds"])
    ]
    return [all_ for all_, _ in walks], [before for _, before in walks]


def test_without_signs_the_median_is_at_most_14() -> None:
    """Who has nothing to tell is not kept long."""
    questions, _ = figures("no_signs")
    assert statistics.median(questions) <= 14


def test_with_strong_signs_a_person_is_offered_within_10() -> None:
    """Who has much to tell is offered a person early."""
    questions, before = figures("strong_signs")
    assert statistics.median(before) <= 10
    assert max(questions) <= 27, "never more than the instrument has"
