"""What a responder is writing: judged, shown as the phone will show it, ready words put in, kept until it is sent."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from datetime import UTC, date, datetime

from bot import contact, outgoing
from bot.console.access import Visit
from bot.phrasing import MissingTextError
from bot.referrals import Line
from bot.referrals.mention import mentioned, pattern
from bot.screening import engine
from bot.screening.model import load
from bot.storage import replies
from bot.storage.cases import Case
from bot.storage.conversations import Conversation
from bot.texts import look
from bot.texts.look import Phone

CANNED, LINE, QUESTION = "canned.", "line.", "ask."
# Findings that do not come from the words: what was agreed with the person, what the channel takes now, what was said.
HOURS, WINDOW, AGAIN = "hours", "window", "again"


@dataclasses.dataclass(frozen=True, slots=True)
class Warned:
    """One thing to look at before sending, in words."""

    kind: str
    words: str


@dataclasses.dataclass(frozen=True, slots=True)
class Ready:
    """Words that can be put into the reply: what the form sends for them, and how they read."""

    id: str
    words: str


async def judge(visit: Visit, case: Case, conversation: Conversation, text: str, seen: str) -> list[Warned]:
    """Everything to look at before ``text`` leaves; the agreed hours and the channel's window first."""
    found = [*_hours(visit, conversation), *_window(visit, conversation)]
    async with visit.deps.db.read() as conn:
        if await replies.repeats(conn, visit.deps.vault, case, text, seen):
            found.append(Warned(AGAIN, visit.deps.text("console.outgoing.again")))
    lines = visit.deps.lines
    today = _today(visit)
    stale = {one: one.standing(today) != "verified" for one in lines.values()}
    looks = {one.name: look_ for one in lines.values() if stale[one] and (look_ := pattern(one)) is not None}
    for one in outgoing.check(text, (visit.staff.alias, *_known(visit, conversation.locale)), looks):
        words = visit.deps.text(f"console.outgoing.{one.kind}", words=one.words)
        found.append(Warned(one.kind, words))
    return found


def _hours(visit: Visit, conversation: Conversation) -> list[Warned]:
    heard = conversation.last_inbound_at or conversation.created_at
    if contact.opens(conversation.state, heard, visit.now) <= visit.now:
        return []
    return [Warned(HOURS, visit.deps.text("console.outgoing.hours"))]


def _window(visit: Visit, conversation: Conversation) -> list[Warned]:
    closes = visit.deps.desk.window_closes(conversation)
    if closes is None or closes > visit.now:
        return []
    return [Warned(WINDOW, over(visit, conversation.channel))]


def over(visit: Visit, channel: str) -> str:
    """What happens to words that are sent when the channel's window is over."""
    limits = visit.deps.limits[channel]
    key = "console.case.window.notice" if limits.notice else "console.case.window.over"
    return visit.deps.text(key, hours=limits.window_hours)


def _known(visit: Visit, locale: str) -> list[str]:
    """What the team says itself: its ready replies; each line's number, name, owner and the words read of it."""
    found = [one.words for one in canned(visit, locale)]
    for line in visit.deps.lines.values():
        found += [line.number, line.name, line.owner, words_of(visit, line, locale)]
    return [one for one in found if one]


async def taken(visit: Visit, case: Case, text: str, seen: str) -> bool:
    """Whether these words went out already from a page that showed the same, in this tab or in another."""
    async with visit.deps.db.read() as conn:
        return await replies.is_taken(conn, visit.deps.vault, case, text, seen)


async def gone(visit: Visit, case: Case, once: str) -> bool:
    """Whether a reply left from this very page: what it still brings is no draft any more."""
    async with visit.deps.db.read() as conn:
        return await replies.is_sent(conn, case, once)


def proof(text: str, warned: Sequence[Warned]) -> str:
    """What a second click brings back: it stands for these words and these warnings only."""
    kinds = ",".join(one.kind for one in warned)
    return hashlib.sha256(f"{kinds}\n{text}".encode()).hexdigest()[:16]


def given(visit: Visit, text: str) -> list[str]:
    """The lines that a reply gives the person."""
    return mentioned(text, visit.deps.lines)


def phone(visit: Visit, conversation: Conversation, text: str) -> Phone | None:
    """The reply as it will look; None while there are no words or the channel is off."""
    limits = visit.deps.limits.get(conversation.channel)
    if not text or limits is None:
        return None
    parts = visit.deps.phrasing.plain(text, conversation.locale, limits, author="staff")
    return look.phone(conversation.channel, parts)


def canned(visit: Visit, locale: str) -> list[Ready]:
    """The team's ready replies in the person's language."""
    catalogues = visit.deps.phrasing.catalogues
    return [Ready(key, catalogues.text(key, locale)) for key in catalogues.family(CANNED)]


def question(visit: Visit, conversation: Conversation) -> Ready | None:
    """The question of the instrument that was left open; None when it was asked to its end, or never begun."""
    if conversation.state is None:
        return None
    key = engine.open_question(load(), conversation.state)
    return Ready(key, visit.deps.phrasing.catalogues.text(key, conversation.locale)) if key else None


def words_of(visit: Visit, line: Line, locale: str) -> str:
    """A line as it is given to a person."""
    if line.key:
        try:
            return visit.deps.phrasing.catalogues.text(line.key, locale)
        except MissingTextError:
            pass
    return f"{line.name}: {line.number}" if line.number else line.name


def with_ready(visit: Visit, conversation: Conversation, text: str, wanted: str) -> str:
    """``text`` with ready words after it; unchanged for words that are not ours to give."""
    words = _ready(visit, conversation, wanted)
    return "\n".join(part for part in (text, words) if part)


def _ready(visit: Visit, conversation: Conversation, wanted: str) -> str:
    lines = visit.deps.lines
    if wanted.startswith(LINE) and (line := lines.get(wanted.removeprefix(LINE))) is not None:
        return words_of(visit, line, conversation.locale)
    offered = [*canned(visit, conversation.locale)]
    if (open_ := question(visit, conversation)) is not None:
        offered.append(open_)
    return next((one.words for one in offered if one.id == wanted), "")


def _today(visit: Visit) -> date:
    return datetime.fromtimestamp(visit.now, UTC).date()
