"""Two wordings of a question, one for each half of the people: who reads which, and what is counted of them.

Which half a conversation is in is a coin's decision, kept in its sealed state and nowhere else; what leaves it is a
count by wording and day. Whoever read the text before, or has the question open, is in no half. Stage: while a turn
is phrased; pure but for the coin, the catalogues, and the list of what runs, which is read in the turn's own view of
the database.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.draft import Draft
from bot.phrasing import Phrasing
from bot.storage import trials
from bot.storage.trials import NEW, OLD, Tally, Trial
from bot.texts import rules, sayable, trial
from bot.texts.place import question_of

FRESH_SECONDS = 2.0  # within five seconds an editor's act is everybody's


class Trials:
    """What runs now; one for all workers of a process. ``coin`` gives the new wording to one half of the people."""

    def __init__(self, coin: Callable[[], bool] = lambda: bool(secrets.randbits(1))) -> None:
        self._coin = coin
        self._running: Sequence[Trial] = ()
        self._read_at = float("-inf")

    async def refresh(self, conn: AsyncConnection, now: float, *, sure: bool) -> None:
        """Read what runs; not again within two seconds unless it must be ``sure``."""
        if sure or not 0 <= now - self._read_at < FRESH_SECONDS:
            self._running, self._read_at = await trials.running(conn), now

    def judge(self, draft: Draft, now: float) -> None:
        """Before this turn is phrased: which readers of earlier turns have answered, or did not at once."""
        known = {one.id for one in self._running}
        tried = draft.shown.tried = {id_: one for id_, one in draft.shown.tried.items() if id_ in known}
        for id_, one in tried.items():
            if "question" not in one:
                continue
            if now - one["at"] >= trial.TO_ANSWER or _asked_back(draft, one["question"]):
                _settle(one)
            elif answered(draft.state, one["question"]):
                draft.tallies.append(Tally(id_, one["arm"], trial.day_of(one["at"]), answered=1))
                _settle(one)

    def dress(self, phrasing: Phrasing, draft: Draft, now: float, key: str) -> Phrasing:
        """What to phrase this text with: the wording of the conversation's half."""
        question = question_of(key)
        if not question or not self._running:
            return phrasing
        locale, text = phrasing.catalogues.source(key, draft.locale)
        one = self._of(locale, key, text)
        if one is None:
            return phrasing
        if one.id not in draft.shown.tried:
            if key in draft.shown.read or _begun(draft, key):
                return phrasing
            arm, day = NEW if self._coin() else OLD, trial.day_of(now)
            draft.shown.tried[one.id] = {"arm": arm, "question": question, "at": now}
            draft.tallies.append(Tally(one.id, arm, day, read=1))
        if draft.shown.tried[one.id]["arm"] == OLD:
            return phrasing
        return phrasing.with_text(locale, key, one.text)

    def _of(self, locale: str, key: str, text: str) -> Trial | None:
        """The trial of a text; none once somebody changed it, or it is one of safety."""
        found = (one for one in self._running if (one.locale, one.key) == (locale, key))
        one = next(found, None)
        return one if one is not None and one.before == text and fit(key) else None


def fit(key: str) -> bool:
    """Whether this text may be tried: the words of a question that is neither safety's nor danger's.

    >>> fit("ask.Q07"), fit("why.Q07"), fit("ask.P0"), fit("why.X_help"), fit("say.bye")
    (True, True, False, False, False)
    """
    code = question_of(key)
    question = sayable.script().questions.get(code)
    if question is None or code.startswith("X_") or code == "END" or question.danger:
        return False
    return not any(rules.is_safety(f"{kind}.{code}") for kind in ("ask", "why", "again"))


def answered(state: Mapping[str, Any] | None, question: str) -> bool:
    """Whether the question has an answer, or the first tick of one.

    >>> answered({"step": "Q07", "answers": {}, "trail": [], "ticks": ["food"], "read": []}, "Q07")
    True
    """
    if state is None:
        return False
    ticked = state["step"] == question and bool(state["ticks"] or state["read"])
    return ticked or question in state["trail"] or question in state["answers"]


def _asked_back(draft: Draft, question: str) -> bool:
    """Whether they wanted to know why, or to have it in other words."""
    return any(
        say.act["say"].startswith(("why.", "again.")) and question_of(say.act["say"]) == question
        for say in draft.says
    )


def _begun(draft: Draft, key: str) -> bool:
    return f"{draft.locale}/{key}" in draft.shown.put.get("texts", {})


def _settle(one: dict[str, Any]) -> None:
    """What it was is counted; what stays is which words they read."""
    del one["question"], one["at"]
