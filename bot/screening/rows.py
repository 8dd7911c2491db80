"""The YAML files of the instruments, read field by field, so that every error names its file, line and question.

Promises that nothing is read twice, lost or left over, and that reading goes on after an error: whoever mends a
file sees all that is wrong with it at once. Must not know what the fields mean.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from typing import Any

import yaml

QUOTES = '; write "yes" and "no" in quotes'
MERGE = "tag:yaml.org,2002:merge"
MAP = "tag:yaml.org,2002:map"
EMPTY: Mapping[type, Any] = {str: "", int: 0, bool: False, list: [], dict: {}}
KINDS: Mapping[type, str] = {
    str: "a word",
    int: "a whole number",
    bool: "true or false",
    list: "a list",
    dict: "a mapping",
}


class InstrumentError(ValueError):
    """The data files of the instruments are wrong; ``problems`` are all of them, each ``file:line: question: what``."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Problems:
    """What is wrong, gathered while reading; in the order of files and lines when it is asked for."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, int, str], None] = {}

    def note(self, file: str, line: int, question: str, what: str) -> None:
        """Remember one; the same said twice counts once."""
        self._found[file, line, f"{question}: {what}" if question else what] = None

    def done(self) -> None:
        """Raise ``InstrumentError`` when there is anything."""
        if self._found:
            raise InstrumentError(tuple(self))

    def __bool__(self) -> bool:
        return bool(self._found)

    def __iter__(self) -> Iterator[str]:
        for file, line, what in sorted(self._found):
            yield f"{file}:{line}: {what}" if line else f"{file}: {what}"


class Lines(dict[Any, Any]):
    """A mapping of a YAML file that knows its line, and the line of each of its keys."""

    line: int = 0

    def __init__(self) -> None:
        super().__init__()
        self.at: dict[Any, int] = {}


_Base = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader  # the same, ten times as fast


class _Once(_Base):  # type: ignore[misc, valid-type]  # either of two classes that mypy knows
    """PyYAML lets the second of two equal keys win; here it is an error, since a mark could get lost that way."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [key.value for key, _ in node.value if key.tag != MERGE]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"{key} stands twice", node.start_mark)
        found: dict[Hashable, Any] = super().construct_mapping(node, deep=deep)
        return found


def _mapping(loader: _Once, node: yaml.MappingNode) -> Iterator[Lines]:
    found = Lines()
    found.line = node.start_mark.line + 1
    yield found
    found.update(loader.construct_mapping(node))
    found.at = {loader.construct_object(key): key.start_mark.line + 1 for key, _ in node.value}


_Once.add_constructor(MAP, _mapping)


def parse(name: str, content: bytes, problems: Problems) -> Lines | None:
    """The mapping that a YAML file holds; None, and a problem noted, when it holds none."""
    try:
        data = yaml.load(content, Loader=_Once)  # noqa: S506  a SafeLoader that is stricter still
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problems.note(name, mark.line + 1 if mark else 0, "", f"not YAML: {error.problem or error.context}")
        return None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        problems.note(name, 0, "", f"not YAML: {error}")
        return None
    if not isinstance(data, Lines):
        problems.note(name, 1, "", "must be a mapping")
        return None
    return data


class Row:
    """One mapping of a data file. Each field is taken once; ``done`` complains about what nobody took.

    What is wrong is noted, and something harmless stands in for it.
    """

    def __init__(self, problems: Problems, file: str, question: str, data: Any, line: int = 0) -> None:
        self.problems, self.file, self.question = problems, file, question
        self.line = data.line if isinstance(data, Lines) else line
        self.at = data.at if isinstance(data, Lines) else {}
        if not isinstance(data, dict):
            self.note("must be a mapping")
        self.data: dict[Any, Any] = dict(data) if isinstance(data, dict) else {}

    def note(self, what: str, field: str = "") -> None:
        """Note a problem of this row, at the line of ``field`` where it has one."""
        self.problems.note(self.file, self.at.get(field, self.line), self.question, what)

    def text(self, name: str, default: str | None = None) -> str:
        """A word; without a default it must be there."""
        return str(self._take(name, str, default))

    def number(self, name: str) -> int:
        """A whole number, 0 where there is none."""
        return int(self._take(name, int, 0))

    def flag(self, name: str) -> bool:
        """True or false, false where there is none."""
        return bool(self._take(name, bool, False))

    def one_of(self, name: str, known: tuple[str, ...], default: str | None = None) -> str:
        """A word out of a few; without a default it must be there."""
        missing = name not in self.data
        found = self.text(name, default)
        if found not in known and not missing:
            self.note(f"{name} must be one of {', '.join(known)}, not {found!r}", name)
        return found if found in known else default or known[0]

    def rows(self, name: str) -> list[Any]:
        """A list of anything, empty where there is none."""
        return list(self._take(name, list, []))

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of words, each once, empty where there is none."""
        values = self.rows(name)
        if not all(isinstance(value, str) for value in values):
            self.note(f"{name} must hold words{QUOTES}", name)
        words = [value for value in values if isinstance(value, str)]
        for word in words:
            if words.count(word) > 1:
                self.note(f"{name} names {word} twice", name)
        return tuple(dict.fromkeys(words))

    def texts_by_name(self, name: str) -> dict[str, tuple[str, ...]]:
        """A mapping of lists of words, empty where there is none."""
        part = self.part(name)
        return {str(key): part.texts(key) for key in list(part.data)} if part else {}

    def part(self, name: str) -> Row | None:
        """A mapping inside this one."""
        if name not in self.data:
            return None
        return Row(self.problems, self.file, self.question, self.data.pop(name), self.at.get(name, self.line))

    def parts(self, name: str) -> list[Row]:
        """A list of mappings inside this one, empty where there is none."""
        line = self.at.get(name, self.line)
        return [Row(self.problems, self.file, self.question, value, line) for value in self.rows(name)]

    def done(self) -> None:
        """Note every field that nobody read."""
        for name in self.data:
            self.note(f"there is no field {name}", name)

    def _take(self, name: str, kind: type, default: Any) -> Any:
        value = self.data.pop(name, default)
        if value is None:
            self.note(f"{name} is missing" if default is None else f"{name} is empty", name)
            return EMPTY[kind] if default is None else default
        fits = isinstance(value, kind) and not (kind is int and isinstance(value, bool))
        if not fits:
            self.note(f"{name} must be {KINDS[kind]}{QUOTES if isinstance(value, bool) else ''}", name)
            return EMPTY[kind]
        return value
