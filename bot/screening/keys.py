"""Every message key that the dialogue can say, so that a catalogue can be checked against it. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from bot.screening.records import Instruments
from bot.screening.script import Question, Script, compile_script
from bot.screening.taps import KINDS
from bot.screening.texts import worded

FIXED = (
    "block.offer",
    "choice.done",
    "consent.later",
    "consent.no",
    "emergency.denied",
    "emergency.here",
    "end.bye",
    "end.clear",
    "faq.other_person",
    "faq.other_person.how",
    "handoff.emergency",
    "handoff.emergency_again",
    "handoff.emergency_again_off_duty",
    "handoff.emergency_off_duty",
    "handoff.still",
    "handoff.still_off_duty",
    "handoff.waiting",
    "handoff.waiting_off_duty",
    "handoff.waiting_unknown",
    "info.rights",
    "kind.voice.again",
    "kind.voice.kept",
    "lines.note",
    "minor.doubt",
    "minor.lines",
    "minor.no_person",
    "options.decide",
    "other.help",
    "other.signs",
    "say.back",
    "say.back_none",
    "say.bye",
    "say.check_no",
    "say.danger_unsure",
    "say.hello",
    "say.later",
    "say.noted",
    "say.nothing",
    "say.one_language",
    "say.paused",
    "say.person_later",
    "say.repeat",
    "say.restarted",
    "say.thanks",
    "say.tick_more",
    "say.tick_told",
    "say.unclear",
    "say.unclear_numbers",
    "say.was_down",
    "say.word_kept",
    "say.word_other",
    "stale.gone",
    "stale.paused",
    "stale.question",
    "stale.same",
    "start.hello",
    "why.other",
)
FAQ = ("identity", "confidentiality", "migration_status", "cost", "trafficking", "rights", "services")


def keys(instruments: Instruments) -> set[str]:
    """All keys: texts, questions in every wording, and choices."""
    script = compile_script(instruments)
    found = {*FIXED, *(f"faq.{topic}" for topic in FAQ), *(f"kind.{kind}" for kind in KINDS)}
    found.update(f"referral.{line}" for lines in script.flow["lines"].values() for line in lines)
    found.update(_sequence(script))
    for question in script.questions.values():
        found.update(_question(script, question))
    for kind in script.flow["emergencies"]:
        found.update((f"emergency.{kind}", f"emergency.{kind}.lines", f"emergency.{kind}.lines.minor"))
    found.update(f"ack.{name}" for name in (*script.flow["disclosures"], "disclose_minor"))
    found.update(f"ask.X_stale.{value}" for value in ("yes", "no", "unsure", "declined", "other"))
    found.update(("ask.X_person.unclear", "ask.X_person.voice", "ask.X_help.self_harm", "ask.W1o.more"))
    found.add("ask.P4.over")
    return found - {"ask.X_person", "ask.X_stale"}


def _sequence(script: Script) -> Iterator[str]:
    for item in (*script.sequence, *script.at_once):
        if item.kind == "say":
            yield item.name
        elif item.kind == "lines":
            yield from (f"referral.{line}" for line, _ in item.lines)
        elif item.kind == "offer":
            yield f"ask.X_person.{item.name}"
        elif item.block:
            yield f"block.{item.block}"
    yield from (rule.say for rule in script.rules if rule.say)


def _question(script: Script, question: Question) -> Iterator[str]:
    code = question.code
    yield question.text
    yield from (question.key(value) for value in question.values)
    yield f"why.{code}"
    if code != "X_stale":
        yield f"again.{code}"
    for variant, codes in script.flow["variants"].items():
        if code in codes:
            yield from worded(code, variant)
    told = {target for table in script.discloses.values() for pairs in table.values() for target, _ in pairs}
    if code in told and question.kind == "yesno":
        yield f"confirm.{code}"
    if question.thanks:
        yield question.thanks
    if code == "B4":
        yield f"block.{question.block}.skipped"
    if code == "W1o":
        yield from (f"options.{value}" for value in question.values if value != "done")
