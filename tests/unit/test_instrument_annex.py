"""Another instrument takes the place of ours by its data files alone: tests/unit/data/annex is a made-up annex."""

from __future__ import annotations

import ast
import json
import re
from datetime import date
from pathlib import Path
from typing import Any

from bot import referrals
from bot.review import page
from bot.screening import engine, htcds, model, texts
from bot.screening.assess import assess
from bot.screening.engine import Input
from tests.conftest import ROOT

ANNEX = model.load(Path(__file__).parent / "data/annex")
CODE = re.compile(r"[QM][0-9]{1,2}([a-z]|_[a-z]+)?")


class Talk:
    """A person at the other end of the annex's dialogue."""

    def __init__(self) -> None:
        self.state: dict[str, Any] | None = None
        self.acts: list[dict[str, Any]] = []
        self.asked: list[str] = []
        self.put(Input("text", "greet", message_id="m0"))

    def put(self, message: Input) -> None:
        turn = engine.turn(ANNEX, self.state, message, {"on_duty": True})
        self.state, self.acts = json.loads(json.dumps(turn.state)), turn.acts
        self.asked += [act["about"] for act in turn.acts if act.get("choices")]

    @property
    def open(self) -> str:
        assert self.state is not None
        return self.state["aside"]["q"] if self.state["aside"] else self.state["step"]

    def until(self, code: str, **answers: Any) -> Talk:
        gates = {"P0": "yes", "P1": "yes", "P2": "18", "P4": "now", "B4": "go", "M7": "yes"}
        for _ in range(40):
            if self.open == code:
                return self
            value = answers.get(self.open, gates.get(self.open, "no"))
            self.put(Input("choice", choice={"q": self.open, "v": value, "source": "button"}, message_id="m"))
        raise AssertionError(f"{code} never came; open is {self.open}")


def test_no_code_of_an_instrument_stands_in_python() -> None:
    """Not one question of ours is named by a program: only data files know them."""
    found = [
        (str(path.relative_to(ROOT)), node.value)
        for folder in ("bot", "rasa_project/components")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value)
    ]
    assert found == []


def test_the_annex_runs_in_its_own_order_and_is_weighed_by_its_own_marks() -> None:
    """Its blocks, its follow-up, its offer, its skip: and the result is the rule's."""
    talk = Talk().until(
        "W1", Q31="yes", Q32="yes", Q32_how=["little", "fines"], Q33="yes", Q2="yes", B4="skip"
    )
    asked = [code for code in talk.asked if CODE.fullmatch(code)]
    assert asked == ["Q31", "Q32", "Q32_how", "Q33", "Q34", "Q1", "Q2", "Q2b"]
    assert "X_person" in talk.asked
    result = assess(engine.assessment(talk.state or {}), ANNEX)
    assert (result["type"], result["urgency"]) == ("T4", "U2")
    assert result["dimensions"]["EX"]["indicators"] == ["D4.1", "D4.2", "D4.3"]
    values = htcds.derive(ANNEX, engine.assessment(talk.state or {}), result)
    assert [each["value"] for each in values["exploitation"]] == ["forced_labour"]


def test_the_annex_has_its_own_gate_danger_and_thanks_for_minors() -> None:
    """Which question is the gate, which is danger, what is thanked for: all in the data."""
    talk = Talk().until("M7", P2="14_17")
    talk.put(Input("choice", choice={"q": "M7", "v": "no", "source": "button"}, message_id="m"))
    assert [act["say"] for act in talk.acts] == ["say.later", "minor.lines"]
    talk = Talk().until("M20", P2="14_17")
    talk.put(Input("choice", choice={"q": "M20", "v": "yes", "source": "button"}, message_id="m"))
    assert talk.acts[0] == {"event": "handoff", "kind": "danger"}
    talk = Talk().until("M22", P2="u14", M20="no")
    talk.put(Input("choice", choice={"q": "M22", "v": "yes", "source": "button"}, message_id="m"))
    assert talk.acts[0]["say"] == "say.told_body"
    assert assess(engine.assessment(talk.state or {}), ANNEX)["type"] == "MR3"


def test_what_is_told_in_own_words_answers_the_annexs_questions() -> None:
    """The narrative counts in whatever question says that it does."""
    talk = Talk()
    talk.put(Input("text", "disclose_documents", message_id="m1"))
    assert engine.assessment(talk.state or {})["answers"] == {"Q33": "yes"}


def test_the_annex_is_shown_as_it_is() -> None:
    """The reviewers' page is made of its questions, its numbers and its sources, and of none of ours."""
    words = page.catalogue(ROOT / "locales", "es") | {
        f"ask.{code}": f"¿{code}?" for code in ANNEX.adult.codes
    }
    html = page.render(
        Path(__file__).parent / "data/annex", ANNEX, words, referrals.load(), date(2026, 11, 26)
    )
    assert "anexo 2.2 b" in html
    assert "¿Q2b?" in html
    assert "Anexo 3" in html
    assert "TVIT" not in html


def test_every_text_that_the_annex_lacks_is_named_for_its_question() -> None:
    """Whoever brings the annex is told which sentences to write, in every language that is there."""
    ours = {"ask.P0": "…"} | {key: "…" for code, key in texts.needed(ANNEX) if code != "Q2b"}
    said = texts.missing(ANNEX, {"es": ours, "en": {"ask.Q1"}, "pt": set()})
    assert "locales/es: Q2b: there is no text ask.Q2b" in said
    assert "locales/en: Q33: there is no text ask.Q33.other" in said
    assert not any(line.startswith("locales/pt") for line in said), (
        "a language that is not begun is no language"
    )
