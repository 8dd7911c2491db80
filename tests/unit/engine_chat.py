"""A person at the other end of the engine, for its tests: taps, says, waits; reads what came back."""

from __future__ import annotations

import json
from typing import Any

from bot.screening import engine, model
from bot.screening.engine import Input

INSTRUMENTS = model.load()
YES = "yes"
ADULT = {"P0": "yes", "P1": "yes", "P2": "18", "P3": "no", "P4": "now", "P5": "full", "B4": "go"}
YOUNG = {"P0": "yes", "P1": "yes", "P2": "14_17", "M0": "yes", "M1": "no", "M2": "family"}


class Chat:
    """One conversation. Every turn's state makes the round trip through JSON, as in the gateway."""

    def __init__(self, state: dict[str, Any] | None = None, **context: Any) -> None:
        self.state = state
        self.context = {"on_duty": True, "wait_estimate_s": None, "silence_s": 0.0, "phase": "bot", **context}
        self.acts: list[dict[str, Any]] = []
        self.all: list[dict[str, Any]] = []
        self.n = 0

    def put(self, message: Input | None = None, *, kind: str = "", silence: float = 0.0) -> list[str]:
        """One turn; returns the keys said."""
        context = {**self.context, "silence_s": silence}
        before = json.dumps(self.state)
        if kind:
            turn = engine.interrupt(INSTRUMENTS, self.state, kind, context)
        else:
            assert message is not None
            turn = engine.turn(INSTRUMENTS, self.state, message, context)
        assert json.dumps(self.state) == before, "the state that was handed in must not change"
        self.state, self.acts = json.loads(json.dumps(turn.state)), turn.acts
        self.all += turn.acts
        return self.said

    def says(self, intent: str, *also: str, partly: bool = False, silence: float = 0.0) -> list[str]:
        return self.put(
            Input("text", intent, 0.9, also, partly=partly, message_id=self._id()), silence=silence
        )

    def taps(self, value: Any, code: str = "", *, source: str = "button", silence: float = 0.0) -> list[str]:
        choice = {"q": code or self.open, "v": value, "source": source}
        return self.put(Input("choice", choice=choice, message_id=self._id()), silence=silence)

    def gets(self, event: str) -> list[str]:
        return self.put(Input("event", event=event, message_id=self._id()))

    def until(self, code: str, **answers: Any) -> Chat:
        """Answer what comes (gates as an adult with time, lists "unsure", the rest "no") until ``code`` is open."""
        if self.state is None:
            self.says("greet")
        for _ in range(80):
            if self.open == code:
                return self
            self.taps(self._answer(answers))
        raise AssertionError(f"{code} never came; open is {self.open}")

    def _answer(self, answers: dict[str, Any]) -> Any:
        if self.open in answers:
            return answers[self.open]
        gates = YOUNG if self.state and self.state["instrument"] == "minor" else ADULT
        return gates.get(self.open, "unsure" if "which" in self.open else "no")

    def _id(self) -> str:
        self.n += 1
        return f"m{self.n}"

    def put_events(self, intent: str, *also: str) -> list[str]:
        """Say something and return the events that it brought."""
        self.says(intent, *also)
        return self.events

    @property
    def open(self) -> str:
        """The code of the question that is open."""
        aside = self.state["aside"] if self.state else None
        return aside["q"] if aside else (self.state or {}).get("step", "")

    @property
    def said(self) -> list[str]:
        return [act["say"] for act in self.acts if "say" in act]

    @property
    def events(self) -> list[str]:
        return [act["event"] for act in self.acts if "event" in act]

    @property
    def choices(self) -> list[str]:
        """The values that can be tapped now."""
        return [choice["value"]["v"] for choice in self.acts[-1].get("choices", ())]

    @property
    def asked(self) -> list[str]:
        """The questions put so far, in their order."""
        return [act["about"] for act in self.all if act.get("choices")]

    @property
    def payload(self) -> dict[str, Any]:
        return engine.assessment(self.state or {})

    def value(self, code: str) -> Any:
        answers = (self.state or {})["answers"]
        return answers[code]["value"] if code in answers else None
