"""The table of words, compiled: lines of data → one trie over folded words, walked once per message.

Promise: time grows with the length of the message only, whatever it says;
a table with an unknown group, cue or kind is refused with its name. Must not: hold anything of a message.
"""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from bot.safety.fold import Words, deletions, key, one_letter_apart, plain

KINDS = ("self_harm", "danger", "sexual_violence", "medical", "child")
LEVELS = ("alarm", "soon", "ask", "call")
DOUBTS = ("negated", "figurative", "professional", "past", "asking")
WORDS = ("exit", "erase", "stop")
START, END = "^", "$"
_ENCLITICS = {"me": ("me", "nos"), "la": ("la", "lo", "le", "las", "los", "les", "se")}
_GROUP = re.compile(r"<(\w+)(?:\+(\w+))?>")


class TableError(ValueError):
    """The table of words contradicts itself; the message names the place."""


@dataclasses.dataclass(frozen=True, slots=True)
class Sign:
    """One block of the table: what its lines mean, and what takes that meaning away."""

    kind: str
    level: str
    done: bool
    unless: frozenset[str]
    ask_if: frozenset[str]


@dataclasses.dataclass(frozen=True, slots=True)
class Clue:
    """One of many small things that make an alarm together: ``enough`` of ``weight``, without the cues."""

    kind: str
    line: str
    weight: int
    enough: int
    ask_if: frozenset[str]


@dataclasses.dataclass(frozen=True, slots=True)
class Trace:
    """A family of ``evidence``: speaks for danger (of a ``kind``, or of any if empty) or, below zero, against it."""

    name: str
    weight: int
    kind: str
    doubt: str


@dataclasses.dataclass(frozen=True, slots=True)
class Scale:
    """How the evidence is weighed; ``cues``: what a cue, a sign that is an alarm, or a doubted sign adds."""

    enough: int
    half: int
    outweighed: int
    most: int
    alarm: int
    cues: Mapping[str, int]
    doubts: Mapping[str, int]


What = Sign | Clue | Trace | str


@dataclasses.dataclass(frozen=True, slots=True)
class Match:
    """A line found at words ``start`` to ``end`` (exclusive); ``what``: a sign, clue, trace, or a cue's or word's name."""

    what: What
    start: int
    end: int


class _Node:
    __slots__ = ("gaps", "next", "what")

    def __init__(self) -> None:
        self.next: dict[str, _Node] = {}
        self.gaps: dict[int, _Node] = {}
        self.what: list[What] = []


@dataclasses.dataclass(slots=True)
class Lexicon:
    """A language's table, ready to be walked over messages."""

    short: Mapping[str, Sequence[str]]
    emoji: Mapping[str, str]
    negators: frozenset[str]
    through: frozenset[str]
    own: frozenset[str]
    short_message: int
    word_unless: frozenset[str]
    scale: Scale | None
    _root: _Node
    _exact: Mapping[str, frozenset[str]]
    _prefixes: Mapping[str, frozenset[str]]
    _typos: Mapping[str, frozenset[str]]
    _real: frozenset[str]
    _stops: frozenset[str]

    def signs(self) -> frozenset[Sign]:
        """Every block of the table, once."""
        return frozenset(what for what in self._ends() if isinstance(what, Sign))

    def alone(self, word: str) -> bool:
        """Whether the table has a message that is this word (``exit``, ``erase``, ``stop``)."""
        return f"word:{word}" in set(self._ends())

    def _ends(self) -> Iterator[What]:
        waiting = [self._root]
        while waiting:
            node = waiting.pop()
            yield from node.what
            waiting += [*node.next.values(), *node.gaps.values()]

    def find(self, words: Words) -> list[Match]:
        """Every line of the table that the words hold, in the order of their ends."""
        tokens = [START, *words.keys, END]
        sentences = [words.sentence[0] if words.sentence else 0, *words.sentence]
        sentences.append(sentences[-1])
        walk = _Walk({token: self.meanings(token) for token in set(tokens)})
        for at, token in enumerate(tokens):
            if at and sentences[at] != sentences[at - 1]:
                walk.active = {}
            walk.step(self._root, token, at, skips=token not in self._stops)
        return list(walk.found)

    def meanings(self, token: str) -> frozenset[str]:
        """What a folded word may stand for in the lines: itself, groups it belongs to, a word it misspells."""
        found = set(self._exact.get(token, ()))
        for length in range(3, len(token) + 1):
            found |= self._prefixes.get(token[:length], frozenset())
        if token not in self._exact and len(token) >= 5 and token not in self._real:
            for near in self._near(token):
                found |= self._exact[near]
        return frozenset(found)

    def _near(self, token: str) -> Iterator[str]:
        if len(token) > 20:
            return
        candidates = {word for cut in (token, *deletions(token)) for word in self._typos.get(cut, ())}
        yield from (word for word in candidates if one_letter_apart(token, word))


class _Walk:
    """The places in the trie where the words so far may stand: node → (where the line began, words it may skip)."""

    def __init__(self, meanings: Mapping[str, frozenset[str]]) -> None:
        self._meanings = meanings
        self._said = frozenset().union(*meanings.values())
        self._moves: dict[tuple[_Node, str], list[_Node]] = {}
        self._alive: dict[_Node, bool] = {}
        self.active: dict[_Node, tuple[int, int]] = {}
        self.found: dict[Match, None] = {}

    def step(self, root: _Node, token: str, at: int, *, skips: bool) -> None:
        """One word further; lines may begin at every word, and a gap goes past it if ``skips``."""
        before = self.active
        self.active = {node: (start, gap - 1) for node, (start, gap) in before.items() if gap > 0 and skips}
        for child in self._from(root, token):
            self._enter(child, at, at)
        for node, (start, _) in before.items():
            for child in self._from(node, token):
                self._enter(child, start, at)

    def _from(self, node: _Node, token: str) -> list[_Node]:
        moves = self._moves.get((node, token))
        if moves is None:
            meant = self._meanings[token]
            if len(node.next) < len(meant):
                moves = [child for step, child in node.next.items() if step in meant]
            else:
                moves = [node.next[step] for step in meant if step in node.next]
            self._moves[node, token] = moves
        return moves

    def _enter(self, node: _Node, start: int, at: int) -> None:
        """A line may end here, go on with the next word, or after a gap. Positions count the mark of the beginning."""
        for what in node.what:
            self.found[Match(what, max(0, start - 1), at)] = None
        if self._goes_on(node):
            self.active[node] = (start, 0)
        for gap, child in node.gaps.items():
            if self._goes_on(child):
                self.active[child] = (start, gap)

    def _goes_on(self, node: _Node) -> bool:
        """Whether some word of the message leads on from here at all."""
        alive = self._alive.get(node)
        if alive is None:
            alive = self._alive[node] = not self._said.isdisjoint(node.next)
        return alive


def compile_table(table: Mapping[str, Any]) -> Lexicon:
    """A table as read from YAML → lexicon."""
    groups: Mapping[str, Sequence[str]] = table.get("groups", {})
    root = _Node()
    builder = _Builder(groups, root)
    cues = table.get("cues", {})
    for name, lines in cues.items():
        builder.add(lines, f"cue:{name}")
    for block in table.get("signs", ()):
        builder.add(block["say"], _sign(block, cues))
    for block in table.get("clues", ()):
        for clue in _clues(block, cues):
            builder.add([clue.line], clue)
    evidence = table.get("evidence", {})
    for block in evidence.get("families", ()):
        builder.add(block["say"], _trace(block))
    negation, said = table["negation"], table["words"]
    builder.add(negation.get("except", ()), "except")
    for word in WORDS:
        builder.add([f"^ {line} $" for line in said.get(word, {}).get("alone", ())], f"word:{word}")
        builder.add(said.get(word, {}).get("short", ()), f"short:{word}")
    exact, prefixes = builder.vocabulary()
    typos: dict[str, set[str]] = {}
    for word in filter(exact.__contains__, map(_key, table.get("typos", ()))):
        for cut in (word, *deletions(word)):
            typos.setdefault(cut, set()).add(word)
    return Lexicon(
        short={plain(k): tuple(map(key, plain(v).split())) for k, v in table.get("short", {}).items()},
        emoji=table.get("emoji", {}),
        negators=frozenset(map(_key, negation["say"])),
        through=frozenset(map(_key, negation["through"])),
        own=frozenset(map(_key, table["self"])),
        short_message=int(said["limit"]),
        word_unless=frozenset(cue for word in WORDS for cue in said.get(word, {}).get("unless", ())),
        scale=_scale(evidence, cues) if evidence else None,
        _root=root,
        _exact=exact,
        _prefixes=prefixes,
        _typos={cut: frozenset(words) for cut, words in typos.items()},
        _real=frozenset(map(_key, table.get("real_words", ()))),
        _stops=frozenset(map(_key, negation.get("stops", ()))),
    )


def _sign(block: Mapping[str, Any], cues: Mapping[str, Any]) -> Sign:
    sign = Sign(
        block["kind"],
        block["level"],
        block.get("done") == "yes",
        frozenset(block.get("unless", ())),
        frozenset(block.get("ask_if", ())),
    )
    if sign.level not in LEVELS:
        raise TableError(f"unknown level: {sign.level}")
    _known(sign.kind, sign.unless | sign.ask_if, cues)
    return sign


def _clues(block: Mapping[str, Any], cues: Mapping[str, Any]) -> Iterator[Clue]:
    against = frozenset(block["ask_if"])
    _known(block["kind"], against, cues)
    for weight in (1, 2, 3):
        for line in block.get(str(weight), ()):
            yield Clue(block["kind"], line, weight, int(block["enough"]), against)


def _trace(block: Mapping[str, Any]) -> Trace:
    trace = Trace(block["name"], int(block["weight"]), block.get("kind", ""), block.get("doubt", ""))
    if trace.kind and trace.kind not in KINDS:
        raise TableError(f"unknown kind: {trace.kind}")
    if trace.doubt and trace.doubt not in DOUBTS:
        raise TableError(f"unknown doubt: {trace.doubt}")
    return trace


def _scale(evidence: Mapping[str, Any], cues: Mapping[str, Any]) -> Scale:
    beside = {name: int(weight) for name, weight in evidence.get("cues", {}).items()}
    _known(KINDS[0], frozenset(beside), cues)
    doubts = {name: int(weight) for name, weight in evidence.get("doubts", {}).items()}
    if unknown := doubts.keys() - set(DOUBTS):
        raise TableError(f"unknown doubt: {', '.join(sorted(unknown))}")
    enough, half, outweighed, most, alarm = (
        int(evidence[name]) for name in ("enough", "half", "outweighed", "most", "alarm")
    )
    return Scale(enough, half, outweighed, most, alarm, beside, doubts)


def _known(kind: str, named: frozenset[str], cues: Mapping[str, Any]) -> None:
    if kind not in KINDS:
        raise TableError(f"unknown kind: {kind}")
    if unknown := named - set(cues):
        raise TableError(f"unknown cue: {', '.join(sorted(unknown))}")


def _key(word: str) -> str:
    return key(plain(word))


class _Builder:
    """Lines → trie. A group's single words are one step of the trie; its phrases are spelled out."""

    def __init__(self, groups: Mapping[str, Sequence[str]], root: _Node) -> None:
        self._groups, self._root = groups, root
        self._exact: dict[str, set[str]] = {START: {START}, END: {END}}
        self._prefixes: dict[str, set[str]] = {}

    def vocabulary(self) -> tuple[dict[str, frozenset[str]], dict[str, frozenset[str]]]:
        return (
            {word: frozenset(ids) for word, ids in self._exact.items()},
            {word: frozenset(ids) for word, ids in self._prefixes.items()},
        )

    def add(self, lines: Iterable[str], what: What) -> None:
        for line in lines:
            if not line.split() or line.startswith("~") or re.search(r"~\d+$", line):
                raise TableError(f"a line needs a word at both ends: {line}")
            choices = [self._element(piece) for piece in line.split()]
            for steps in itertools.product(*choices):
                self._insert([step for part in steps for step in part], what)

    def _insert(self, steps: Sequence[str], what: What) -> None:
        node = self._root
        for step in steps:
            if step[0] == "~":
                node = node.gaps.setdefault(int(step[1:]), _Node())
            else:
                node = node.next.setdefault(step, _Node())
        node.what.append(what)

    def _element(self, piece: str) -> list[tuple[str, ...]]:
        """The ways to go past one element, each a sequence of steps."""
        if piece[0] == "~":
            return [(piece,)]
        optional = piece.endswith("?")
        piece = piece.removesuffix("?")
        step = piece
        ways: list[tuple[str, ...]] = [(step,)]
        for one in piece.split("|"):
            if group := _GROUP.fullmatch(one):
                ways += self._group(group[1], group[2], step)
            elif "_" in one:
                ways += self._phrase(one.split("_"))
            else:
                self._learn(one, step)
        return [*ways, ()] if optional else ways

    def _group(self, name: str, enclitic: str | None, step: str) -> list[tuple[str, ...]]:
        if name not in self._groups:
            raise TableError(f"unknown group: {name}")
        ways: list[tuple[str, ...]] = []
        for entry in self._groups[name]:
            if " " not in entry and entry[0] != "<":
                for ending in _ENCLITICS[enclitic] if enclitic else ("",):
                    self._learn(entry + ending, step)
            elif not enclitic:
                ways += self._phrase(entry.split())
        return ways

    def _phrase(self, pieces: Sequence[str]) -> list[tuple[str, ...]]:
        """Elements one after the other → the ways through all of them."""
        parts = [self._element(piece) for piece in pieces]
        return [tuple(step for part in way for step in part) for way in itertools.product(*parts)]

    def _learn(self, word: str, step: str) -> None:
        if word.endswith(
            "*"
        ):  # the sound of a last letter depends on what follows: fold with a vowel, take it off
            self._prefixes.setdefault(_key(word[:-1] + "a")[:-1], set()).add(step)
        elif word not in (START, END):
            self._exact.setdefault(_key(word), set()).add(step)
        elif step != word:
            self._exact[word].add(step)
