"""What must hold for every payload: nothing that is told or left out ever makes it milder, and reasons are true."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.screening.assess import REASONS, assess
from tests.unit.assess_support import FOLLOW_UPS, LISTS, M2, MODIFIERS, Payload, adults, payloads

MORE = settings(max_examples=400, deadline=None)
CONTEXT_OF = {
    "danger_today": "danger_today", "danger_unsure": "danger_today", "fear_today": "fear_today",
    "emergency": "emergency", "wants_person": "wants_person", "modifier": "modifiers", "was_adult": "was_adult",
}  # fmt: skip


def _level(payload: Payload) -> int:
    return int(assess(payload)["urgency"][1])


def _with(payload: Payload, code: str, value: Any) -> Payload:
    answers = {**payload["answers"], code: value}
    if value is None:
        del answers[code]
    return {**payload, "answers": answers}


def _codes(payload: Payload) -> list[str]:
    """The yes/no codes that may stand in this payload."""
    young = payload["instrument"] == "minor"
    adult = [*(f"Q{n:02}" for n in range(1, 21)), *FOLLOW_UPS]
    return (
        [f"M{n}" for n in range(11) if n != 2] + (adult if "was_adult" in payload["context"] else [])
        if young
        else adult
    )


@MORE
@given(payloads(), st.data())
def test_an_answer_more_never_lowers_the_urgency(payload: Payload, data: st.DataObject) -> None:
    """No to yes, no to missing, missing to yes, na to yes: the urgency stays or rises."""
    code = data.draw(st.sampled_from(_codes(payload)))
    missing = data.draw(st.sampled_from([None, "unsure", "declined"]))
    no, yes = _with(payload, code, "no"), _with(payload, code, "yes")
    gap = _with(_with(payload, code, "no"), code, missing)
    na = _with(payload, code, "na")
    assert _level(no) <= _level(gap) <= _level(yes)
    assert _level(no) <= _level(na) <= _level(yes)


@MORE
@given(payloads(), st.data())
def test_a_tick_more_never_lowers_the_urgency(payload: Payload, data: st.DataObject) -> None:
    """A tick more, or ticks where the list was missing; but naming what was taken may settle what was open."""
    young = payload["instrument"] == "minor"
    code = data.draw(st.sampled_from([c for c in LISTS if c.startswith("M") == young]))
    ticks = data.draw(st.lists(st.sampled_from(LISTS[code]), unique=True))
    tick = data.draw(st.sampled_from(LISTS[code]))
    named = code == "M7_which" and tick != "confined" and not ticks
    if not named:
        assert _level(_with(payload, code, ticks)) <= _level(_with(payload, code, [*ticks, tick]))
    if code != "M7_which" or tick == "confined":
        unknown = _with(_with(payload, code, "unsure"), code, data.draw(st.sampled_from([None, "unsure"])))
        assert _level(unknown) <= _level(_with(payload, code, [tick]))


@MORE
@given(payloads(), st.sampled_from(MODIFIERS))
def test_a_modifier_more_never_lowers_the_urgency(payload: Payload, modifier: str) -> None:
    """Pregnancy, a child, a disability or being alone: the urgency stays or rises by one, never to U3."""
    more = {**payload["context"], "modifiers": [*payload["context"].get("modifiers", []), modifier]}
    before, after = _level(payload), _level({**payload, "context": more})
    assert before <= after <= before + 1
    assert after < 3 or before == 3


@MORE
@given(payloads())
def test_order_and_partly_are_without_effect(payload: Payload) -> None:
    """Keys and ticks in another order, ``partly`` for ``yes``, a second look: always the same result."""
    before = copy.deepcopy(payload)
    result = assess(payload)
    assert payload == before
    turned = {
        code: list(reversed(value)) if isinstance(value, list) else {"yes": "partly"}.get(value, value)
        for code, value in reversed(payload["answers"].items())
    }
    context = dict(reversed(payload["context"].items()))
    assert assess({"context": context, "answers": turned, "instrument": payload["instrument"]}) == result
    assert json.loads(json.dumps(result)) == result


def _without(payload: Payload, result: dict[str, Any]) -> Payload:
    """The payload with every answer that the reasons name set to no, and every context key they name unset."""
    changed = copy.deepcopy(payload)
    for reason in result["reasons"]:
        for code in reason["answers"]:
            changed["answers"][code] = [] if code in LISTS else "family" if code == "M2" else "no"
        changed["context"].pop(CONTEXT_OF.get(reason["code"], ""), None)
    return changed


@settings(max_examples=1500, deadline=None)
@given(payloads())
def test_without_its_reasons_nothing_is_left_of_a_result(payload: Payload) -> None:
    """Take away what the reasons name, and the type is another and the urgency not higher; else it stays."""
    result = assess(payload)
    after = assess(_without(payload, result))
    assert int(after["urgency"][1]) <= int(result["urgency"][1])
    if result["type"] in ("T0", "MR0"):
        assert after["type"] == result["type"]
    else:
        assert after["type"] != result["type"]


@MORE
@given(payloads())
def test_the_result_is_whole_and_true_to_the_answers(payload: Payload) -> None:
    """All six dimensions; flag from U1; reasons once each, in order, resting on yes, ticked or missing answers."""
    result = assess(payload)
    assert list(result["dimensions"]) == ["DR", "CR", "VR", "EX", "CD", "VD"]
    assert result["flag"] is (result["urgency"] != "U0")
    codes = [reason["code"] for reason in result["reasons"]]
    assert codes == sorted(set(codes), key=REASONS.index)
    marked = {indicator for each in result["dimensions"].values() for indicator in each["indicators"]}
    for reason in result["reasons"]:
        assert set(reason["indicators"]) <= marked
        assert reason["indicators"] == sorted(set(reason["indicators"]))
        values = {payload["answers"].get(code, "absent") if code in payload["answers"] else "absent"
                  for code in reason["answers"] if code not in LISTS and code != "M2"}  # fmt: skip
        if reason["code"] in ("unknown", "open", "minor_incomplete"):
            assert values <= {"absent", "unsure", "declined"}
            assert reason["answers"]
        elif not values <= {"yes", "partly"}:
            # a question may be a yes by its follow-up or its list
            assert any(code in LISTS or code in FOLLOW_UPS for code in reason["answers"])
    if result["type"] in ("T0", "MR0"):
        assert set(codes) <= {"danger_today", "fear_today", "danger_unsure", "emergency", "wants_person"}
    for each in result["dimensions"].values():
        assert not (each["positive"] and (each["near"] or each["unknown"]))
        assert each["indicators"] == sorted(each["indicators"])


@MORE
@given(adults())
def test_no_mark_of_deceit_or_coercion_is_told_no_signs(payload: Payload) -> None:
    """T0 and T0-L have no mark in DR, CR or CD, and none of the open questions missing."""
    result = assess(payload)
    if result["type"] in ("T0", "T0-L"):
        assert not any(result["dimensions"][d]["indicators"] for d in ("DR", "CR", "CD"))
        if payload["context"].get("phase") != "offer":
            said = {
                code: payload["answers"].get(code, "absent")
                for code in ("Q01", "Q10", "Q11", "Q12", "Q15", "Q17")
            }
            assert set(said.values()) <= {"no", "na"}


@MORE
@given(payloads(), st.sampled_from(M2))
def test_a_floor_is_a_floor(payload: Payload, home: str) -> None:
    """Danger and emergencies are U3 whatever was answered; a wish for a person at least U1."""
    if payload["instrument"] == "minor":
        payload = _with(payload, "M2", home)
    for key, value, floor in (("danger_today", "yes", 3), ("emergency", "self_harm", 3), ("wants_person", True, 1),
                              ("danger_today", "unsure", 1), ("fear_today", "yes", 1)):  # fmt: skip
        raised = {**payload, "context": {**payload["context"], key: value}}
        assert _level(raised) >= floor
