"""What editors do with words: add, look twice, take back. Each act is one transaction, and the file comes last.

Promises that nothing with an error reaches a file; that a sign of danger and a word that closes the chat are
published by somebody else than their author; that what was changed by hand meanwhile stays.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from bot import audit, choices, wordlists
from bot.phrases import examples, judge, wordfile
from bot.phrases.judge import Effect, Found
from bot.phrasing import Catalogues, MissingTextError
from bot.safety import tables
from bot.safety.lexicon import KINDS
from bot.screening.model import load
from bot.screening.script import Question, compile_script
from bot.storage import changes, phrases
from bot.storage.changes import Change
from bot.storage.database import Database
from bot.storage.staff import Staff
from bot.texts import po
from bot.vault import Vault

Said = Literal["added", "asked", "proposed", "wrong", "file", "gone", "own", "dropped", "undone", "useless"]
ANYWHERE = ("yes", "no", "unsure", "declined", "done")
CLOSES = "exit"
LEVELS = ("alarm", "ask")


class UnwritableError(Exception):
    """A file cannot be written, or no longer is what it was."""


@dataclasses.dataclass(frozen=True, slots=True)
class Verdict:
    """What the checks say of a text for a place; ``effect`` of a sign of danger."""

    found: tuple[Found, ...]
    effect: Effect | None = None

    @property
    def wrong(self) -> bool:
        return any(one.level == "error" for one in self.found)


@dataclasses.dataclass(frozen=True, slots=True)
class PhraseDesk:
    """Acts on the files of the running service; who may do what is the caller's table."""

    db: Database
    vault: Vault
    catalogues: Catalogues
    project: Path

    # ── where a text may go ─────────────────────────────────────────────────────────────────────────────

    def questions(self) -> Mapping[str, Question]:
        """The questions whose choices may be named in words."""
        return {code: q for code, q in compile_script(load()).questions.items() if q.values}

    def places(self) -> Iterator[tuple[str, str]]:
        """``(kind, place)`` of every place there is."""
        yield from (("answers", name) for name in (*ANYWHERE, CLOSES))
        for code, question in self.questions().items():
            yield from (("answers", f"{code}.{value}") for value in question.values)
        yield from (("safety", f"{kind}.{level}") for kind in KINDS for level in LEVELS)
        yield from (("example", intent) for intent in examples.intents(self.project))

    def titles(self, code: str, locale: str) -> list[dict[str, Any]]:
        """The choices of a question as a telephone shows them."""
        question = self.questions().get(code)
        if question is None:
            return []
        return [
            {"value": {"q": code, "v": v}, "title": self.title(question.key(v), locale)}
            for v in question.values
        ]

    def title(self, key: str, locale: str) -> str:
        try:
            return self.catalogues.text(key, locale)
        except MissingTextError:
            return ""

    # ── judging ─────────────────────────────────────────────────────────────────────────────────────────

    async def judge(self, kind: str, place: str, text: str, locale: str) -> Verdict:
        """What speaks against it. A sign of danger is tried on the development set, which takes seconds."""
        if (kind, place) not in set(self.places()):
            return Verdict((Found("error", "form"),))
        return await asyncio.to_thread(self._judge, kind, place, text, locale)

    def _judge(self, kind: str, place: str, text: str, locale: str) -> Verdict:
        if kind == "safety":
            found, effect = judge.sign(text, place, examples.labelled(self.project), locale)
            return Verdict(tuple(found), effect)
        if kind == "example":
            known = examples.known(self.project / "data" / "nlu")
            judging = {
                **examples.known(self.project / "data" / "dev"),
                **examples.known(self.project / "data" / "held"),
            }
            return Verdict(tuple(judge.example(text, place, known, frozenset(judging))))
        words = self._words(locale)
        if place == CLOSES:
            titles = (one["title"] for code in self.questions() for one in self.titles(code, locale))
            return Verdict(tuple(judge.exit_word(text, words, titles, locale)))
        offered = self.titles(place.rpartition(".")[0], locale)
        return Verdict(tuple(judge.answer(text, place, words, offered, locale)))

    def _words(self, locale: str) -> Mapping[str, frozenset[str]]:
        folder = self.catalogues.folder
        names = [path.parent.name for path in folder.glob("*/answers.yml")]
        return wordlists.merge({name: choices.load_words(folder, name) for name in names}, locale)

    # ── acts ────────────────────────────────────────────────────────────────────────────────────────────

    async def add(
        self, kind: str, place: str, text: str, locale: str, author: Staff, now: float, phrase: str = ""
    ) -> Said:
        """Put a word into its list; what may silence or alarm waits for a second look, an example for its rehearsal."""
        if (await self.judge(kind, place, text, locale)).wrong:
            return "wrong"
        kept = text if kind == "example" else choices.fold(text)
        at_once = kind == "answers" and place != CLOSES
        try:
            async with self.db.write() as conn:
                if phrase and not await phrases.decide(conn, phrase, "taken"):
                    return "gone"
                state = "published" if at_once else "waiting"
                id_ = await changes.write(conn, kind, locale, place, kept, state, author.id, now)
                if not at_once:
                    return "proposed" if kind == "example" else "asked"
                await audit.append(conn, self.vault, author.id, "phrase.add", id_, now)
                _save(self._file(kind, locale), place, kept, wordfile.added)
        except UnwritableError:
            return "file"
        return "added"

    async def approve(self, id_: str, by: Staff, now: float) -> Said:
        """The second look at what somebody else wrote."""
        async with self.db.read() as conn:
            change = await changes.get(conn, id_)
        if change is None or change.state != "waiting" or change.kind == "example":
            return "gone"
        if change.author == by.id:
            return "own"
        if (await self.judge(change.kind, change.place, change.text, change.locale)).wrong:
            return "wrong"
        return await self._move(change, "waiting", "published", by, now)

    async def undo(self, id_: str, by: Staff, now: float) -> Said:
        """Take a word out of its list again. Examples go with their rehearsal."""
        async with self.db.read() as conn:
            change = await changes.get(conn, id_)
        if change is None or change.kind == "example":
            return "gone"
        return await self._move(change, "published", "undone", by, now)

    async def _move(self, change: Change, before: str, after: str, by: Staff, now: float) -> Said:
        adds = after == "published"
        try:
            async with self.db.write() as conn:
                if not await changes.move(conn, [change.id], before, after, by.id, now):
                    return "gone"
                act = "phrase.add" if adds else "phrase.undo"
                await audit.append(conn, self.vault, by.id, act, change.id, now)
                write = wordfile.added if adds else wordfile.removed
                _save(self._file(change.kind, change.locale), change.place, change.text, write)
        except UnwritableError:
            return "file"
        if change.kind == "safety":
            await asyncio.to_thread(tables.refresh)
        return "added" if adds else "undone"

    async def drop(self, id_: str, by: Staff, now: float) -> Said:
        """Throw away what waits."""
        async with self.db.write() as conn:
            moved = await changes.move(conn, [id_], "waiting", "dropped", by.id, now)
            return "dropped" if moved else "gone"

    async def dismiss(self, phrase: str) -> Said:
        """Nothing can be learnt from a phrase: off the list, and it does not come back."""
        async with self.db.write() as conn:
            return "useless" if await phrases.decide(conn, phrase, "useless") else "gone"

    def _file(self, kind: str, locale: str) -> Path:
        if kind == "safety":
            return tables.added_file(locale)
        return self.catalogues.folder / locale / "answers.yml"


def _save(path: Path, place: str, text: str, change: Callable[[str, str, str], str]) -> None:
    """Into the file, last of all; what cannot be written takes the whole transaction back."""
    try:
        source = path.read_text(encoding="utf-8") if path.exists() else ""
        path.parent.mkdir(exist_ok=True)
        po.save(path, change(source, place, text))
    except (OSError, UnicodeDecodeError, wordfile.WordError):
        raise UnwritableError from None
