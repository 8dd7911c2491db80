"""The rules of safety: what a message says about danger now, and whether it is a word that closes the chat.

Stage: before the dialogue, on every message, in every phase, with or without Rasa. Promise: pure, the same answer
for the same text, linear time. Must not: log, keep or give back any of the text.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping

from bot.safety import lexicon, tables
from bot.safety.fold import Words, pieces, words
from bot.safety.lexicon import KINDS, Clue, Lexicon, Match, Scale, Sign, Trace

FIRST = "es"  # people write in it whatever the language of their menu
NOTHING: Mapping[str, Lexicon] = {}
_ASIDE = 6  # words between a figure of speech and what it explains
_BEFORE = 12  # words between "what do I do if" and what it asks about
_AROUND = 15  # words between a sign and the "now" that makes it one
_NEGATION_REACH = 6
_NEARLY = 0.8
_FRAMES = frozenset({"asking", "what_if"})
_URGENT = ("now", "recent", "fear")
# Cues that speak for themselves, also where no sign was found.
_SAID = {
    "figurative": frozenset({"fig_die", "fig_kill"}),
    "professional": frozenset({"professional", "media"}),
}
CALL = "call"  # the doubt, and the level, of a message that calls for help and says no more
_RANK = {"": 0, "asking": 1, "past": 2, "professional": 3, "figurative": 4, "negated": 5, CALL: 6}


@dataclasses.dataclass(frozen=True, slots=True)
class Finding:
    """What the rules alone conclude.

    ``kind``: ``danger self_harm medical child sexual_violence none``; ``emergency`` is true exactly when it is not
    ``none``. ``word``: ``exit erase stop none``. ``check``: worth asking once. ``doubt``: why something that sounds
    like danger is not one here (``negated figurative professional past asking``; ``call``: it calls for help and says
    no more), else empty. ``hint``: the kind
    that it would be if the model finds danger where the rules found none.
    """

    emergency: bool
    kind: str
    word: str
    check: bool
    doubt: str = ""
    hint: str = "danger"


def check(text: str, language: str, trying: Mapping[str, Lexicon] = NOTHING) -> Finding:
    """What the rules find in one message; ``language`` is a guess, the tables of all languages are asked.

    ``trying``: tables in the place of those in force, to see what a change would do.
    """
    kind, check_once, doubt, word, hint = "none", False, "", "none", "none"
    said = pieces(text, tables.load(FIRST).emoji)
    for name in sorted(tables.languages(), key=lambda name: name not in {FIRST, language}):
        own = name in {FIRST, language}
        if not own and (doubt or check_once):  # a false friend must not undo what her own language says
            break
        table = trying.get(name) or tables.load(name)
        spoken = words(said, table.short)
        matches = table.find(spoken)
        judged = _Reading(table, spoken, matches).judge()
        kind, hint = _graver(kind, judged.kind), _graver(hint, judged.hint)
        check_once |= judged.check
        doubt = max(doubt, judged.doubt, key=_RANK.__getitem__)
        if word == "none" and own:
            word = _word(table, spoken, matches)
    emergency = kind != "none"
    if emergency:
        return Finding(emergency, kind, word, check=False)
    return Finding(emergency, kind, word, check_once, doubt, "danger" if hint == "none" else hint)


def _graver(one: str, other: str) -> str:
    return min(one, other, key=lambda kind: KINDS.index(kind) if kind in KINDS else len(KINDS))


def _word(table: Lexicon, spoken: Words, matches: list[Match]) -> str:
    names = {match.what for match in matches if isinstance(match.what, str)}
    if spoken.asked or not spoken.keys:
        return "none"
    for word in lexicon.WORDS:
        if f"word:{word}" in names:
            return word
        few = len(spoken.keys) <= table.short_message
        if few and f"short:{word}" in names and not any(f"cue:{cue}" in names for cue in table.word_unless):
            return word
    return "none"


@dataclasses.dataclass(frozen=True, slots=True)
class _Judged:
    kind: str
    check: bool
    doubt: str
    hint: str


class _Reading:
    """One message against one table: each sign is weighed against the cues around it."""

    def __init__(self, table: Lexicon, spoken: Words, matches: list[Match]) -> None:
        self._table, self._spoken = table, spoken
        self._signs = [(m, m.what) for m in matches if isinstance(m.what, Sign) and m.end > m.start]
        self._traces = [(m, m.what) for m in matches if isinstance(m.what, Trace)]
        self._clues = [(m, m.what) for m in matches if isinstance(m.what, Clue)]
        self._cues: dict[str, list[Match]] = {}
        for match in matches:
            if isinstance(match.what, str):
                self._cues.setdefault(match.what.removeprefix("cue:"), []).append(match)

    def judge(self) -> _Judged:
        """Every sign is weighed until one of each kind is an alarm; those that are not say why."""
        kinds: set[str] = set()
        half: set[str] = set()
        doubts = {doubt for doubt, cues in _SAID.items() if not cues.isdisjoint(self._cues)}
        for match, sign in self._signs:
            if sign.kind in kinds:
                continue
            doubt = self._doubt(match, sign)
            if doubt is None:
                kinds.add(sign.kind)
            else:
                doubts.add(doubt)
                half.add(sign.kind)
        kinds |= self._together()
        if self._table.scale:
            kinds, weighed = self._weigh(self._table.scale, kinds, doubts)
            doubts |= weighed
        kind = next((kind for kind in KINDS if kind in kinds), "none")
        doubt = max(doubts & set(_RANK), key=_RANK.__getitem__, default="")
        hint = next((k for k in KINDS if k in half or f"topic_{k}" in self._cues), "none")
        return _Judged(kind, bool(doubts - _SAID.keys()), doubt, hint)

    def _together(self) -> set[str]:
        """The kinds for which enough small things stand together, and nothing against them."""
        seen: dict[Clue, bool] = {}
        for match, clue in self._clues:
            if not seen.get(clue):
                seen[clue] = not self._negated(match)
        sums: dict[tuple[str, int], int] = {}
        for clue, counts in seen.items():
            if counts and clue.ask_if.isdisjoint(self._cues):
                sums[clue.kind, clue.enough] = sums.get((clue.kind, clue.enough), 0) + clue.weight
        return {kind for (kind, enough), total in sums.items() if total >= enough}

    def _weigh(self, scale: Scale, kinds: set[str], doubts: set[str]) -> tuple[set[str], set[str]]:
        """All evidence on one scale, each family once: the kinds that remain or are added, and what is doubted."""
        if len(self._spoken.keys) <= self._table.short_message and any(
            name.startswith(("word:", "short:")) for name in self._cues
        ):  # "ya viene mi jefe" closes the chat and says no more than that
            return kinds, set()
        seen = {trace for match, trace in self._traces if trace.weight < 0 or not self._negated(match)}
        speaks_for = sum(trace.weight for trace in seen if trace.weight > 0) + (scale.alarm if kinds else 0)
        against = sum(trace.weight for trace in seen if trace.weight < 0)
        against += sum(weight for cue, weight in scale.cues.items() if cue in self._cues)
        against += min((scale.doubts.get(doubt, 0) for doubt in doubts), default=0)
        total = speaks_for + against
        if kinds and ("right_now" in self._cues or speaks_for + max(against, scale.most) >= scale.outweighed):
            return kinds, set()
        if total >= scale.enough:
            return {self._kind(seen)}, set()
        excuse = min((trace for trace in seen if trace.doubt), key=lambda trace: trace.weight, default=None)
        if excuse and speaks_for >= scale.enough:
            return set(), {excuse.doubt}
        return set(), {"unsaid"} if kinds or total >= scale.half else set()

    @staticmethod
    def _kind(seen: set[Trace]) -> str:
        """What most of the evidence is about, or something graver that nearly as much of it is about."""
        sums = {kind: sum(trace.weight for trace in seen if trace.kind == kind) for kind in KINDS}
        most = max(sums.values())
        return next(kind for kind in KINDS if sums[kind] >= _NEARLY * most) if most else "danger"

    def _doubt(self, match: Match, sign: Sign) -> str | None:
        """None for an alarm, else why not."""
        if self._negated(match):
            return "negated"
        if any(self._near(match, name, _ASIDE) for name in sign.unless):
            return "figurative"
        if framed := self._framed(match, sign):
            return framed
        if sign.done and self._over(match):
            return "past"
        if sign.level == "ask":
            return "past"
        if sign.level == CALL:
            return CALL
        if sign.level == "soon" and not any(self._near(match, name, _AROUND, far=True) for name in _URGENT):
            return "unsaid"
        return None

    def _framed(self, match: Match, sign: Sign) -> str:
        """The cue that makes it a question, a story or somebody's trade, unless it is said to be happening."""
        if "media" in sign.ask_if and self._near(match, "media", _BEFORE):
            return "professional"
        if "joke" in sign.ask_if and "joke" in self._cues:
            return "unsaid"
        if self._near(match, "right_now", _ASIDE):
            return ""
        if "professional" in sign.ask_if and "professional" in self._cues and not self._own(match):
            return "professional"
        for name in sign.ask_if & _FRAMES:
            if any(cue.start < match.start for cue in self._beside(match, name, _BEFORE)):
                return "asking"
        if self._near(match, "now", _BEFORE):  # "if I do not pay today" is a threat for today
            return ""
        rest = sign.ask_if - _FRAMES - {"media", "joke", "professional"}
        return "unsaid" if any(self._near(match, name, _BEFORE) for name in rest) else ""

    def _own(self, match: Match) -> bool:
        return not self._table.own.isdisjoint(self._spoken.keys[match.start : match.end])

    def _over(self, match: Match) -> bool:
        """Told as past in its own clause, or in its sentence with no "now" in the clause."""
        clause = self._spoken.clause[match.start]
        told = [*self._beside(match, "past", _AROUND), *self._beside(match, "over", _AROUND)]
        if any(self._spoken.clause[cue.start] == clause for cue in told):
            return True
        now = [*self._beside(match, "now", _AROUND), *self._beside(match, "recent", _AROUND)]
        return bool(told) and not any(self._spoken.clause[cue.start] == clause for cue in now)

    def _near(self, match: Match, name: str, reach: int, *, far: bool = False) -> bool:
        return next(self._beside(match, name, reach, far=far), None) is not None

    def _beside(self, match: Match, name: str, reach: int, *, far: bool = False) -> Iterator[Match]:
        """The cues of a name at most ``reach`` words away, in the same sentence unless ``far``."""
        sentence = self._spoken.sentence
        for cue in self._cues.get(name, ()):
            close = cue.start - match.end < reach and match.start - cue.end < reach
            if close and (far or sentence[cue.start] == sentence[match.start]):
                yield cue

    def _negated(self, match: Match) -> bool:
        """A negating word before the sign, with only small words between, in the same clause."""
        keys, clause = self._spoken.keys, self._spoken.clause
        lowest = max(0, match.start - _NEGATION_REACH)
        for at in range(match.start - 1, lowest - 1, -1):
            if clause[at] != clause[match.start]:
                return False
            if keys[at] in self._table.negators:
                return not any(cue.start <= at < cue.end for cue in self._cues.get("except", ()))
            if keys[at] not in self._table.through:
                return False
        return False
