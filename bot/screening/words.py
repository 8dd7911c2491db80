"""What a person writes, as the model understood it: answers, moves, questions, things told. Pure."""

from __future__ import annotations

from bot.screening import answering, disclosures, moves, run, wishes
from bot.screening.script import SHRUGS
from bot.screening.talk import ABOUT_OTHERS, Talk

SURE = 0.45  # below it, what would cover the chat or silence Faro is rather asked again than obeyed
SILENCING = ("erase", "stop")
PLAIN = {"affirm": "yes", "deny": "no", "unsure": "unsure", "decline": "declined"}


def hear(talk: Talk) -> None:
    message = talk.message
    if not talk.begun:
        _first(talk)
        return
    if ABOUT_OTHERS in message.intents:
        moves.other_person(talk)
        return
    told = disclosures.absorb(talk)
    if told:
        _told(talk, told)
    elif "human" in message.intents:
        moves.human(talk)
    elif message.intent.startswith(moves.FAQ):
        moves.faq(talk, message.intent)
    elif talk.current == "W2_own" and message.intent not in (*moves.MOVES, "deny", "decline"):
        wishes.take_word(talk, fits=message.intent not in PLAIN)
    elif message.intent in SILENCING and message.confidence < SURE:
        moves.unclear(talk)
    elif message.intent in moves.MOVES and not _starts(talk):
        moves.MOVES[message.intent](talk)
    else:
        _plain(talk)


def _first(talk: Talk) -> None:
    """The first words of all: whatever they are, the greeting comes first."""
    message = talk.message
    greeted = (
        "",
        "greet",
        "start",
        "back",
        "repeat",
        "why",
        "pause",
        "resume",
        "thank",
        "goodbye",
        "out_of_scope",
    )
    talk.mark("say.start.hello")
    talk.say("start.hello")
    told = [] if ABOUT_OTHERS in message.intents else disclosures.absorb(talk)
    if told:
        disclosures.acknowledge(talk, told)
    if "human" in message.intents:
        moves.human(talk)
    elif message.intent == ABOUT_OTHERS:
        moves.other_person(talk)
    elif message.intent.startswith(moves.FAQ):
        moves.faq(talk, message.intent)
    elif message.intent in moves.MOVES and message.intent not in greeted:
        moves.MOVES[message.intent](talk)
    else:
        run.advance(talk)


def _told(talk: Talk, told: list[str]) -> None:
    """Something was told: thanked for, and where it answers the open question, that is that."""
    disclosures.acknowledge(talk, told)
    plain = next((PLAIN[name] for name in talk.message.intents if name in PLAIN), "")
    if "human" in talk.message.intents:
        moves.human(talk)
    elif disclosures.settles_open_question(talk):
        run.advance(talk)
    elif plain and disclosures.MINOR not in told and _answers(talk, plain):
        _plain(talk, plain)
    elif (talk.state["aside"] or {}).get("variant") == moves.UNCLEAR:
        run.advance(talk)  # that was understood
    else:
        run.pending(talk)


def _answers(talk: Talk, plain: str) -> bool:
    """Whether a plain yes or no would answer what is open; beside a story it may answer nothing."""
    question = talk.script.questions.get(talk.current)
    if question is None:
        return False
    ends = question.kind == "many" and (plain == "no" or bool(talk.state["ticks"] and plain != "yes"))
    return ends or question.reading(plain) is not None


def _starts(talk: Talk) -> bool:
    """Whether "let us begin" or "I am back" is the yes that something waits for."""
    intent, current = talk.message.intent, talk.current
    if intent == "start" and current in ("P1", "B4"):
        return True
    return intent in ("start", "resume") and current in ("X_resume", "X_meanwhile", "X_tired", "X_help")


def _rests(talk: Talk) -> bool:
    """Whether the talk was left, and nothing was asked since."""
    aside = talk.state["aside"] or {}
    return aside.get("q") == "X_resume" and not aside.get("asked")


def _plain(talk: Talk, plain: str = "") -> None:
    """Yes, no, unsure or declined, where that answers the open question."""
    message = talk.message
    if _rests(talk) and PLAIN.get(message.intent, "yes") != "yes":
        run.neutral(talk)  # nothing was asked that this could be the no to
        return
    if talk.current == "X_help" and message.intent == "affirm":
        moves.unclear(talk)  # "ok" to what was said in an alarm asks for no more questions
        return
    plain = plain or ("yes" if _starts(talk) else PLAIN.get(message.intent, ""))
    question = talk.script.questions.get(talk.current)
    if question is None or not plain:
        moves.unclear(talk)
        return
    source = "word"
    if message.partly and question.scored and plain in ("yes", "unsure") and question.kind == "yesno":
        plain, source = "yes", "partly"
    if question.kind == "many" and (plain == "no" or (talk.state["ticks"] and plain != "yes")):
        plain = "done"  # "none of these" ends a list as well as "no more"
    found = "done" if plain == "done" else question.reading(plain)
    if found is None and plain in SHRUGS:
        moves.why(talk)
    elif found is None:
        moves.unclear(talk)
    else:
        answering.answer(talk, question.code, found, source)
