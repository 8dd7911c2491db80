"""A person, the gateway's own decisions and its real words: everything of a turn but the store and the model.

The model's place is taken by what a test says it found. Every turn goes through ``bot.turn.decide`` with the
conversation as the store would give it back, and every act through the real catalogues and a real channel's limits.
"""

from __future__ import annotations

import asyncio
import atexit
import hashlib
import json
from collections.abc import Coroutine, Sequence
from typing import Any

from bot.draft import Draft, Shown
from bot.phrasing import Catalogues, Phrasing
from bot.rasa import RasaUnavailable
from bot.reading import Message
from bot.screening import engine
from bot.screening.model import load
from bot.showing import show
from bot.turn import Tools, decide, group
from bot.wordlists import WordLists
from connectors.base import Limits, Outbound
from connectors.telegram import LIMITS as TELEGRAM
from connectors.whatsapp import LIMITS as WHATSAPP
from tests.conftest import ROOT

LIMITS: dict[str, Limits] = {"whatsapp": WHATSAPP, "telegram": TELEGRAM}
PHRASING = Phrasing(Catalogues(ROOT / "locales", clock=lambda: 0.0))
WORDS = WordLists(ROOT / "locales", clock=lambda: 0.0)


class Model:
    """In Rasa's place: the engine answers, the reading of a text is what the test laid down before."""

    def __init__(self) -> None:
        self.intent, self.also, self.partly, self.share = "out_of_scope", (), False, 0.9
        self.away = False
        self.danger = 0.1  # how sure it is of danger in whatever is said next
        self.asked: list[str] = []

    async def parse(self, text: str) -> dict[str, Any]:
        if self.away or len(text) > 16_384:  # Rasa refuses more, which looks like an outage
            raise RasaUnavailable("away")
        self.asked.append(text)
        counts = self.intent if self.share >= 0.5 and text else "out_of_scope"
        return {
            "intent": counts,
            "confidence": self.share,
            "ranking": [{"name": self.intent, "confidence": self.share}],
            "also": list(self.also),
            "partly": self.partly,
            "danger": {
                "share": self.share if self.intent in ("emergency", "self_harm") else self.danger,
                "kind": "self_harm" if self.intent == "self_harm" else "danger",
            },
        }

    async def turn(self, request: dict[str, Any]) -> dict[str, Any]:
        given = request["input"]
        if self.away:
            raise RasaUnavailable("away")
        nlu = await self.parse(given["text"]) if given["kind"] == "text" else {}
        message = engine.Input(
            given["kind"],
            intent=nlu.get("intent", ""),
            confidence=nlu.get("confidence", 0.0),
            also=tuple(nlu.get("also", ())),
            partly=nlu.get("partly", False),
            choice=given.get("choice"),
            event=given.get("event", ""),
            message_id=(request["message_ids"] or [""])[-1],
        )
        made = engine.turn(load(), request["state"], message, request["context"])
        return {"acts": made.acts, "state": made.state, "nlu": nlu}


def mac(conversation: str, word: str) -> bytes:
    return hashlib.sha256(f"{conversation}\0{word}".encode()).digest()


LOOP = asyncio.new_event_loop()  # a loop for each of a million steps would cost more than the steps
atexit.register(LOOP.close)


def now(work: Coroutine[Any, Any, None]) -> None:
    """Run what never waits."""
    LOOP.run_until_complete(work)


class Person:
    """One conversation as the store keeps it, and what arrived on the phone."""

    def __init__(self, channel: str = "whatsapp") -> None:
        self.channel, self.limits = channel, LIMITS[channel]
        self.model = Model()
        self.asked = self.model.asked
        self.tools = Tools(self.model, load, WORDS, mac)
        self.n = 0
        self._begin()

    def _begin(self) -> None:
        self.phase = self.phase_before = "bot"
        self.locale, self.consented = "es", False
        self.state: dict[str, Any] | None = None
        self.shown: dict[str, Any] | None = None
        self.word: bytes | None = None
        self.case, self.floor, self.origin, self.was_closed = False, "U0", "", False
        self.erased = False
        self.got: list[tuple[str, bool, Outbound]] = []
        self.acts: list[str] = []

    # ── what a person does ──────────────────────────────────────────────────────────────────────────────────

    def reads(
        self, intent: str, *also: str, partly: bool = False, share: float = 0.9, danger: float = 0.1
    ) -> None:
        """What the model will find in the next text."""
        self.model.danger = danger
        self.model.intent, self.model.also, self.model.partly = intent, also, partly
        self.model.share = share

    def types(self, text: str, **context: Any) -> list[str]:
        return self.sends([self._message("text", text)], **context)

    def taps(self, choice: str, **context: Any) -> list[str]:
        title = next((c.title for _, _, m in reversed(self.got) for c in m.choices if c.id == choice), choice)
        return self.sends([self._message("choice", title, choice)], **context)

    def shows(self, kind: str, **context: Any) -> list[str]:
        return self.sends([self._message(kind)], **context)

    def _message(self, kind: str, text: str = "", choice: str = "") -> Message:
        self.n += 1
        return Message(f"m{self.n}", kind, text, choice, float(self.n))

    def sends(self, messages: Sequence[Message], *, silence: float = 0.0, on_duty: bool = False) -> list[str]:
        """One claimed batch: decided, rendered, kept as the store would; the keys that arrived."""
        draft = self._draft()
        context = {
            "silence_s": silence if self.shown else 0.0,
            "on_duty": on_duty,
            "wait_estimate_s": None,
            "window_closes_s": None,
        }
        before = json.dumps([self.state, self.shown])
        for batch in group(self.tools, draft, messages):
            now(decide(self.tools, draft, batch, {**context, "phase": draft.phase}))
        assert json.dumps([self.state, self.shown]) == before, "a turn that fails later must change nothing"
        draft.shown.at = 1.0
        rendered = show(PHRASING, draft, self.limits)
        self._keep(draft, rendered)
        return [key for key, _, _ in self.new]

    def _draft(self) -> Draft:
        return Draft(
            conversation_id="c",
            channel=self.channel,
            locale=self.locale,
            phase=self.phase,
            phase_before=self.phase_before,
            state=self.state,
            shown=Shown.from_json(json.loads(json.dumps(self.shown))),
            consented=self.consented,
            private_word_mac=self.word,
            has_case=self.case,
            closed_at=1.0 if self.was_closed else None,
        )

    def _keep(self, draft: Draft, rendered: list[tuple[str, bool, Outbound]]) -> None:
        """What the commit does, and the outbox: in a silent conversation only the lines that may leave do."""
        self.new: list[tuple[str, bool, Outbound]] = []
        if draft.erase:
            self._begin()
            self.erased = True
            return
        self.erased = False
        silent = draft.phase in ("locked", "stopped")
        assert not silent or all(leaves for _, leaves, _ in rendered), "held, it would show at the return"
        self.new = rendered
        self.got += self.new
        self.phase, self.phase_before = draft.phase, draft.phase_before
        self.state = json.loads(json.dumps(draft.state))
        self.shown = json.loads(json.dumps(draft.shown.as_json()))
        self.locale, self.consented, self.word = draft.locale, draft.consented, draft.private_word_mac
        if draft.origin:
            self.case, self.origin = True, self.origin or draft.origin
        if self.case:
            self.floor = max(self.floor, draft.floor)

    # ── what a responder does ───────────────────────────────────────────────────────────────────────────────

    def claimed(self) -> None:
        self._becomes("human")

    def closed(self) -> None:
        """The case is closed; the next message is the first after a person."""
        self._becomes("bot")
        self.case, self.floor, self.origin, self.was_closed = False, "U0", "", True

    def _becomes(self, phase: str) -> None:
        if self.phase in ("locked", "stopped"):
            self.phase_before = phase
        else:
            self.phase = self.phase_before = phase

    # ── what is on the phone ────────────────────────────────────────────────────────────────────────────────

    @property
    def open(self) -> str:
        """The code of the question that is open."""
        aside = (self.state or {}).get("aside")
        return str(aside["q"]) if aside else str((self.state or {}).get("step", ""))

    @property
    def offered(self) -> list[str]:
        """The choices under the newest message that has some."""
        found = next((m.choices for _, _, m in reversed(self.got) if m.choices), ())
        return [choice.id for choice in found]

    @property
    def ever(self) -> list[str]:
        """Every choice that was ever on this phone."""
        return list(dict.fromkeys(c.id for _, _, m in self.got for c in m.choices))

    @property
    def answers(self) -> dict[str, Any]:
        """Question → answer, without what a rule put there."""
        given = (self.state or {}).get("answers", {})
        return {code: a for code, a in given.items() if a["source"] != "rule"}
