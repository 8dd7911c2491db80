"""Any person, in any order: what holds after every single message, whatever came before it."""

from __future__ import annotations

import copy
import re
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from bot.reading import Message
from bot.screening import engine
from bot.screening.assess import assess
from bot.screening.model import load
from bot.texts import rules
from tests.unit.test_engine_properties import INTENTS
from tests.walk.person import LIMITS, PHRASING, Person, mac

KEY = re.compile(r"\b[a-z]+(?:\.[A-Za-z0-9_-]+)+\b(?!/)")
KEYS = PHRASING.catalogues.keys("es")
PLACEHOLDER = re.compile(r"\{\w+\}")
KINDS = ("voice", "image", "sticker", "location", "contact", "unsupported")
SILENT = ("locked", "stopped", "human")
WAITS = 4000.0  # seconds: longer than the silence after which nothing of what was said is shown

# Lines after which nobody need be asked anything: each says how to go on.
GO_ON = ("say.paused", "say.bye", "say.later", "minor.lines", "end.bye", "lock.unlocked", "consent.later")
ABOUT_DANGER = frozenset({"P3", "X_check", "X_emergency", "X_help"})
EXITS = ("SALIR", "chao", "borra eso", "viene alguien")
ERASES = ("BORRAR", "/borrar")
STOPS = ("ALTO", "BAJA", "STOP")
DANGERS = (
    ("me está pegando ahora, ayuda", "danger"),
    ("me quiero matar", "self_harm"),
    ("está sangrando mucho y se desmayó", "medical"),
)
CALLS = ("ayuda", "AYUDA!!", "help", "ajuda por favor", "èd")
ALARMS = frozenset(f"emergency.{kind}" for kind in load().flow["emergencies"])  # their first, warm lines
ODD = {
    "nothing": "", "blank": "   ", "control": "\x00\x01\x02", "backwards": "\u202eodnum aloh", "emoji": "🙂🙃",
    "command": "/restart", "intent": '/affirm{"x":1}', "json": '{"text":"sí"}', "html": "<b>sí</b>",
    "link": "https://example.org/?q=1", "long": "x" * 10_000, "longer": "no " * 3000, "longest": "A" * 70_000,
    "seven": "7", "number": "99", "numbers": "1, 2 y 3", "zero": "0", "braces": "{}", "placeholder": "{minutes}",
    "key": "ask.Q07", "word": "ñandú", "keycap": "1️⃣",
}  # fmt: skip
OWN = "cachapa"
UNDOES = ("X_stale", "END")  # what may take an answer back, by the person's own wish


class Walk(RuleBasedStateMachine):
    """One person on one channel. ``rule`` methods are what can happen; ``_holds`` is checked after each."""

    @initialize(
        channel=st.sampled_from(sorted(LIMITS)),
        start=st.sampled_from(["nothing", "gates", "questions", "far"]),
        luck=st.lists(st.integers(0, 9), min_size=4, max_size=30),
    )
    def begin(self, channel: str, start: str, luck: list[int]) -> None:
        """Anywhere on the way: after the gates as an adult, or after any answers at all."""
        self.person = Person(channel)
        if start == "nothing":
            return
        self.person.reads("greet")
        self._does(lambda: self.person.types("hola"))
        for choice in ("P0.yes", "P1.yes", "P2.18", "P3.no") if start != "gates" else ():
            self._does(lambda choice=choice: self.person.taps(choice), tapped=choice)
        for n in luck[: 4 if start == "gates" else 12 if start == "questions" else 30]:
            offered = self.person.offered
            choice = offered[n % len(offered)]
            self._does(lambda choice=choice: self.person.taps(choice), tapped=choice)

    # ── answering ───────────────────────────────────────────────────────────────────────────────────────────

    @rule(n=st.integers(0, 9), silent=st.booleans(), double=st.booleans())
    def taps(self, n: int, silent: bool, double: bool) -> None:
        """A button of the newest question, perhaps after a long while, perhaps twice."""
        offered = self.person.offered
        if not offered:
            return
        choice = offered[n % len(offered)]
        self._does(
            lambda: self.person.taps(choice, silence=WAITS if silent and n == 0 else 0.0), tapped=choice
        )
        if double and n == 1:
            self._does(lambda: self.person.taps(choice))

    taps_again = taps
    taps_and_again = taps

    @rule(n=st.integers(0, 9), how=st.sampled_from(["digit", "title", "shout"]))
    def types_a_choice(self, n: int, how: str) -> None:
        """The number or the words of a choice, typed."""
        last = (self.person.shown or {}).get("last") or []
        if not last:
            return
        n %= len(last)
        title = last[n]["title"]
        text = {"digit": str(n + 1), "title": title, "shout": f" {title.upper()}! "}[how]
        self._does(lambda: self.person.types(text))

    @rule(n=st.integers(0, 500))
    def taps_an_old_button(self, n: int) -> None:
        """Any button that was ever shown."""
        ever = self.person.ever
        if ever:
            self._does(lambda: self.person.taps(ever[n % len(ever)]))

    @rule(
        choice=st.sampled_from(["Q99.yes", "Q01.perhaps", "", "erase.yes", "unlock.yes", "X_emergency.yes"])
    )
    def forges_a_button(self, choice: str) -> None:
        """A choice that may never have been shown."""
        self.person.reads("out_of_scope")
        self._does(lambda: self.person.sends([Message("forged", "choice", "Sí", choice, 0.0)]))

    # ── writing ─────────────────────────────────────────────────────────────────────────────────────────────

    @rule(
        intent=st.sampled_from(INTENTS),
        also=st.lists(st.sampled_from(INTENTS), max_size=2),
        partly=st.booleans(),
        share=st.sampled_from([0.95, 0.95, 0.95, 0.55, 0.3]),
        silent=st.sampled_from([False, False, False, True]),
        on_duty=st.booleans(),
    )
    def says(
        self, intent: str, also: list[str], partly: bool, share: float, silent: bool, on_duty: bool
    ) -> None:
        """Words of which only the model makes something."""
        self.person.reads(intent, *also, partly=partly, share=share)
        self._does(
            lambda: self.person.types("zq wv", silence=WAITS if silent else 0.0, on_duty=on_duty),
            undoes="back" in (intent, *also),
        )

    says_again = says

    @rule(name=st.sampled_from(sorted(ODD)), intent=st.sampled_from(["out_of_scope", "affirm", "greet"]))
    def types_something_odd(self, name: str, intent: str) -> None:
        """Bad input is only text."""
        self.person.reads(intent)
        self._does(lambda: self.person.types(ODD[name]))

    @rule(kind=st.sampled_from(KINDS))
    def sends_no_text(self, kind: str) -> None:
        self._does(lambda: self.person.shows(kind))

    @rule(parts=st.lists(st.sampled_from(["hola", "2", "no sé", "SALIR", "y", "1"]), min_size=2, max_size=4))
    def writes_in_fragments(self, parts: list[str]) -> None:
        """A burst: everything that was queued is one batch."""
        self.person.reads("greet")
        messages = [Message(f"b{n}", "text", text, "", 0.0) for n, text in enumerate(parts)]
        self._does(lambda: self.person.sends(messages))

    # ── words of safety: one turn, wherever the dialogue stands ─────────────────────────────────────────────

    @rule(word=st.sampled_from(EXITS))
    def exits(self, word: str) -> None:
        before = self.person.phase
        self._does(lambda: self.person.types(word))
        assert self.person.phase == "locked"
        if before != "locked":
            assert [key for key, _, _ in self.person.new] == ["exit.cover"]

    @rule(
        word=st.sampled_from(ERASES),
        sure=st.booleans(),
        how=st.sampled_from(["tap", "digit", "word", "words"]),
    )
    def erases(self, word: str, sure: bool, how: str) -> None:
        """Asked at once, carried out after one yes; a locked chat asks when it is opened."""
        person, before = self.person, self.person.phase
        self._does(lambda: person.types(word))
        if before == "locked":
            return
        assert [key for key, _, _ in person.new] == ["erase.confirm"]
        if not sure:
            return
        person.reads("affirm")
        how = "tap" if person.phase == "human" else how
        {"tap": lambda: person.taps("erase.yes"), "digit": lambda: person.types("1"),
         "word": lambda: person.types("sí"), "words": lambda: person.types("zq wv")}[how]()  # fmt: skip
        assert person.erased

    @rule(word=st.sampled_from(STOPS))
    def stops(self, word: str) -> None:
        before = self.person.phase
        self._does(lambda: self.person.types(word))
        if before != "locked":
            assert self.person.phase == "stopped"
            assert [key for key, _, _ in self.person.new] == ["stop.done"]

    @rule(
        danger=st.sampled_from(DANGERS),
        on_duty=st.booleans(),
        away=st.booleans(),
        share=st.sampled_from([0.9, 0.5, 0.001]),
    )
    def cries_for_help(self, danger: tuple[str, str], on_duty: bool, away: bool, share: float) -> None:
        """Answered in the same turn and a U3 case, with or without Rasa; locked or with a person: without a sound.

        Where the model is sure that it is none, one question comes first, once. More of the same in an open alarm is
        answered without all of its lines again.
        """
        person, (text, kind) = self.person, danger
        in_alarm = person.open in ("X_emergency", "X_help")
        silent = person.phase in ("locked", "human")
        if person.phase == "stopped" and person.phase_before == "human":
            silent = True
        person.model.away = away
        person.reads("out_of_scope", danger=share)
        self._does(lambda: person.types(text, on_duty=on_duty))
        person.model.away = False
        keys = [key for key, _, _ in person.new]
        if keys == ["ask.X_check"]:
            assert share < 0.1
            self._does(lambda: person.taps("X_check.yes", on_duty=on_duty))
            keys = [key for key, _, _ in person.new]
        assert (person.case, person.floor) == (True, "U3")
        if not silent:
            again = in_alarm and keys[0] == "emergency.here"
            assert again or keys[0] == f"emergency.{kind}", keys
            assert ("handoff.emergency" if on_duty else "handoff.emergency_off_duty") in keys
            assert keys[-1].startswith(
                ("ask.X_emergency", "ask.X_help", "again.X_emergency", "again.X_help")
                if again
                else f"emergency.{kind}.lines"
            )

    @rule(
        text=st.sampled_from(CALLS), intent=st.sampled_from(["emergency", "human", "out_of_scope"]),
        share=st.sampled_from([0.99, 0.5, 0.001]),
    )  # fmt: skip
    def calls_and_says_no_more(self, text: str, intent: str, share: float) -> None:
        """Asked about, never an alarm by itself; where nothing can be asked, an alarm without a sound.

        Asked "are you in danger?", it is the answer.
        """
        person, asked = self.person, self.person.open
        silent = person.phase in ("locked", "human")
        if person.phase == "stopped" and person.phase_before == "human":
            silent = True
        person.reads(intent, danger=share)
        self._does(lambda: person.types(text))
        if silent:
            assert (person.case, person.floor) == (True, "U3")
        said = [key for key, _, _ in person.new]
        assert asked == "X_check" or not ALARMS.intersection(said), (asked, said)
        if not silent:
            assert ABOUT_DANGER.intersection((asked, person.open)), (asked, person.open, said)

    # ── coming back, and people ─────────────────────────────────────────────────────────────────────────────

    @precondition(lambda self: self.person.phase == "locked")
    @rule(text=st.sampled_from(["sí, soy yo", "soy yo", OWN, "hola", "quién es", "si"]))
    def comes_back(self, text: str) -> None:
        """Opened by the private word, or without one by "sí, soy yo": nothing of what was said shows."""
        self._does(lambda: self.person.types(text))
        seen = {key for key, _, _ in self.person.new}
        assert seen <= {
            "lock.ask",
            "lock.unlocked",
            "ask.X_resume",
            "erase.confirm",
            "start.hello",
            "ask.P0",
        }, seen

    @precondition(lambda self: self.person.phase == "bot" and self.person.word is None)
    @rule()
    def has_a_word_of_her_own(self) -> None:
        self.person.word = mac("c", OWN)

    @precondition(lambda self: self.person.case)
    @rule()
    def is_claimed(self) -> None:
        self.person.claimed()

    @precondition(lambda self: self.person.case)
    @rule()
    def is_closed(self) -> None:
        self.person.closed()

    # ── what holds ──────────────────────────────────────────────────────────────────────────────────────────

    def _does(self, act: Any, *, undoes: bool = False, tapped: str = "") -> None:
        """One message, and everything that must hold after it."""
        person = self.person
        before = copy.deepcopy((person.answers, person.open, person.phase, person.state))
        speaks = person.phase if person.phase != "stopped" else person.phase_before
        pending = (person.shown or {}).get("pending")
        act()
        if person.erased:
            assert "erase" in (pending, before[1].removeprefix("X_"))
            return
        self._words_are_words()
        self._goes_on(speaks)
        self._keeps_answers(before, undoes=undoes)
        if tapped and speaks == "bot" and before[2] != "locked":
            self._takes(tapped, before)
        if person.state:
            assess(engine.assessment(person.state))

    def _words_are_words(self) -> None:
        """What leaves is text in the limits of the channel: no key, no placeholder, no empty line."""
        limits = self.person.limits
        for _, _, message in self.person.new:
            titles = [choice.title for choice in message.choices]
            for text in (message.text, message.list_label, *titles):
                assert not set(KEY.findall(text)) & KEYS, text
                assert not PLACEHOLDER.search(text), text
            assert message.text.strip()
            assert not rules.alarms(message.text.split("\n")[0], self.person.locale), message.text
            assert len(message.text) <= (limits.text_with_choices if message.choices else limits.text)
            assert len({choice.id for choice in message.choices}) == len(message.choices)
            assert all(re.fullmatch(r"[A-Za-z0-9_.-]{1,40}", choice.id) for choice in message.choices)
            most, longest = limits.buttons, limits.button_title
            if message.layout == "list":
                most, longest = limits.list_items, limits.list_title
            assert len(titles) <= most
            assert all(0 < len(title) <= longest for title in titles)

    def _goes_on(self, speaks: str) -> None:
        """Somebody whom the bot speaks to always has a next step; others hear nothing but what may leave."""
        person = self.person
        if person.phase == "locked":
            assert {key for key, _, _ in person.new} <= {"exit.cover", "lock.ask"}
        if person.phase in SILENT or speaks != "bot":
            return
        assert person.new, "no answer"
        key, _, last = person.new[-1]
        assert last.choices or key in GO_ON or "\n1. " in last.text, key

    def _keeps_answers(self, before: Any, *, undoes: bool) -> None:
        """What was told stays told, unless the person took it back."""
        answers, was_open, _, state = before
        if undoes or was_open in UNDOES or was_open == "P1":
            return
        for code, answer in answers.items():
            now = self.person.answers.get(code)
            assert now is not None, f"{code} is lost"
            told, kept = answer["value"], now["value"]
            if isinstance(told, list):
                assert isinstance(kept, list)
                assert set(told) <= set(kept), code
            elif told == "yes":
                assert kept == "yes", code
        code, ticks = (state or {}).get("step"), (state or {}).get("ticks", ())
        if ticks and code != self.person.state["step"]:  # type: ignore[index]
            assert set(ticks) <= set(self.person.answers[code]["value"]), f"a tick of {code} is lost"

    def _takes(self, choice: str, before: Any) -> None:
        """A tap under the open question of the questionnaire is its answer."""
        code, _, value = choice.rpartition(".")
        _, was_open, _, _ = before
        instruments = load()
        if code != was_open or value == "more" or code in ("M0", "M1"):
            return
        if code in instruments.adult.codes or code in instruments.minor.codes:
            ticks = self.person.state["ticks"]  # type: ignore[index]
            assert code in self.person.answers or value in ticks, f"{choice} was not taken"
