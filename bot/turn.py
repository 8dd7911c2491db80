"""Message by message: safety first, then who speaks now (contracts, section 1), then the dialogue.

Nothing is stored here and no transaction is open: a ``Draft`` goes in and comes out changed. The only thing
asked of the outside is Rasa, through ``Rasa``; the rules decide alone when it cannot be reached.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from bot import choices
from bot.draft import Act, Draft
from bot.rasa import RasaUnavailable
from bot.safety.combine import conclude
from bot.safety.rules import Finding, check
from bot.screening import engine
from bot.screening.assess import assess
from bot.screening.model import Instruments

AGE = "P2"
EVENT_KINDS = frozenset({"voice", "image", "sticker", "location", "contact", "unsupported"})
ERASE = (
    {"id": "erase.yes", "key": "choice.erase.yes", "value": {"q": "erase", "v": "yes"}},
    {"id": "erase.no", "key": "choice.erase.no", "value": {"q": "erase", "v": "no"}},
)
UNLOCK = ({"id": "unlock.yes", "key": "choice.unlock.yes", "value": {"q": "unlock", "v": "yes"}},)


class Rasa(Protocol):
    async def turn(self, request: dict[str, Any]) -> dict[str, Any]: ...

    async def parse(self, text: str) -> dict[str, Any]: ...


@dataclasses.dataclass(frozen=True, slots=True)
class Message:
    """One inbound message, opened from the store."""

    id: str
    kind: str
    text: str
    choice_id: str
    received_at: float


@dataclasses.dataclass(frozen=True, slots=True)
class Tools:
    """What deciding needs: all pure but ``rasa``."""

    rasa: Rasa
    instruments: Callable[[], Instruments]
    words: Callable[[str], Mapping[str, frozenset[str]]]
    word_mac: Callable[[str, str], bytes]


def group(messages: Sequence[Message], locale: str) -> list[list[Message]]:
    """Texts that came in one breath belong together; a tap, a picture or a word of safety stands alone."""
    groups: list[list[Message]] = []
    joinable = False
    for message in messages:
        plain = message.kind == "text" and not message.choice_id and not alarms(message, locale)
        if plain and joinable:
            groups[-1].append(message)
        else:
            groups.append([message])
        joinable = plain
    return groups


def alarms(message: Message, locale: str) -> bool:
    """True when the rules find danger or a word of safety in this message."""
    finding = check(message.text, locale)
    return finding.emergency or finding.word != "none"


async def decide(tools: Tools, draft: Draft, batch: Sequence[Message], context: Mapping[str, Any]) -> None:
    """Take one group of messages into the draft."""
    text = "\n".join(message.text for message in batch)
    finding = check(text, draft.locale)
    unlocks = _is_private_word(tools, draft, text)
    if draft.phase == "locked":
        await _locked(tools, draft, text, finding, context, unlocks=unlocks)
    elif finding.word == "exit" or unlocks:
        _alarm_silently(draft, finding)
        draft.lock()
        draft.say("exit.cover", even_if_silent=True)
    elif finding.word == "stop":
        draft.stop()
        draft.say("stop.done", even_if_silent=True)
    elif finding.word == "erase":
        draft.shown.pending = "erase"
        draft.add({"say": "erase.confirm", "choices": list(ERASE)})
    elif _speaker(draft) == "human":
        await _human(tools, draft, text, finding)
    else:
        await _bot(tools, draft, batch, text, finding, context)


def _speaker(draft: Draft) -> str:
    """Who answers: writing again ends "stopped", and a person who holds the case still speaks."""
    if draft.phase == "stopped":
        draft.unlock()
    return draft.phase


def _is_private_word(tools: Tools, draft: Draft, text: str) -> bool:
    word = choices.fold(text)
    return bool(
        draft.private_word_mac
        and word
        and tools.word_mac(draft.conversation_id, word) == draft.private_word_mac
    )


def _alarm_silently(draft: Draft, finding: Finding) -> None:
    if finding.emergency:
        draft.need_case("emergency", "U3")


async def _locked(
    tools: Tools, draft: Draft, text: str, finding: Finding, context: Mapping[str, Any], *, unlocks: bool
) -> None:
    """Nothing goes out but one neutral question; an emergency raises a case without a sound."""
    if not draft.private_word_mac:
        unlocks = _is_unlock(tools, draft, text)
    if unlocks:
        draft.unlock()
        if draft.phase != "bot" or not await _returns(tools, draft, context):
            draft.say("lock.unlocked")
        return
    if not finding.emergency and text:
        finding = await _with_model(tools, finding, text)
    _alarm_silently(draft, finding)
    if not draft.private_word_mac and not draft.shown.lock_asked and finding.word != "exit":
        draft.shown.lock_asked = True
        draft.add({"say": "lock.ask", "choices": list(UNLOCK)}, even_if_silent=True)


def _is_unlock(tools: Tools, draft: Draft, text: str) -> bool:
    if not draft.shown.lock_asked:
        return choices.fold(text) in tools.words(draft.locale).get("unlock", frozenset())
    found = choices.match(text, draft.shown.last, tools.words(draft.locale), multi=False)
    return found is not None and found[0].get("q") == "unlock"


async def _with_model(tools: Tools, finding: Finding, text: str) -> Finding:
    """What rules and model conclude together; the rules alone while Rasa is away."""
    try:
        parsed = await tools.rasa.parse(text)
    except RasaUnavailable:
        return finding
    conclusion = conclude(finding, parsed["ranking"])
    return dataclasses.replace(finding, emergency=conclusion.emergency, kind=conclusion.kind)


async def _human(tools: Tools, draft: Draft, text: str, finding: Finding) -> None:
    """A person speaks: the bot is silent, only danger is judged, and it raises the case."""
    if text:
        finding = await _with_model(tools, finding, text)
    _alarm_silently(draft, finding)


async def _returns(tools: Tools, draft: Draft, context: Mapping[str, Any]) -> bool:
    """The dialogue says its neutral line; False when Rasa is away, and the next message brings it back."""
    try:
        await _ask_rasa(tools, draft, [], {"kind": "event", "event": "unlocked"}, context)
    except RasaUnavailable:
        return False
    return bool(draft.says)


async def _bot(
    tools: Tools,
    draft: Draft,
    batch: Sequence[Message],
    text: str,
    finding: Finding,
    context: Mapping[str, Any],
) -> None:
    if finding.emergency:
        turn = engine.interrupt(tools.instruments(), draft.state, finding.kind, dict(context))
        _apply(tools, draft, turn, batch, context)
        return
    given = _input(tools, draft, batch, text)
    choice = given.get("choice", {})
    if draft.shown.pending == "erase":
        draft.shown.pending = ""
        if choice.get("q") == "erase" and choice.get("v") == "yes":
            draft.erase = True
            return
    if choice.get("q") == "erase":
        given = {"kind": "event", "event": "unlocked"}
    if choice.get("v") == choices.MORE:
        _show_rest(draft, choice["q"])
        return
    await _ask_rasa(tools, draft, batch, given, context, finding)


def _input(tools: Tools, draft: Draft, batch: Sequence[Message], text: str) -> dict[str, Any]:
    """The message as the dialogue takes it: a structured choice, an event, or text for the model."""
    first = batch[0]
    if first.kind in EVENT_KINDS and not text.strip():
        return {"kind": "event", "event": first.kind}
    if first.choice_id and first.choice_id in draft.shown.issued:
        return {"kind": "choice", "choice": {**draft.shown.issued[first.choice_id], "source": "button"}}
    if (told := _age(draft, text)) is not None:
        return {"kind": "choice", "choice": {**told, "source": "word"}}
    found = choices.match(text, draft.shown.last, tools.words(draft.locale), multi=draft.shown.multi)
    if found is not None:
        return {"kind": "choice", "choice": {**found[0], "source": found[1]}}
    if not text.strip():
        return {"kind": "event", "event": "unsupported"}
    return {"kind": "text", "text": text}


def _age(draft: Draft, text: str) -> dict[str, Any] | None:
    """An age in digits answers the question for it; the language model has no sense of numbers."""
    band = choices.age_band(text)
    offered = [choice["value"] for choice in draft.shown.last if choice["value"].get("q") == AGE]
    return next((value for value in offered if value.get("v") == band), None) if band else None


def _show_rest(draft: Draft, question: str) -> None:
    """Three buttons held two answers: show the others, and keep the numbers as they were."""
    rest = [
        {"id": c["id"], "key": f"choice.{c['value']['v']}", "value": c["value"]}
        for c in draft.shown.last
        if c["value"].get("q") == question and c["value"].get("v") not in ("yes", "no")
    ]
    draft.add({"say": "say.more_answers", "choices": rest, "about": question, "keep_numbers": True})


async def _ask_rasa(
    tools: Tools,
    draft: Draft,
    batch: Sequence[Message],
    given: dict[str, Any],
    context: Mapping[str, Any],
    finding: Finding | None = None,
) -> None:
    request = {
        "conversation": draft.conversation_id,
        "message_ids": [message.id for message in batch],
        "input": given,
        "state": draft.state,
        "locale": draft.locale,
        "context": dict(context),
    }
    answer = await tools.rasa.turn(request)
    turn = engine.Turn(acts=answer["acts"], state=answer["state"])
    if finding is not None and given["kind"] == "text":
        turn = _judged(tools, draft, turn, finding, answer.get("nlu") or {}, context)
    _apply(tools, draft, turn, batch, context)


def _judged(
    tools: Tools,
    draft: Draft,
    turn: engine.Turn,
    finding: Finding,
    nlu: Mapping[str, Any],
    context: Mapping[str, Any],
) -> engine.Turn:
    """Rules and model conclude together: alarm, ask once, or go on."""
    conclusion = conclude(finding, nlu.get("ranking"))
    alarmed = any(act.get("event") == "handoff" for act in turn.acts)
    if conclusion.emergency:
        if alarmed:
            return turn
        return engine.interrupt(tools.instruments(), draft.state, conclusion.kind, dict(context))
    if alarmed:  # the model alone, and not sure enough: a question, not an alarm
        kind = next(act["kind"] for act in turn.acts if act.get("event") == "handoff")
        return engine.check(tools.instruments(), draft.state, kind, dict(context))
    answered = nlu.get("intent") in ("affirm", "deny", "unsure", "decline")
    if conclusion.check and not draft.shown.checked and not answered:
        draft.shown.checked = True
        return engine.check(tools.instruments(), draft.state, "danger", dict(context))
    return turn


def _apply(
    tools: Tools,
    draft: Draft,
    turn: engine.Turn,
    batch: Sequence[Message],
    context: Mapping[str, Any],
) -> None:
    """Acts into the draft: what is said, and what the events bring about."""
    draft.state = turn.state
    alarmed = False
    for act in turn.acts:
        if "say" in act:
            draft.add(act)
            if alarmed:  # after the first warm line, the truth about whether somebody is there
                draft.say("handoff.emergency" if context.get("on_duty") else "handoff.emergency_off_duty")
                alarmed = False
        elif act["event"] == "contact":
            _contact(tools, draft, act, batch)
        else:
            alarmed = alarmed or act["event"] == "handoff"
            _EVENTS[act["event"]](draft, act)
    _settle(draft, context)


def _contact(tools: Tools, draft: Draft, act: Act, batch: Sequence[Message]) -> None:
    """The person's own word is kept as a keyed hash only; the engine names the message that held it."""
    word = next((choices.fold(m.text) for m in batch if m.id == act.get("word_message")), "")
    if word:
        draft.private_word_mac = tools.word_mac(draft.conversation_id, word)


def _settle(draft: Draft, context: Mapping[str, Any]) -> None:
    """Only the gateway assesses: U3 opens a case at once, and a child in exploitation does not wait."""
    if draft.state is None:
        return
    unasked = not draft.has_case and not draft.origin
    payload = engine.assessment(draft.state)
    result = assess(payload)
    if result["urgency"] == "U3":
        draft.need_case("emergency", "U3")
    elif payload["instrument"] == "minor" and result["type"] in ("MR2", "MR3"):
        draft.need_case("minor", result["urgency"])
    elif draft.has_case:
        draft.floor = max(draft.floor, result["urgency"])
    if unasked and draft.origin and draft.phase == "bot":
        draft.tell_before_question("handoff.opened" if context.get("on_duty") else "handoff.opened_off_duty")


def _outcome(draft: Draft, _: Act) -> None:
    payload = engine.assessment(draft.state or {})
    result = assess(payload)
    draft.say(f"outcome.{result['type']}")
    if payload["instrument"] == "minor" and result["type"] != "MR0":
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
    "outcome": _outcome,
    "handoff": _handoff,
    "want_person": _want_person,
    "offer_person": _nothing,
    "lock": _lock,
    "stop": _stop,
    "erase": _erase,
    "language": _language,
    "consent": _consent,
}
