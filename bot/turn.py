"""Message by message: safety first, then who speaks now (contracts, section 1), then the dialogue.

Nothing is stored here and no transaction is open: a ``Draft`` goes in and comes out changed. The only thing
asked of the outside is Rasa, through ``Rasa``; the rules decide alone when it cannot be reached.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from bot import bursts, choices, erase_question, listening, own_word, unheard
from bot.draft import Draft
from bot.effects import apply
from bot.judging import judged, over, told, without_rasa
from bot.layout import MORE
from bot.rasa import RasaUnavailable
from bot.reading import Message, for_model, region, taken
from bot.safety.combine import conclude
from bot.safety.rules import CALL, Finding, check
from bot.screening import engine
from bot.screening.model import Instruments
from bot.screening.talk import OVER
from bot.screening.words import SURE

COVER_SECONDS = 0.5  # a cover is waited for no longer, whatever else is to be found out

UNLOCK = ({"id": "unlock.yes", "key": "choice.unlock.yes", "value": {"q": "unlock", "v": "yes"}},)


class Rasa(Protocol):
    async def turn(self, request: dict[str, Any]) -> dict[str, Any]: ...

    async def parse(self, text: str) -> dict[str, Any]: ...


@dataclasses.dataclass(frozen=True, slots=True)
class Tools:
    """What deciding needs: all pure but ``rasa``. ``collects``: people may be asked for what was not understood."""

    rasa: Rasa
    instruments: Callable[[], Instruments]
    words: Callable[[str], Mapping[str, frozenset[str]]]
    word_mac: Callable[[str, str], bytes]
    collects: bool = False


def group(tools: Tools, draft: Draft, messages: Sequence[Message]) -> list[list[Message]]:
    """Texts that came in one breath belong together; a tap, a picture, an edit or a word of safety stands alone."""
    groups: list[list[Message]] = []
    joinable = False
    for message in messages:
        typed = message.kind == "text" and not message.choice_id and not message.edited
        plain = typed and not alarms(tools, draft, message)
        if plain and joinable:
            groups[-1].append(message)
        else:
            groups.append([message])
        joinable = plain
    return groups


def alarms(tools: Tools, draft: Draft, message: Message) -> bool:
    """Whether this message, by itself, is danger or closes or opens the chat: it waits for no other, nor for Rasa."""
    finding = check(message.text, draft.locale)
    return (
        finding.emergency
        or finding.word != "none"
        or _listed(tools, draft, message.text, "exit")
        or _listed(tools, draft, message.text, "unlock")
        or _is_private_word(tools, draft, message.text)
    )


def _listed(tools: Tools, draft: Draft, text: str, name: str) -> bool:
    """Whether the whole text is one of the words that editors keep under this name."""
    return choices.fold(text) in tools.words(draft.locale).get(name, frozenset())


def _exits(tools: Tools, draft: Draft, text: str, finding: Finding) -> bool:
    """Whether it covers the chat; not while it is chosen as the word that will."""
    listed = finding.word == "exit" or _listed(tools, draft, text, "exit")
    return listed and not own_word.chosen(draft, text, tools.words(draft.locale))


async def decide(tools: Tools, draft: Draft, batch: Sequence[Message], context: Mapping[str, Any]) -> None:
    """Take one group of messages into the draft."""
    text = "\n".join(message.text for message in batch)
    finding = check(text, draft.locale)
    if context["silence_s"] >= tools.instruments().flow["silence_seconds"]:
        draft.shown.checked = False  # what was no danger then may be one now
    if (whole := bursts.with_breath(draft, batch, text, finding)) is not None:
        text, finding = whole
    unlocks = _is_private_word(tools, draft, text)
    if draft.phase == "locked":
        await _locked(tools, draft, batch, text, finding, context, unlocks=unlocks)
    elif unlocks or _exits(tools, draft, text, finding):
        _alarm_silently(draft, finding)
        if not unlocks and await _wants_erased(tools, text):  # asked when the chat is opened again
            draft.shown.pending = "erase"
        draft.lock()
        draft.say("exit.cover", even_if_silent=True)
    elif finding.word == "stop":
        draft.stop()
        draft.say("stop.done", even_if_silent=True)
    else:
        if draft.phase == "stopped":  # writing again ends it
            draft.unlock()
        await _speaking(tools, draft, batch, text, finding, context)


async def _wants_erased(tools: Tools, text: str) -> bool:
    """Whether words that close the chat ask for more: "borra todo, por favor" covers first, and is not forgotten.

    Nothing is asked for a word alone, and no cover waits for a Rasa that hangs.
    """
    if len(text.split()) < 2:  # one word closes and asks for nothing
        return False
    try:
        async with asyncio.timeout(COVER_SECONDS):
            parsed = await _parsed(tools, text)
    except TimeoutError:
        return False
    return parsed.get("intent") == "erase" and float(parsed.get("confidence", 0.0)) >= SURE


async def _speaking(
    tools: Tools,
    draft: Draft,
    batch: Sequence[Message],
    text: str,
    finding: Finding,
    context: Mapping[str, Any],
) -> None:
    """Erasing comes before whoever speaks; then the person who holds the case, or the bot."""
    if finding.word == "erase":
        erase_question.ask(draft)
    elif not finding.emergency and await _about_erasing(tools, draft, batch, text, context):
        return
    elif draft.phase == "human":
        await _human(tools, draft, text, finding)
    else:
        await _bot(tools, draft, batch, text, finding, context)


async def _about_erasing(
    tools: Tools, draft: Draft, batch: Sequence[Message], text: str, context: Mapping[str, Any]
) -> bool:
    """Whether the message answers "shall I erase?"; it is the gateway's own question, so the dialogue never hears."""
    asked, draft.shown.pending = draft.shown.pending == "erase", ""
    if draft.phase == "human":
        answer = erase_question.tapped(batch[0].choice_id) or (
            erase_question.copied(draft, text) if asked else ""
        )
    else:
        answer = await _erase_answer(tools, draft, batch[0], text, asked=asked)
    if answer == "yes" and asked:
        draft.erase = True
    elif answer == "yes":  # a button of an earlier question: the same question again, not a surprise
        erase_question.ask(draft)
    elif answer == "why":
        draft.say("why.X_erase")
        erase_question.ask(draft)
    elif answer == "repeat":
        erase_question.ask(draft, "again.X_erase")
    elif answer == "no" and draft.phase == "bot":
        await _ask_rasa(tools, draft, batch, {"kind": "event", "event": "unlocked"}, context)
    return bool(answer)


async def _erase_answer(tools: Tools, draft: Draft, first: Message, text: str, *, asked: bool) -> str:
    """``yes``, ``no``, ``why``, ``repeat`` or nothing: by button, number, word, or what the model takes it for."""
    given = taken(draft, first, text, tools.words(draft.locale))
    if given["kind"] == "choice":
        choice = given["choice"]
        return str(choice["v"]) if choice.get("q") == "erase" else ""
    if not asked or given["kind"] != "text":
        return ""
    try:
        parsed = await tools.rasa.parse(given["text"])
    except RasaUnavailable:
        return ""
    return {"affirm": "yes", "deny": "no", "why": "why", "repeat": "repeat"}.get(str(parsed["intent"]), "")


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
    tools: Tools,
    draft: Draft,
    batch: Sequence[Message],
    text: str,
    finding: Finding,
    context: Mapping[str, Any],
    *,
    unlocks: bool,
) -> None:
    """Nothing goes out but one neutral question; an emergency raises a case without a sound."""
    if not draft.private_word_mac:
        unlocks = _is_unlock(tools, draft, batch[0].choice_id, text)
    if unlocks:
        draft.unlock()
        if draft.shown.pending == "erase":
            erase_question.ask(draft)
        elif draft.phase != "bot" or not await _returns(tools, draft, context):
            draft.say("lock.unlocked")
        return
    if finding.word == "erase":  # asked when the chat is opened: a question now would uncover it
        draft.shown.pending = "erase"
    await _judge_silently(tools, draft, text, finding)
    leaves = finding.word == "exit" or _listed(tools, draft, text, "exit")
    if not draft.private_word_mac and not draft.shown.lock_asked and not leaves:
        draft.shown.lock_asked = True
        draft.add({"say": "lock.ask", "choices": list(UNLOCK)}, even_if_silent=True)


def _is_unlock(tools: Tools, draft: Draft, tapped: str, text: str) -> bool:
    """Said, or answered to "is it you?"; a "yes" of an older button is no answer to that."""
    if tapped and tapped != UNLOCK[0]["id"]:
        return False
    if _listed(tools, draft, text, "unlock"):
        return True
    if not draft.shown.lock_asked:
        return False
    found = choices.match(text, draft.shown.last, tools.words(draft.locale), multi=False)
    return found is not None and found[0].get("q") == "unlock"


async def _parsed(tools: Tools, text: str) -> Mapping[str, Any]:
    """What the model finds in a text of which the dialogue does not hear; nothing while Rasa is away."""
    try:
        return await tools.rasa.parse(for_model(text))
    except RasaUnavailable:
        return {}


def _with_model(finding: Finding, parsed: Mapping[str, Any]) -> Finding:
    """What rules and model conclude together; the rules alone while Rasa is away."""
    conclusion = conclude(finding, parsed.get("danger"))
    return dataclasses.replace(
        finding, emergency=conclusion.emergency, kind=conclusion.kind, check=conclusion.check
    )


async def _human(tools: Tools, draft: Draft, text: str, finding: Finding) -> None:
    """A person speaks: the bot is silent, only danger is judged, and it raises the case."""
    await _judge_silently(tools, draft, text, finding)


async def _judge_silently(tools: Tools, draft: Draft, text: str, finding: Finding) -> None:
    """Where nothing can be asked, what only the rules call an alarm is one, and so is a bare call for help."""
    if text and not finding.emergency and finding.doubt != CALL:
        finding = _with_model(finding, await _parsed(tools, text))
    if finding.emergency or finding.doubt == CALL:
        draft.need_case("emergency", "U3")


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
    if batch[0].edited and text and not finding.emergency:  # the dialogue will not see its text
        parsed = await _parsed(tools, text)
        finding = _with_model(finding, parsed)
        if finding.check and not finding.emergency and not draft.shown.checked:
            draft.shown.checked = True
            turn = engine.check(
                tools.instruments(), draft.state, "danger", dict(context), told(parsed, batch)
            )
            apply(draft, turn, batch, context, tools.word_mac)
            return
    if finding.emergency:
        turn = await _alarmed(tools, draft, batch, text, finding, context)
        apply(draft, turn, batch, context, tools.word_mac)
        return
    given = _given(tools, draft, batch, text)
    choice = given.get("choice", {})
    if unheard.answered(draft, given):
        return
    if choice.get("v") == MORE and _show_rest(draft, choice["q"]):
        return
    if listening.asked(draft, choice, _wish(tools, draft, given)):
        return
    if own_word.single(draft, given, finding) and own_word.taken(await _parsed(tools, text)):
        given = {"kind": "event", "event": "own_word"}
    if (place := region(draft, batch[0])) is not None and place["value"]["v"] != "other":
        draft.say("say.region", region=place["title"])
    if batch[0].kind == "voice":  # whoever speaks would rather hear the question than read it
        draft.shown.aloud = True
    await _ask_rasa(tools, draft, batch, given, context, finding)


def _given(tools: Tools, draft: Draft, batch: Sequence[Message], text: str) -> dict[str, Any]:
    """What the dialogue takes: words that say that it is over answer what asks whether it is now."""
    given = taken(draft, batch[0], text, tools.words(draft.locale))
    if given["kind"] != "text" or (gone := over(tools.instruments(), draft, text)) is None:
        return given
    source = OVER if gone.get("q") in ("P3", "X_emergency") else "word"
    return {"kind": "choice", "choice": {**gone, "source": source}}


async def _alarmed(
    tools: Tools,
    draft: Draft,
    batch: Sequence[Message],
    text: str,
    finding: Finding,
    context: Mapping[str, Any],
) -> engine.Turn:
    """The rules raise an alarm; where the model is sure that it is none, the person is asked, once."""
    parsed = await _parsed(tools, text)
    known = draft.shown.checked or engine.in_alarm(draft.state)
    if known or _with_model(finding, parsed).emergency:
        return engine.interrupt(
            tools.instruments(), draft.state, finding.kind, dict(context), told(parsed, batch)
        )
    draft.shown.checked = True
    return engine.check(tools.instruments(), draft.state, finding.kind, dict(context), told(parsed, batch))


def _show_rest(draft: Draft, question: str) -> bool:
    """Three buttons held two answers: show the others, and keep the numbers as they were. False for an old button."""
    rest = [
        {"id": c["id"], "key": f"choice.{c['value']['v']}", "value": c["value"]}
        for c in draft.shown.last
        if c["value"].get("q") == question and c["value"].get("v") not in ("yes", "no")
    ]
    if rest:
        more = {"say": "say.more_answers", "choices": rest, "about": question, "keep_numbers": True}
        draft.add({**more, "recording": draft.shown.recording, "aloud": False})
    return bool(rest)


def _wish(tools: Tools, draft: Draft, given: Mapping[str, Any]) -> str:
    """Whether the whole message asks to hear the questions, or not to any more."""
    text = given.get("text", "")
    return next((name for name in listening.WISHES if text and _listed(tools, draft, text, name)), "")


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
    try:
        answer = await tools.rasa.turn(request)
    except RasaUnavailable:
        alone = without_rasa(tools.instruments(), draft.state, given, batch, context)
        if alone is None:
            raise
        answer = alone
    turn = engine.Turn(acts=answer["acts"], state=answer["state"])
    if finding is not None and given["kind"] == "text":
        turn = judged(tools.instruments(), draft, batch, turn, finding, answer.get("nlu") or {}, context)
    before = draft.state
    apply(draft, turn, batch, context, tools.word_mac)
    if tools.collects:
        if finding is not None and given["kind"] == "text":
            said = str((answer.get("nlu") or {}).get("intent", ""))
            unheard.note(draft, before, given["text"], said, finding)
        unheard.ask(draft)
