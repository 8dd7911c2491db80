"""One turn while it happens: the state being changed and the acts collected.

Holds no rule of the dialogue; promises only that acts have the agreed shape.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from bot.screening import facts, order
from bot.screening.script import SHRUGS, Question, Script

Act = dict[str, Any]

RETURNS = ("unlocked", "returned_from_human")  # the person is back: neutral, whatever the clock says
ABOUT_OTHERS = "faq_other_person"
ALARM = ("X_emergency", "X_help")  # what else breaks in, and is settled, leads back to these
OTHER = "other"
OVER = "over"  # how a "no" to danger was given that says that it is past: what is asked next takes that up


@dataclasses.dataclass(frozen=True, slots=True)
class Input:
    """One message as the dialogue takes it.

    ``text``: what the model found (``intent`` counts, ``also`` are further intents, ``partly`` says that a
    yes/no question got "a veces"). ``choice``: ``{"q", "v", "source"}``. ``event``: the name of what came.
    """

    kind: Literal["text", "choice", "event"]
    intent: str = ""
    confidence: float = 0.0
    also: Sequence[str] = ()
    partly: bool = False
    choice: Mapping[str, Any] | None = None
    event: str = ""
    message_id: str = ""

    @property
    def intents(self) -> tuple[str, ...]:
        return (self.intent, *(name for name in self.also if name != self.intent))


@dataclasses.dataclass(frozen=True, slots=True)
class Turn:
    """What a turn brings: acts in their order, and the state to keep."""

    acts: list[Act]
    state: dict[str, Any]


@dataclasses.dataclass(slots=True)
class Talk:
    """A turn under way. ``state`` is this turn's own copy."""

    script: Script
    state: dict[str, Any]
    message: Input
    context: Mapping[str, Any]
    acts: list[Act] = dataclasses.field(default_factory=list)

    def say(self, key: str, **params: Any) -> None:
        self.acts.append({"say": key, "params": params})

    def event(self, name: str, **fields: Any) -> None:
        self.acts.append({"event": name, **fields})

    def name_lines(self, lines: Sequence[str]) -> None:
        """Name some lines, and say with each which ones stand together: the gateway knows which may be offered."""
        for key in (*(f"referral.{line}" for line in lines), "lines.note"):
            self.acts.append({"say": key, "params": {}, "among": list(lines)})

    def mark(self, name: str) -> bool:
        """Remember that something was said or done; False when it had been."""
        if name in self.state["said"]:
            return False
        self.state["said"].append(name)
        return True

    def value(self, code: str) -> Any:
        return facts.value(self.script, self.state, code)

    @property
    def current(self) -> str:
        """The code of the question that is open now; empty before the first."""
        aside = self.state["aside"]
        return str(aside["q"]) if aside else str(self.state["step"])

    @property
    def begun(self) -> bool:
        """Whether something was asked before this turn."""
        return bool(self.state["step"] or self.state["aside"] or self.state["done"])

    @property
    def minor(self) -> bool:
        return facts.instrument(self.state) == "minor"

    @property
    def alarm(self) -> str:
        """The question of an alarm that is open, or waits beneath what broke in over it; else empty."""
        aside = self.state["aside"] or {}
        return str(aside["q"]) if aside.get("q") in ALARM else str(aside.get("then", ""))

    def set_aside(self, code: str, /, **more: Any) -> None:
        """Let another question break in; the open one, or the alarm, comes back when it is settled."""
        beneath = "" if code in ALARM else self.alarm
        self.state["aside"] = {"q": code, **({"then": beneath} if beneath else {}), **more}

    # ── asking ──────────────────────────────────────────────────────────────────────────────────────────

    def ask(self, code: str, key: str = "") -> None:
        """Put one question with its choices."""
        question = self.script.questions[code]
        act: Act = {"say": key or wording(self, question), "params": {}}
        act["choices"] = [choice(question, value) for value in offered(self, question)]
        act["about"] = code
        if question.kind == "many":
            act["multi"] = True
        if items := named(self, question):
            act["named"] = items
        self.acts.append(act)

    def numbered(self) -> None:
        """Let the question just put show its choices by number too, whatever the channel has for buttons."""
        if self.acts[-1].get("choices"):
            self.acts[-1]["numbers"] = True

    def ask_aside(self, code: str, variant: str = "", /, **more: Any) -> None:
        """A question that breaks in, asked now."""
        self.set_aside(code, variant=variant, **more)
        self.ask(code, f"ask.{code}.{variant}" if variant else "")

    def ask_by_turns(self, *, anew: bool = False) -> None:
        """Put what broke in in its own words and in others by turns, so that no line comes twice running."""
        aside = self.state["aside"] or {}
        code, variant = str(aside["q"]), aside.get("variant")
        mark = f"put.{code}"
        if anew and mark in self.state["said"]:
            self.state["said"].remove(mark)
        if self.mark(mark):
            self.ask(code, f"ask.{code}.{variant}" if variant else "")
        else:
            self.state["said"].remove(mark)
            self.ask(code, f"again.{code}")

    def ask_meanwhile(self) -> None:
        """Whether to go on while somebody is awaited."""
        self.set_aside("X_meanwhile")
        self.ask_by_turns()


def choice(question: Question, value: str) -> Act:
    """One choice as the contract has it: a stable id, a message key, a structured value."""
    key = "choice.done" if value == "done" and question.kind == "many" else question.key(value)
    return {"id": f"{question.code}.{value}", "key": key, "value": {"q": question.code, "v": value}}


def offered(talk: Talk, question: Question) -> list[str]:
    """The values that can be tapped now."""
    ticks = talk.state["ticks"] if question.kind == "many" and question.code == talk.state["step"] else []
    gone = talk.state["read"] if question.code == "W1o" else ticks
    values = [v for v in question.values if v not in gone]
    values = [v for v in values if facts.holds(talk.script, talk.state, question.only.get(v))]
    if question.code == "X_lang":
        values = [v for v in values if v in talk.context.get("locales", values)]
    if ticks:
        return [v for v in values if v not in SHRUGS] + ["done"]
    return values


def named(talk: Talk, question: Question) -> Act:
    """What an answer may name instead of a yes: the list that a yes would bring ("¿Te mintieron sobre el pago…?").

    "Another" names nothing: here it may as well be meant for the answers that three buttons could not hold.
    """
    brought = talk.script.follow_ups(question.code) if question.kind == "yesno" else []
    told = next((one for one in brought if one.kind in ("one", "many")), None)
    if told is None or order.confirming(talk.state, question.code):
        return {}
    values = [value for value in told.values if value not in (*SHRUGS, OTHER)]
    return {"choices": [choice(told, value) for value in values], "multi": told.kind == "many"}


def wording(talk: Talk, question: Question) -> str:
    """The message key of a question as it is put to this person now."""
    code = question.code
    ticked = question.kind == "many" and talk.state["ticks"] and code == talk.state["step"]
    if order.confirming(talk.state, code):
        if question.kind == "yesno":
            return f"confirm.{code}"
        return "say.tick_told" if ticked else question.text
    if ticked:
        return "say.tick_more"
    if code == "P4" and OVER in talk.state["said"]:
        return "ask.P4.over"
    if code == "W1o" and talk.state["read"]:
        return "ask.W1o.more"
    for variant in ("minor", "u14", "past", "offer"):
        if code in talk.script.flow["variants"].get(variant, ()) and _is(talk, variant):
            return f"ask.{code}.{variant}"
    return question.text


def rephrased(talk: Talk, question: Question) -> str:
    """The message key of a question in other words: what is asked of this person now, said differently."""
    for variant in ("minor", "u14", "past", "offer"):
        if question.code in talk.script.flow["variants"].get(variant, ()) and _is(talk, variant):
            return f"again.{question.code}.{variant}"
    return f"again.{question.code}"


def _is(talk: Talk, variant: str) -> bool:
    if variant == "minor":
        return talk.minor
    if variant == "u14":
        return facts.age_band(talk.state) == "u14"
    return facts.phase(talk.script, talk.state) == variant


Effect = Callable[[Talk, Any, str], None]  # what an answer does: the turn, the value, its source
