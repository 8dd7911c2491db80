"""The people of ``profiles.yml``: what each of them would answer, drawn with a fixed seed."""

from __future__ import annotations

import functools
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

KINDS = ("no_signs", "strong_signs", "labour", "others")
FILE = yaml.safe_load((Path(__file__).parent / "profiles.yml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Profile:
    """One kind of person."""

    kind: str
    name: str
    share: int
    gates: Mapping[str, str]
    yes: Mapping[str, float]
    ticks: Mapping[str, Sequence[str]]
    noise: Mapping[str, float]

    def plain(self, code: str, chance: random.Random) -> str:
        """Yes, no, unsure or declined."""
        draw = chance.random()
        for value, share in self.noise.items():
            draw -= share
            if draw < 0:
                return value
        return "yes" if chance.random() < self.yes.get(code, FILE["slip"]) else "no"

    def ticked(self, code: str, items: Sequence[str], chance: random.Random) -> str:
        """One item of a list: of those that such a person ticks, where one is left."""
        return chance.choice([item for item in self.ticks.get(code, ()) if item in items] or list(items))


@functools.cache
def profiles() -> tuple[Profile, ...]:
    """All of them, in the order of the file."""
    return tuple(
        Profile(
            kind,
            name,
            row["share"],
            {**FILE["gates"], **row.get("gates", {})},
            row.get("tells", {}),
            row.get("ticks", {}),
            row.get("noise", FILE["noise"]),
        )
        for kind in KINDS
        for name, row in FILE[kind].items()
    )


def drawn(number: int) -> Profile:
    """The kind of the person with this number: always the same."""
    chance = random.Random(f"{FILE['seed']}-{number}")
    return chance.choices(profiles(), [profile.share for profile in profiles()])[0]


def payload(profile: Profile, chance: random.Random, questions: Mapping[str, Any]) -> dict[str, Any]:
    """What such a person's answers look like once they are assessed. ``questions``: instrument → its questions."""
    name = "adult" if profile.gates["P2"] == "18" else "minor"
    answers: dict[str, Any] = {}
    for question in questions[name]:
        answers |= _answered(profile, question, chance)
    context: dict[str, Any] = {"age_band": profile.gates["P2"], "danger_today": profile.gates["P3"]}
    if name == "adult":
        context["phase"] = profile.gates["P4"]
    return {"instrument": name, "answers": answers, "context": context}


def _answered(profile: Profile, question: Any, chance: random.Random) -> dict[str, Any]:
    """A question with its follow-up and its list, where they are asked."""
    code = question.code
    if question.answer == "one":
        return {code: profile.gates[code]}
    found: dict[str, Any] = {code: profile.gates.get(code) or profile.plain(code, chance)}
    if found[code] == "yes" and question.follow_up:
        found[question.follow_up.code] = profile.plain(question.follow_up.code, chance)
    if found[code] == "yes" and question.list:
        item = profile.ticked(question.list.code, question.list.names, chance)
        found[question.list.code] = [item] if question.list.choose == "many" else item
    return found
