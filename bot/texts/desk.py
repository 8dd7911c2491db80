"""What editors do to a text: draft, ask for a second look, publish into the PO file, go back. Each act is one transaction.

Promises that a text of safety is published by somebody else than its author, that no text with an error reaches a
file, and that a change by hand in the meantime is seen and not written over.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from typing import Literal

import anyio.to_thread
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import audit
from bot.phrasing import Catalogues
from bot.storage import texts, trials
from bot.storage.database import Database
from bot.storage.staff import Staff
from bot.storage.texts import Change
from bot.texts import files, po, rules, spelling, template, variants
from bot.texts.check import SPANISH, Checker, Found
from bot.texts.exchange import version
from bot.texts.po import Entry
from bot.vault import Vault

Said = Literal["drafted", "asked", "published", "dropped", "wrong", "moved", "own", "gone", "file"]


@dataclasses.dataclass(frozen=True, slots=True)
class Brought:
    """A text from a file; ``seen`` is the version of the words it would take the place of."""

    locale: str
    key: str
    text: str
    seen: str


@dataclasses.dataclass(frozen=True, slots=True)
class TextDesk:
    """Acts on the catalogues of the running service; who may do what is the caller's table."""

    db: Database
    vault: Vault
    catalogues: Catalogues
    checker: Checker

    def entries(self, locale: str) -> list[Entry]:
        """Every text of a language as it is saved now; none while its file cannot be read.

        Of a variant every text that it may say otherwise: what it does not is empty.
        """
        return files.open_to(self.catalogues.folder, locale)

    def _saved(self, locale: str, *domains: str) -> list[Entry]:
        return files.own(self.catalogues.folder, locale, *domains)

    def base(self, locale: str) -> dict[str, str]:
        """Key → what is said, or was translated, without this catalogue; empty for Spanish."""
        return files.source(self.catalogues.folder, locale) if locale != SPANISH else {}

    def holder(self, locale: str, key: str) -> str:
        """The catalogue whose words are said there: a variant's own, or those that it leaves as they are."""
        names = variants.chain(locale) if variants.is_variant(locale) else ()
        says = (name for name in names if any(e.key == key and e.text for e in self._saved(name)))
        return next(says, locale)

    def trial(self, locale: str, key: str, text: str) -> Catalogues:
        """The words of a language as they are written, one of them changed: for a look at it."""
        words = {entry.key: entry.text for entry in self._saved(locale, files.domain_of(key)) if entry.text}
        return self.catalogues.written(locale, {**words, key: text})

    def locales(self, *domains: str) -> list[str]:
        """The languages that have a catalogue, of ``domains`` or of any, Spanish first."""
        return files.locales(self.catalogues.folder, *domains)

    def entry(self, locale: str, key: str) -> Entry | None:
        """One text as it is saved now."""
        return next((entry for entry in self.entries(locale) if entry.key == key), None)

    def texts(self, locale: str) -> dict[str, str]:
        """Key → text of a language as it is saved now."""
        return {entry.key: entry.text for entry in self.entries(locale)}

    def judge(self, locale: str, key: str, text: str) -> list[Found]:
        """Everything that the checks say of a text that is not published yet."""
        around = self._around(locale)
        return self.checker.text(
            locale, key, text, {**around, key: text}, self._made_from(locale, key, around)
        )

    def judge_many(self, brought: Sequence[Brought], *, spelling_too: bool) -> list[list[Found]]:
        """The same of many texts, for a thread: the catalogues are read once."""
        here = {locale: self._around(locale) for locale in {one.locale for one in brought}}
        nearest = {locale: spelling.words_of(texts) for locale, texts in here.items()}
        found = []
        for one in brought:
            others = {**here[one.locale], one.key: one.text}
            made_from = self._made_from(one.locale, one.key, here[one.locale])
            mine = self.checker.text(one.locale, one.key, one.text, others, made_from)
            if spelling_too:
                mine += spelling.found(one.locale, one.key, one.text, nearest[one.locale])
            found.append(mine)
        return found

    def _around(self, locale: str) -> dict[str, str]:
        """The texts among which one is judged; of a variant also those that it does not say otherwise."""
        own = {entry.key: entry.text for entry in self._saved(locale)}
        return {**self.base(locale), **own} if variants.is_variant(locale) else own

    def _made_from(self, locale: str, key: str, around: Mapping[str, str]) -> str:
        """What a text translates, or in Spanish takes the place of."""
        return self.base(locale).get(key) or around.get(key, "")

    async def spelt(self, locale: str, key: str, text: str) -> list[Found]:
        """The words that no dictionary knows; beside the other work, since the first time reads the dictionary."""
        nearest = spelling.words_of(self.texts(locale))
        return await anyio.to_thread.run_sync(spelling.found, locale, key, text, nearest)

    async def draft(self, locale: str, entry: Entry, text: str, author: Staff, now: float) -> Said:
        """Keep a text for later. Nothing of it is said."""
        async with self.db.write() as conn:
            await texts.write(conn, locale, entry.key, text, entry.text, author.id, "draft", now)
        return "drafted"

    async def take(self, brought: Sequence[Brought], author: Staff, now: float) -> dict[Said, int]:
        """Texts from a file become drafts, all of them in one transaction; how many, and how many of them not.

        One that somebody changed since it was looked at (``moved``) or that has an error (``wrong``) is left alone.
        """
        done: dict[Said, int] = {}
        here = {locale: self.texts(locale) for locale in {one.locale for one in brought}}
        judge = functools.partial(self.judge_many, brought, spelling_too=False)
        judged = await anyio.to_thread.run_sync(judge)
        async with self.db.write() as conn:
            for one, found in zip(brought, judged, strict=True):
                before = here[one.locale].get(one.key)
                said: Said = "drafted"
                if before is None or version(one.locale, one.key, before) != one.seen:
                    said = "moved"
                elif one.text in ("", before) or any(level == "error" for level, _, _ in found):
                    said = "wrong"
                else:
                    await texts.write(conn, one.locale, one.key, one.text, before, author.id, "draft", now)
                done[said] = done.get(said, 0) + 1
        return done

    async def offer(self, locale: str, entry: Entry, text: str, author: Staff, now: float) -> Said:
        """Publish a text, or ask a second person to when it is one of safety."""
        if self.wrong(locale, entry.key, text):
            return "wrong"
        second = rules.is_safety(entry.key)
        async with self.db.write() as conn:
            state = "waiting" if second else "draft"
            id_ = await texts.write(conn, locale, entry.key, text, entry.text, author.id, state, now)
            if second:
                return "asked"
            change = await texts.open_for(conn, locale, entry.key)
            if change is None or change.id != id_:
                return "gone"
            return await self._publish(conn, change, author, now)

    async def go_back(self, locale: str, entry: Entry, author: Staff, now: float) -> Said:
        """Take a variant's own words away, so that the usual ones are said: published like any other words."""
        return await self.offer(locale, entry, "", author, now) if entry.text else "gone"

    async def approve(self, locale: str, key: str, change_id: str, by: Staff, now: float) -> Said:
        """The second look: publish what somebody else wrote."""
        async with self.db.write() as conn:
            change = await texts.open_for(conn, locale, key)
            if change is None or change.id != change_id or change.state != "waiting":
                return "gone"
            if change.author == by.id:
                return "own"
            return await self._publish(conn, change, by, now)

    async def drop(self, locale: str, key: str, change_id: str, by: Staff, now: float) -> Said:
        """Throw an open draft away."""
        async with self.db.write() as conn:
            change = await texts.open_for(conn, locale, key)
            if change is None or change.id != change_id:
                return "gone"
            return "dropped" if await texts.decide(conn, change.id, "dropped", by.id, now) else "gone"

    def wrong(self, locale: str, key: str, text: str) -> bool:
        """Whether a text may not be said; without words a variant says the usual ones, which must suit it."""
        said = text or (self.base(locale).get(key, "") if variants.is_variant(locale) else "")
        return not said or any(level == "error" for level, _, _ in self.judge(locale, key, said))

    async def _publish(self, conn: AsyncConnection, change: Change, by: Staff, now: float) -> Said:
        """Into the PO file, last of all, so that a row that cannot be written leaves the file as it was."""
        if self.wrong(change.locale, change.key, change.text):
            return "wrong"
        path = files.catalogue(self.catalogues.folder, change.locale, files.domain_of(change.key))
        entry = self.entry(change.locale, change.key)
        if entry is None or entry.text != change.before:
            return "moved"
        if any(one.file.startswith(f"{change.locale}/") for one in self.catalogues.refused):
            return "file"
        if not await texts.decide(conn, change.id, "published", by.id, now):
            return "gone"
        await audit.append(conn, self.vault, by.id, "text.publish", change.id, now)
        await trials.end_for(conn, change.locale, change.key, "changed", now)
        po.save(path, self._written(path.read_text(encoding="utf-8"), change, entry, by))
        self.catalogues.refresh()
        return "published"

    def _written(self, source: str, change: Change, entry: Entry, by: Staff) -> str:
        """The file with a published text; a translation is reviewed by the second person who looks at it."""
        if not change.text:
            return po.removed(source, change.key)
        spanish = self.base(change.locale).get(change.key)
        variant = variants.is_variant(change.locale)
        if variant and change.key not in {one.key for one in self._saved(change.locale)}:
            notes = (*template.context(entry), *template.facts(change.key))
            return po.added(source, change.key, change.text, notes, spanish or "")
        reviewed = variant or (change.locale != SPANISH and change.author != by.id)
        return po.replaced(source, change.key, change.text, reviewed=reviewed, spanish=spanish)
