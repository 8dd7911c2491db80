"""What to do now on a case, in words: the most pressing first, then the limits of writing to this person."""

from __future__ import annotations

from bot import contact
from bot.console import pages, queue, writing
from bot.console.access import Visit
from bot.console.casefile import Opened
from bot.storage import cases
from bot.storage.conversations import Conversation


def lines(visit: Visit, opened: Opened, *, mine: bool) -> list[str]:
    """What to do now, the most pressing first."""
    deps, case = visit.deps, opened.case
    if case.erased or opened.conversation is None:
        return [deps.text("console.case.next.erased")]
    if case.state == "closed":
        outcome = deps.label("console.outcome", case.outcome)
        return [deps.text("console.case.next.closed", outcome=outcome)]
    if case.state == "waiting":
        grave = [deps.text("console.case.next.waiting.U3")] if queue.URGENCIES[case.urgency] == "U3" else []
        return [*grave, deps.text("console.case.next.waiting")]
    if not mine:
        alias = opened.aliases.get(case.claimed_by or "", "")
        return [deps.text("console.case.next.other", alias=alias)]
    failed = [deps.text("console.case.next.failed")] if opened.standing.failed else []
    return [_turn(visit, opened, opened.conversation), *failed, *_limits(visit, opened, opened.conversation)]


def _turn(visit: Visit, opened: Opened, conversation: Conversation) -> str:
    deps, stand = visit.deps, opened.standing
    if conversation.phase in ("locked", "stopped"):
        return deps.text(f"console.case.next.{conversation.phase}")
    if stand.last_reply is None or stand.last_reply < _held_since(opened):
        return deps.text("console.case.next.hello")
    if stand.unanswered:
        waited = pages.duration(deps, visit.now - (stand.last_inbound or visit.now))
        return deps.text("console.case.next.answer", time=waited)
    return deps.text("console.case.next.wait")


def _held_since(opened: Opened) -> float:
    """When whoever holds the case now got it."""
    handed = [note.at for note in opened.history if note.kind == "transferred"]
    return max([opened.case.claimed_at or 0.0, *handed])


def _limits(visit: Visit, opened: Opened, conversation: Conversation) -> list[str]:
    deps, lines = visit.deps, contact_lines(visit, conversation)
    closes = deps.desk.window_closes(conversation)
    if closes is not None and closes > visit.now:
        left = pages.duration(deps, closes - visit.now)
        lines.append(
            deps.text("console.case.window", time=pages.clock(visit.deps, closes, visit.now), left=left)
        )
    elif closes is not None:
        lines.append(writing.over(visit, conversation.channel))
    if opened.case.lease_until is not None:
        until = visit.now + cases.LEASE_SECONDS  # looking at the page has just renewed it
        lines.append(deps.text("console.case.lease", time=pages.clock(visit.deps, until, visit.now)))
    return lines


def contact_lines(visit: Visit, conversation: Conversation) -> list[str]:
    """Where a reply would wait, so that nobody thinks that it was read."""
    heard = conversation.last_inbound_at or conversation.created_at
    at = contact.opens(conversation.state, heard, visit.now)
    if at <= visit.now:
        return []
    if at >= contact.NEVER:
        return [visit.deps.text("console.case.contact.never")]
    return [visit.deps.text("console.case.contact.later", time=pages.clock(visit.deps, at, visit.now))]
