"""The conditions of ``flow.yml`` in words, and the names of things, for people who review the instrument."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from bot.screening.flowcodes import FACTS, READ

PLAIN = ("yes", "no", "unsure", "declined", "na", "missing")
SPOKEN = {*FACTS, "situation"} - {"result"}

Text = Callable[..., str]


class Words:
    """``texts``: key → words of all catalogues that the page uses."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts

    def text(self, key: str, **params: object) -> str:
        """The words of a key with its parameters; the key itself where there are none, so that a gap shows."""
        found = self._texts.get(key, key)
        return re.sub(r"\{(\w+)\}", lambda m: str(params[m[1]]) if m[1] in params else m[0], found)

    def maybe(self, key: str) -> str:
        """The words of a key, nothing where there are none."""
        return self.text(key) if self.has(key) else ""

    def has(self, key: str) -> bool:
        """Whether there are words for a key."""
        return key in self._texts

    def condition(self, condition: Any, known: Mapping[str, str] | None = None) -> str:
        """A condition as a person says it. ``known``: facts that go without saying here, as ``instrument: adult``."""
        return self._said(condition, known or {})[0] if condition else ""

    def _said(self, condition: Any, known: Mapping[str, str]) -> tuple[str, str]:
        """The words, and the form that joins them where there are several: others put these in brackets."""
        if "not" in condition:
            inner, _ = self._said(condition["not"], known)
            return (self.text("review.when.not", what=inner) if inner else ""), ""
        for form in ("all", "any"):
            if form in condition:
                return self._joined(form, [self._said(part, known) for part in condition[form]])
        return self._single(condition, known), ""

    def _joined(self, form: str, parts: Sequence[tuple[str, str]]) -> tuple[str, str]:
        said = [f"({what})" if inner not in ("", form) else what for what, inner in parts if what]
        return f" {self.text(f'review.when.{form}')} ".join(said), form if len(said) > 1 else ""

    def _single(self, condition: Any, known: Mapping[str, str]) -> str:
        if "declined" in condition:
            return self.text("review.when.declined", n=condition["declined"])
        if "declined_in_a_row" in condition:
            return self.text(
                "review.when.in_a_row", n=condition["declined_in_a_row"], block=condition["block"]
            )
        form = "some" if "some" in condition else "every"
        return self._values(form, condition[form], condition["are"], known)

    def _values(
        self, form: str, codes: Sequence[str], values: Sequence[str], known: Mapping[str, str]
    ) -> str:
        if len(codes) == 1 and known.get(codes[0]) in values:
            return ""
        if len(codes) == 1 and codes[0] in SPOKEN:
            return self.listed([self.text(f"review.fact.{codes[0]}.{value}") for value in values], "or")
        if list(values) == ["missing"]:
            return self.text(f"review.when.missing.{form}", codes=self.codes(codes))
        said = self.listed([self.value(codes[0], value) for value in values], "or")
        if len(codes) == 1:
            return self.text("review.when.one", code=self.fact(codes[0]), values=said)
        return self.text(f"review.when.{form}", codes=self.codes(codes), values=said)

    def fact(self, code: str) -> str:
        """A code as it is, a fact by its name."""
        return self.text(f"review.fact.{code}") if code in (*FACTS, "situation", READ) else code

    def value(self, code: str, value: str) -> str:
        """One answer in words."""
        if code == "result":
            return value
        owner = "W1o" if code == READ else code
        own = f"choice.{owner}.{value}"
        if value in PLAIN and not self.has(own):
            return self.text(f"review.value.{value}")
        return f"«{self.text(own)}»"

    def codes(self, codes: Iterable[str]) -> str:
        """Codes in short: Q01–Q05, Q13."""
        rows = [(re.fullmatch(r"([A-Z])(\d+)", code), code) for code in codes]
        said: list[str] = []
        numbered = enumerate(rows)
        for _, run in groupby(numbered, key=lambda pair: _step(pair[0], pair[1])):
            names = [code for _, (_, code) in run]
            said += [f"{names[0]}–{names[-1]}"] if len(names) > 2 else names
        return ", ".join(said)

    def listed(self, words: Sequence[str], joint: str) -> str:
        """«a», «b» o «c»."""
        if len(words) < 2:
            return "".join(words)
        return f"{', '.join(words[:-1])} {self.text(f'review.joint.{joint}')} {words[-1]}"


def _step(place: int, row: tuple[re.Match[str] | None, str]) -> object:
    """The same for codes that follow one another; different for all that are no plain numbers."""
    match, code = row
    return (match[1], int(match[2]) - place) if match else code
