"""What editors do about a trial of two wordings: begin it, end it, keep one of them; and the rule, which ends it too.

Promises that only a draft without an error is tried, and only where ``bot.trials.fit`` says so; that nothing is
published by itself; that a text somebody changed meanwhile is tried no longer.
"""

from __future__ import annotations

import dataclasses
from typing import Literal

import structlog

from bot import audit
from bot.phrasing import Catalogues, MissingTextError
from bot.storage import texts, trials
from bot.storage.database import Database
from bot.storage.staff import Staff
from bot.storage.trials import NEW, OLD, Trial
from bot.texts import variants
from bot.texts.desk import Said as Published
from bot.texts.desk import TextDesk
from bot.texts.po import Entry
from bot.texts.trial import DAY, Rule, together, verdict
from bot.trials import fit

log = structlog.get_logger()

PEOPLE = (500, 1000, 2000, 4000)  # at most, both halves together
WEEKS = (4, 8, 12)

Said = Literal[
    "trial_begun",
    "trial_known",
    "trial_unfit",
    "trial_gone",
    "trial_stopped",
    "trial_kept",
    "text_gone",
    "text_moved",
    "text_wrong",
]


@dataclasses.dataclass(frozen=True, slots=True)
class TrialDesk:
    """Acts of editors; who may do what is the caller's table. Each act is one transaction."""

    texts: TextDesk

    async def begin(
        self, locale: str, entry: Entry, change_id: str, people: int, weeks: int, author: Staff, now: float
    ) -> Said:
        """Try the open draft on half of the people. The rule is fixed here, and no later act changes it."""
        said = _said(self.texts.catalogues, locale, entry.key)
        if not said or not fit(entry.key) or people not in PEOPLE or weeks not in WEEKS:
            return "trial_unfit"
        rule = Rule(most=people, until=now + weeks * 7 * DAY)
        async with self.texts.db.write() as conn:
            change = await texts.open_for(conn, locale, entry.key)
            if change is None or change.id != change_id:
                return "text_gone"
            if change.text in ("", entry.text) or self.texts.wrong(locale, entry.key, change.text):
                return "text_wrong"
            if change.before != entry.text or said != entry.text:
                return "text_moved"
            begun = await trials.begin(conn, locale, entry.key, change.text, entry.text, author.id, rule, now)
            if begun:
                await audit.append(conn, self.texts.vault, author.id, "trial.begin", change.id, now)
        return "trial_begun" if begun else "trial_known"

    async def stop(self, trial: Trial, by: Staff, now: float) -> Said:
        """End it before the rule does: everybody reads the published words again."""
        async with self.texts.db.write() as conn:
            if not await trials.end(conn, trial.id, "stopped", now):
                return "trial_gone"
            await audit.append(conn, self.texts.vault, by.id, "trial.stop", trial.id, now)
        return "trial_stopped"

    async def keep_old(self, trial: Trial, by: Staff, now: float) -> Said:
        """Leave what is published; the draft that was tried goes."""
        async with self.texts.db.write() as conn:
            if not await trials.decide(conn, trial.id, "kept"):
                return "trial_gone"
            draft = await texts.open_for(conn, trial.locale, trial.key)
            if draft is not None and draft.text == trial.text:
                await texts.decide(conn, draft.id, "dropped", by.id, now)
            await audit.append(conn, self.texts.vault, by.id, "trial.keep", trial.id, now)
        return "trial_kept"

    async def publish_new(self, trial: Trial, entry: Entry, by: Staff, now: float) -> Published:
        """Publish what was tried, the same way as any other text."""
        if entry.text != trial.before or trial.state == "running" or trial.decision:
            return "moved"
        said = await self.texts.offer(trial.locale, entry, trial.text, by, now)
        if said == "published":
            async with self.texts.db.write() as conn:
                await trials.decide(conn, trial.id, "published")
        return said


def _said(catalogues: Catalogues, locale: str, key: str) -> str:
    """What this catalogue's readers are told: an older text while a saved file is refused, nothing where it has none.

    A variant that this house does not speak has no readers.
    """
    try:
        said_in, text = catalogues.source(key, variants.language(locale))
    except MissingTextError:
        return ""
    return text if said_in == locale else ""


async def settle(db: Database, catalogues: Catalogues, now: float) -> None:
    """Look at every trial that runs, and end those whose rule says so or whose text was changed."""
    async with db.read() as conn:
        found = await trials.running(conn)
        ends = []
        for one in found:
            days = await trials.counted(conn, one.id)
            arms = together(days[OLD], now), together(days[NEW], now)
            same = _said(catalogues, one.locale, one.key) == one.before and fit(one.key)
            if end := verdict(*arms, one.rule, now) if same else "changed":
                ends.append((one, end))
    for one, end in ends:
        async with db.write() as conn:
            if await trials.end(conn, one.id, end, now):
                log.info("trial_ended", trial=one.id, state=end)
