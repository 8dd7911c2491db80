"""A million assessments on one core: the people of ``profiles.yml``, every one drawn anew and weighed once."""

from __future__ import annotations

import collections
import os
import random
import time

from bot.screening import model
from bot.screening.assess import _rules, assess
from tests.bench._people import FILE, payload, profiles

ASSESSMENTS = 1_000_000
ALONE = 50_000
GROUP = 500  # people are made in groups, which is not counted, and then weighed, which is
AIM_SECONDS = 30.0


async def main() -> None:
    """Print the figures: seconds of the clock and of the processor, and how the people were judged."""
    chance = random.Random(FILE["seed"])
    different: set[int] = set()
    found: collections.Counter[str] = collections.Counter()
    measured(chance, GROUP)  # the first ones pay for reading the data files
    clock, processor = measured(chance, ASSESSMENTS, found, different)
    _, alone = measured(chance, ALONE, forget=True)
    share = ", ".join(f"{kind} {number / ASSESSMENTS:.1%}" for kind, number in sorted(found.items()))
    print(
        f"{ASSESSMENTS:,} assessments  {clock:.1f} s by the clock, {processor:.1f} s of one core (aim {AIM_SECONDS:.0f})"
    )
    print(
        f"each                   {processor / ASSESSMENTS * 1e6:.1f} µs; {len(different):,} different payloads"
    )
    print(f"nobody remembered      {alone / ALONE * 1e6:.1f} µs each")
    print(f"results                {share}")
    print(f"load of the machine    {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


def measured(
    chance: random.Random,
    number: int,
    found: collections.Counter[str] | None = None,
    different: set[int] | None = None,
    *,
    forget: bool = False,
) -> tuple[float, float]:
    """Seconds of the clock and of the processor for so many people. ``forget``: no judgement is remembered for long."""
    instruments = model.load()
    questions = {"adult": instruments.adult.questions, "minor": instruments.minor.questions}
    kinds, shares = profiles(), [profile.share for profile in profiles()]
    clock = processor = 0.0
    for _ in range(number // GROUP):
        people = [payload(p, chance, questions) for p in chance.choices(kinds, shares, k=GROUP)]
        if forget:
            _rules(instruments).adult_judged.cache_clear()
            _rules(instruments).minor_judged.cache_clear()
        began, spent = time.perf_counter(), time.process_time()
        results = [assess(each)["type"] for each in people]
        clock, processor = clock + time.perf_counter() - began, processor + time.process_time() - spent
        if found is not None and different is not None:
            found.update(results)
            different.update(hash(repr(each)) for each in people)
    return clock, processor
