"""The stop rule of a trial: a fair game for equal wordings, whoever comes in whatever order, and quick to see harm."""

from __future__ import annotations

import math
import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.statistics import FEWEST
from bot.storage.trials import may_show
from bot.texts import trial
from bot.texts.trial import Arm, Rule, evidence, verdict
from bot.trials import fit
from tests.bench.trial import made_up

ARMS = st.builds(lambda answered, missed: Arm(answered + missed, answered), *[st.integers(0, 3000)] * 2)
RULE = Rule(most=1000, until=math.inf)


def more(arm: Arm, *, answers: bool) -> Arm:
    return Arm(arm.read + 1, arm.answered + answers)


@given(old=ARMS, new=ARMS, answers=st.booleans())
def test_under_a_fair_coin_evidence_is_a_fair_game(old: Arm, new: Arm, answers: bool) -> None:
    """Whatever came before and whether the next person answers: over the coin, evidence stays what it was.

    This is the martingale that Ville's inequality is about; that is why looking often costs nothing.
    """
    now = evidence(old, new)
    if now > 1e200:
        return
    tails = evidence(more(old, answers=answers), new)
    heads = evidence(old, more(new, answers=answers))
    assert math.isclose((tails + heads) / 2, now, rel_tol=1e-9, abs_tol=1e-300)


def test_evidence_begins_at_one() -> None:
    assert evidence(Arm(), Arm()) == 1.0


@given(old=ARMS, new=ARMS)
def test_an_answer_speaks_for_its_wording(old: Arm, new: Arm) -> None:
    """And a missing one against it, however many there were before."""
    now = evidence(old, new)
    assert evidence(old, more(new, answers=True)) >= now >= evidence(more(old, answers=True), new)
    assert evidence(more(old, answers=False), new) >= now >= evidence(old, more(new, answers=False))


@given(old=ARMS, new=ARMS)
def test_nothing_is_concluded_of_a_few(old: Arm, new: Arm) -> None:
    """Not before twenty people have read each wording; and at the end something is."""
    found = verdict(old, new, RULE, 0.0)
    if min(old.read, new.read) < RULE.fewest:
        assert found in ("", "same")
    if old.read + new.read >= RULE.most:
        assert found
    assert verdict(old, new, Rule(RULE.most, until=5.0), 5.0)


def test_clear_cases() -> None:
    """Twice as many answers is seen after some dozens; a bit more is not; the worse wording stops sooner."""
    assert verdict(Arm(40, 18), Arm(40, 36), RULE, 0.0) == "better"
    assert verdict(Arm(40, 32), Arm(40, 34), RULE, 0.0) == ""
    assert verdict(Arm(40, 36), Arm(40, 26), RULE, 0.0) == "worse"
    assert verdict(Arm(40, 26), Arm(40, 36), RULE, 0.0) == ""


def test_equal_wordings_are_seldom_told_apart_and_different_ones_are() -> None:
    """A look after every person; the figures of thousands are printed by ``faro bench trial``.

    Of 200, what has a chance of 5 % happens more than 19 times once in a thousand; of 20 %, 58 times.
    """
    chance = random.Random(8)
    equal = Counter(end for end, _, _ in made_up(chance, 0.8, 0.8, 200))
    assert equal["better"] <= 19
    assert equal["worse"] <= 58
    better = Counter(end for end, _, _ in made_up(chance, 0.7, 0.85, 100))
    assert better["better"] >= 95
    worse = [people for end, people, _ in made_up(chance, 0.85, 0.65, 100) if end == "worse"]
    assert len(worse) >= 95
    assert sorted(worse)[50] < 150


@given(at=st.floats(0, 4e9), waits=st.floats(0, trial.TO_ANSWER, exclude_max=True))
def test_a_day_is_whole_when_nobody_of_it_can_answer_any_more(at: float, waits: float) -> None:
    day = trial.day_of(at)
    assert not trial.whole(day, at + waits - 0.001)
    assert trial.whole(day, at + 2 * trial.DAY + trial.TO_ANSWER)
    assert trial.together({day: Arm(3, 1)}, at) == Arm()


@given(old=ARMS, new=ARMS)
def test_no_group_below_ten_is_shown(old: Arm, new: Arm) -> None:
    """Neither those who answered nor those who did not, of either wording; all or nothing, in tens."""
    shown = may_show(old, new)
    groups = [old.answered, old.read - old.answered, new.answered, new.read - new.answered]
    assert bool(shown) == all(group >= FEWEST for group in groups)
    assert all(value % 10 == 0 for value in shown.values())


@pytest.mark.parametrize(
    ("key", "may"),
    [
        ("ask.Q07", True),
        ("ask.P2", True),
        ("again.Q07", True),
        ("why.Q07", True),
        ("ask.Q07.past", True),
        ("ask.P0", False),
        ("ask.P3", False),
        ("why.P1", False),
        ("why.X_emergency", False),
        ("again.X_help", False),
        ("emergency.danger", False),
        ("say.bye", False),
        ("ask.nothing", False),
        ("console.texts.title", False),
    ],
)
def test_what_may_be_tried(key: str, may: bool) -> None:
    """The words of questions that have an answer, and nothing about safety or danger."""
    assert fit(key) == may
