"""A turn's acts → the draft: what is said, and what each event brings about, cases included.

Stage: after the dialogue answered, before anything is stored. Only here the gateway assesses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bot import choices, wordings
from bot.draft import Act, Draft
from bot.reading import Message
from bot.screening import engine
from bot.screening.assess import assess


def apply(
    draft: Draft,
    turn: engine.Turn,
    batch: Sequence[Message],
    context: Mapping[str, Any],
    word_mac: Callable[[str, str], bytes],
) -> None:
    """Acts into the draft: what is said, and what the events bring about."""
    before, draft.state = draft.state, turn.state
    wordings.note(draft, before)
    unasked = not draft.has_case and not draft.origin
    alarmed = False
    for act in turn.acts:
        if "say" in act:
            draft.add(act)
            _expected(draft, act, context)
            if alarmed and not _tells(
                act
            ):  # after the first warm line, the truth about whether somebody is there
                draft.say("handoff.emergency" if context.get("on_duty") else "handoff.emergency_off_duty")
            alarmed = False
        elif act["event"] == "contact":
            _contact(draft, act, batch, word_mac)
        elif act["event"] == "outcome":
            _outcome(draft, context)
        else:
            alarmed = alarmed or act["event"] == "handoff"
            _EVENTS[act["event"]](draft, act)
    _settle(draft, before)
    if unasked and draft.origin and draft.phase == "bot" and not any(_tells(say.act) for say in draft.says):
        draft.tell_before_question(_opened(context))


def _opened(context: Mapping[str, Any]) -> list[Act]:
    """Somebody was called without being asked for, and whether anybody is there."""
    if context.get("on_duty"):
        return [{"say": "handoff.opened", "params": {}}]
    return [{"say": "handoff.opened_off_duty", "params": {}}, *_next_shift(context)]


def _expected(draft: Draft, act: Act, context: Mapping[str, Any]) -> None:
    if act["say"] == "handoff.waiting_off_duty":
        for told in _next_shift(context):
            draft.add(told)


def _next_shift(context: Mapping[str, Any]) -> list[Act]:
    """When the next shift begins, if one does: what is known, and no promise of an answer."""
    expected = context.get("next_shift")
    if not expected:
        return []
    return [{"say": f"handoff.next.{expected['day']}", "params": {"time": expected["time"]}}]


def _tells(act: Act) -> bool:
    """Whether a line says that somebody was called, and whether anybody is there."""
    return str(act["say"]).startswith("handoff.")


def _contact(draft: Draft, act: Act, batch: Sequence[Message], word_mac: Callable[[str, str], bytes]) -> None:
    """The person's own word is kept as a keyed hash only; the engine names the message that held it."""
    word = next((choices.fold(m.text) for m in batch if m.id == act.get("word_message")), "")
    if word:
        draft.private_word_mac = word_mac(draft.conversation_id, word)


def _settle(draft: Draft, before: Mapping[str, Any] | None) -> None:
    """Only the gateway assesses: U3 opens a case at once, and a child in exploitation does not wait."""
    if draft.state is None:
        return
    payload = engine.assessment(draft.state)
    result = assess(payload)
    if draft.has_case:
        draft.floor = max(draft.floor, result["urgency"])
    origin = _unasked(payload["instrument"], result)
    looked_at = not draft.has_case and not draft.origin and draft.closed_at is not None
    if origin and not (looked_at and not _new(result, before)):
        draft.need_case(origin, result["urgency"])


def _unasked(instrument: str, result: Mapping[str, Any]) -> str:
    """Why a case is opened without being asked for; empty when it is not."""
    if result["urgency"] == "U3":
        return "emergency"
    return "minor" if instrument == "minor" and result["type"] in ("MR2", "MR3") else ""


def _new(result: Mapping[str, Any], before: Mapping[str, Any] | None) -> bool:
    """Whether this turn brought it. What a person has looked at and closed is not opened again by a greeting."""
    if before is None:
        return True
    known = assess(engine.assessment(before))
    return result["urgency"] > known["urgency"] or any(r not in known["reasons"] for r in result["reasons"])


def _outcome(draft: Draft, context: Mapping[str, Any]) -> None:
    """What the answers come to. Somebody is called for a child once: what was done before is told as done."""
    payload = engine.assessment(draft.state or {})
    result = assess(payload)
    draft.say(f"outcome.{result['type']}")
    if payload["instrument"] == "minor" and result["type"] != "MR0":
        if draft.has_case and not any(_tells(say.act) for say in draft.says):
            draft.say("handoff.still" if context.get("on_duty") else "handoff.still_off_duty")
        draft.need_case("minor", result["urgency"])


def _handoff(draft: Draft, _: Act) -> None:
    draft.need_case("emergency", "U3")


def _want_person(draft: Draft, _: Act) -> None:
    draft.need_case("person", "U1")


def _lock(draft: Draft, _: Act) -> None:
    draft.lock()
    draft.say("exit.cover", even_if_silent=True)


def _stop(draft: Draft, _: Act) -> None:
    draft.stop()
    draft.say("stop.done", even_if_silent=True)


def _erase(draft: Draft, _: Act) -> None:
    draft.erase = True


def _language(draft: Draft, act: Act) -> None:
    draft.locale = act["locale"]


def _consent(draft: Draft, act: Act) -> None:
    draft.consented = bool(act["given"])


def _nothing(draft: Draft, act: Act) -> None:
    draft.acts_seen.append(act["event"])


_EVENTS: dict[str, Callable[[Draft, Act], None]] = {
    "handoff": _handoff,
    "want_person": _want_person,
    "offer_person": _nothing,
    "lock": _lock,
    "stop": _stop,
    "erase": _erase,
    "language": _language,
    "consent": _consent,
}
