"""Ways to a text: the dialogue really says it there, without an alarm where that can be, and nearly every text has one."""

from __future__ import annotations

import pytest

from bot.screening.model import load
from bot.texts import sayable, standing

# What only time, a button of yesterday or an answer in one's own words brings about.
ELSEWHERE = ("X_resume", "X_stale", "X_erase", "END", "unlock", "erase", "listen", "more", "done")


def last(key: str) -> tuple[list[str], list[str]]:
    """What the last step of the way says, and the events of all of it."""
    way, state, said, events = standing.way(key), None, [], []
    assert way is not None, key
    for message in way:
        turn = standing.step(state, message)
        state, said = turn.state, [act["say"] for act in turn.acts if "say" in act]
        events += [act["event"] for act in turn.acts if "event" in act]
    return said, events


@pytest.mark.parametrize("key", ["start.hello", "ask.Q07", "ask.Q07.past", "ask.M4", "why.Q10", "again.Q12"])
def test_the_dialogue_says_the_text_at_the_end_of_its_way(key: str) -> None:
    """And nobody was alarmed on it."""
    said, events = last(key)
    assert key in said
    assert not {"handoff", "want_person", "lock", "stop", "erase"} & set(events)


def test_a_button_is_found_with_its_question_and_danger_where_the_rules_find_it() -> None:
    """What stands under a question comes with it; an alarm needs no answers before."""
    assert "ask.Q05_which" in last("choice.Q05_which.trust")[0]
    assert "emergency.danger" in last("emergency.danger")[0]
    assert standing.way("canned.hello") is None


def test_nearly_every_text_of_a_question_can_be_tried() -> None:
    """All that the instrument asks, its reasons and other words; of the buttons all but those of rare moments."""
    codes = [question.code for question in (*load().adult.questions, *load().minor.questions)]
    for kind in ("ask", "why", "again"):
        assert [code for code in codes if standing.way(f"{kind}.{code}") is None] == []
    keys = [key for key in sayable.messages() if key.startswith(("ask.", "why.", "again.", "choice."))]
    without = [key for key in keys if standing.way(key) is None]
    rare = [key for key in without if any(name in key for name in ELSEWHERE)]
    assert len(without) - len(rare) < len(keys) * 0.05, sorted(set(without) - set(rare))
