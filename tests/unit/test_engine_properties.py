"""Whatever a person does, in whatever order: never an error, never silence, never a question twice, never a lost yes."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.screening import engine
from bot.screening.assess import assess
from bot.screening.engine import Input
from tests.unit.engine_chat import INSTRUMENTS, Chat

INTENTS = [
    "affirm",
    "deny",
    "unsure",
    "decline",
    "greet",
    "start",
    "why",
    "repeat",
    "back",
    "pause",
    "resume",
    "erase",
    "stop",
    "language",
    "human",
    "thank",
    "goodbye",
    "emergency",
    "self_harm",
    "faq_identity",
    "faq_confidentiality",
    "faq_migration_status",
    "faq_cost",
    "faq_trafficking",
    "faq_rights",
    "faq_services",
    "faq_other_person",
    "disclose_documents",
    "disclose_unpaid",
    "disclose_debt",
    "disclose_threats",
    "disclose_violence",
    "disclose_confinement",
    "disclose_deception",
    "disclose_sexual",
    "disclose_overwork",
    "disclose_control",
    "disclose_minor",
    "out_of_scope",
]
EVENTS = [
    "voice",
    "image",
    "sticker",
    "location",
    "contact",
    "unsupported",
    "returned_from_human",
    "unlocked",
    "rasa_was_down",
]
QUIET = {"lock", "stop", "erase"}  # after these the gateway speaks, or nobody
KEYS = engine.keys(INSTRUMENTS)
CODES = [code for name in ("adult", "minor") for code in getattr(INSTRUMENTS, name).codes]

steps = st.one_of(
    st.tuples(st.just("tap"), st.integers(0, 9)),
    st.tuples(st.just("tap"), st.integers(0, 9)),
    st.tuples(st.just("tap"), st.integers(0, 9)),
    st.tuples(st.just("old"), st.integers(0, 200)),
    st.tuples(
        st.just("say"),
        st.sampled_from(INTENTS),
        st.lists(st.sampled_from(INTENTS), max_size=2),
        st.booleans(),
    ),
    st.tuples(st.just("get"), st.sampled_from(EVENTS)),
    st.tuples(
        st.just("alarm"), st.sampled_from(["danger", "self_harm", "medical", "child", "sexual_violence"])
    ),
    st.tuples(
        st.just("forge"),
        st.sampled_from([*CODES, "P0", "W1", "X_erase", "?"]),
        st.sampled_from(["yes", "no", 3, None, ["a"]]),
    ),
)
contexts = st.fixed_dictionaries(
    {
        "silence_s": st.sampled_from([0, 0, 0, 0, 1800, 90000.0]),
        "on_duty": st.booleans(),
        "wait_estimate_s": st.sampled_from([None, 0, 30, 5400.5]),
    }
)
FAST = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _message(step: tuple[Any, ...], shown: list[Any], issued: list[Any], n: int) -> Input:
    if step[0] == "tap" and shown:
        return Input(
            "choice", choice={**shown[step[1] % len(shown)]["value"], "source": "button"}, message_id=f"m{n}"
        )
    if step[0] == "old" and issued:
        return Input("choice", choice=issued[step[1] % len(issued)]["value"], message_id=f"m{n}")
    if step[0] == "say":
        return Input("text", step[1], 0.8, step[2], partly=step[3], message_id=f"m{n}")
    if step[0] == "get":
        return Input("event", event=step[1], message_id=f"m{n}")
    if step[0] == "forge":
        return Input("choice", choice={"q": step[1], "v": step[2]}, message_id=f"m{n}")
    return Input("text", "greet", message_id=f"m{n}")


def _check_acts(acts: list[dict[str, Any]]) -> list[Any]:
    """The shape of every act, and the choices that are on the screen now."""
    assert acts
    assert any("say" in act for act in acts) or {act["event"] for act in acts} & QUIET
    shown: list[Any] = []
    for act in acts:
        if "event" in act:
            continue
        assert act["say"] in KEYS
        ids = [choice["id"] for choice in act.get("choices", ())]
        assert len(ids) == len(set(ids)) <= 10
        assert all(choice["key"] in KEYS for choice in act.get("choices", ()))
        shown = act.get("choices") or shown
    return shown


@FAST
@given(st.lists(st.tuples(steps, contexts), min_size=1, max_size=60))
def test_nothing_that_a_person_does_breaks_the_dialogue(script: list[Any]) -> None:
    """No error, always an answer, a state that is small JSON, an assessment that is accepted; the same again."""
    state: dict[str, Any] | None = None
    shown: list[Any] = []
    issued: list[Any] = []
    for n, (step, context) in enumerate(script):
        message = _message(step, shown, issued, n)
        if step[0] == "alarm":
            turn = engine.interrupt(INSTRUMENTS, state, step[1], context)
        else:
            turn = engine.turn(INSTRUMENTS, state, message, context)
            again = engine.turn(INSTRUMENTS, state, message, context)
            assert (turn.acts, turn.state) == (again.acts, again.state)
        shown = _check_acts(turn.acts) or shown
        issued += shown
        dumped = json.dumps(turn.state)
        assert len(dumped) < 8192
        assert json.loads(dumped) == turn.state
        assess(engine.assessment(turn.state))
        state = turn.state


@FAST
@given(st.lists(st.integers(0, 9), min_size=10, max_size=70))
def test_no_question_is_put_twice(taps: list[int]) -> None:
    """Answering what is asked, and nothing else: every question comes once (lists and subjects until "that is all")."""
    chat = Chat()
    chat.says("greet")
    for tap in taps:
        if chat.open in ("X_emergency", "X_help"):
            chat.taps("no" if chat.open == "X_emergency" else "go")
        elif chat.open in ("X_resume", "END", ""):
            break
        else:
            chat.taps(chat.choices[tap % len(chat.choices)])
    once = [code for code in chat.asked if code[0] in "QMP" and "which" not in code]
    assert len(once) == len(set(once)), once
    assert len(chat.asked) < 60


@FAST
@given(
    st.lists(st.tuples(steps, contexts), max_size=25),
    st.sampled_from([i for i in INTENTS if i.startswith("disclose_") and i != "disclose_minor"]),
    st.lists(st.tuples(steps, contexts), max_size=25),
)
def test_what_was_told_is_never_lost(before: list[Any], intent: str, after: list[Any]) -> None:
    """A yes in the person's own words stays a yes, unless consent was refused or everything begun anew."""
    chat = _walked(Chat(), before)
    chat.says(intent)
    told = [code for code, answer in chat.state["answers"].items() if answer["source"] == "narrative"]
    held = {code: chat.value(code) for code in told}
    for step in after:
        _walked(chat, [step])
        if chat.state["done"].get("P1") == "no" or any(
            act.get("about") == "P0" or act.get("event") == "consent" for act in chat.acts
        ):
            return
    for code, value in held.items():
        now = chat.value(code)
        assert now == value or set(value) <= set(now), code


def _walked(chat: Chat, script: list[Any]) -> Chat:
    for step, context in script:
        chat.context.update(on_duty=context["on_duty"])
        shown = next((a["choices"] for a in reversed(chat.all) if a.get("choices")), [])
        issued = [c for a in chat.all for c in a.get("choices", ())]
        chat.n += 1
        if step[0] == "alarm":
            chat.put(kind=step[1])
        else:
            chat.put(_message(step, shown, issued, chat.n), silence=context["silence_s"])
    return chat


@FAST
@given(st.lists(st.tuples(steps, contexts), min_size=1, max_size=40), st.sampled_from(["human", "emergency"]))
def test_help_is_always_one_word_away(script: list[Any], intent: str) -> None:
    """Wherever the dialogue stands: asking for a person calls one, an emergency alarms."""
    chat = _walked(Chat(), script)
    chat.says(intent)
    assert {"human": "want_person", "emergency": "handoff"}[intent] in chat.events


@FAST
@given(st.lists(st.tuples(steps, contexts), min_size=1, max_size=40))
def test_after_silence_nothing_shows_wherever_it_stands(script: list[Any]) -> None:
    """The neutral question, and only that, to any plain word after half an hour."""
    chat = _walked(Chat(), script)
    if chat.open == "X_resume":
        return
    assert chat.says("greet", silence=3600.0) == ["ask.X_resume"]
