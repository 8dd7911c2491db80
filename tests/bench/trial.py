"""Thousands of made-up trials of two wordings, looked at after every person: what the stop rule promises and costs."""

from __future__ import annotations

import math
import random
import statistics
from collections import Counter
from collections.abc import Iterator

from bot.evaluation.statistics import wilson
from bot.texts import trial
from bot.texts.trial import Arm, Rule

SEED = 20_261_126
MOST = 2000
EQUAL = ((0.5, 5000), (0.8, 5000), (0.95, 5000))
BETTER = ((0.8, 0.85), (0.8, 0.9), (0.9, 0.95), (0.5, 0.6))
WORSE = ((0.8, 0.75), (0.8, 0.7), (0.8, 0.6), (0.95, 0.85))
TRIALS = 1000
RULE = Rule(most=MOST, until=math.inf)


async def main() -> None:
    """Print how often equal wordings are told apart, and how soon different ones are."""
    chance = random.Random(SEED)
    print(f"two equal wordings, at most {MOST:,} people, a look after every one")
    for share, trials in EQUAL:
        found = Counter(end for end, _, _ in made_up(chance, share, share, trials))
        print(f"  {share:.0%} answer  called better {told(found, 'better', trials)} (at most 5.0 %)")
        print(f"              called worse  {told(found, 'worse', trials)} (at most 20.0 %)")
    for name, pairs in (("better", BETTER), ("worse", WORSE)):
        print(f"a {name} wording")
        for old, new in pairs:
            ends = list(made_up(chance, old, new, TRIALS))
            found = Counter(end for end, _, _ in ends)
            people = sorted(people if end == name else MOST for end, people, _ in ends)
            harmed = statistics.median(read for end, _, read in ends if end == name)
            print(
                f"  {old:.0%} to {new:.0%}  seen in {told(found, name, TRIALS)}, "
                f"median {statistics.median(people):.0f} people, nine tenths {people[TRIALS * 9 // 10]}; "
                f"read the new one: {harmed:.0f}"
            )


def told(found: Counter[str], name: str, trials: int) -> str:
    """A share and its 95 % interval."""
    low, high = wilson(found[name], trials)
    return f"{found[name] / trials:5.1%} ({low:.1%} to {high:.1%})"


def made_up(chance: random.Random, old: float, new: float, trials: int) -> Iterator[tuple[str, int, int]]:
    """How each trial ended, after how many people, and how many of them read the new wording."""
    factors = steps()
    for _ in range(trials):
        counts, for_new, for_old = [0, 0, 0, 0], [1.0] * len(factors[0]), [1.0] * len(factors[0])
        end, people = "same", 0
        while people < MOST and end == "same":
            people += 1
            arm = chance.getrandbits(1)
            missed = chance.random() >= (new if arm else old)
            kind = 2 * missed + arm
            counts[kind] += 1
            for_new = [weight * f for weight, f in zip(for_new, factors[kind], strict=True)]
            for_old = [weight * f for weight, f in zip(for_old, factors[kind ^ 1], strict=True)]
            if sum(for_new) < RULE.better * len(for_new) and sum(for_old) < RULE.worse * len(for_old):
                continue
            end = ruled(counts)
        if end == "same" and ruled(counts) != "same":
            raise AssertionError("the shortcut of this bench and the rule disagree")
        yield end, people, counts[1] + counts[3]


def ruled(counts: list[int]) -> str:
    """What the rule itself says; a trial below ``fewest`` goes on."""
    arms = Arm(counts[0] + counts[2], counts[0]), Arm(counts[1] + counts[3], counts[1])
    return trial.verdict(*arms, RULE, 0.0) or "same"


def steps() -> list[list[float]]:
    """By kind of person, what each alternative is multiplied with: ``evidence`` by steps, as it is a product."""
    return [[math.exp(one[kind]) for one in trial._alternatives()] for kind in range(4)]
