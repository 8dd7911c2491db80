"""The YAML files of the instruments, read field by field, so that an error names its file and its question.

Promises that nothing is read twice, lost or left over. Must not know what the fields mean.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, NoReturn

import yaml

QUOTES = '; write "yes" and "no" in quotes'


class InstrumentError(ValueError):
    """A data file of the instruments is wrong; the message names the file and, where there is one, the question."""


class _Once(yaml.SafeLoader):
    """PyYAML lets the second of two equal keys win; here it is an error, since a mark could get lost that way."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [key.value for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"{key} stands twice", node.start_mark)
        return super().construct_mapping(node, deep=deep)


def parse(name: str, content: bytes) -> Mapping[str, Any]:
    """The mapping that a YAML file holds; ``InstrumentError`` names the file and the line."""
    try:
        data = yaml.load(content, Loader=_Once)  # noqa: S506  a SafeLoader that is stricter still
    except yaml.YAMLError as error:
        raise InstrumentError(f"{name}: {error}") from error
    if not isinstance(data, dict):
        raise InstrumentError(f"{name}: must be a mapping")
    return data


class Row:
    """One mapping of a data file. Each field is taken once; ``done`` complains about what nobody took."""

    def __init__(self, file: str, question: str, data: Any) -> None:
        self.file, self.question = file, question
        if not isinstance(data, dict):
            self.fail("must be a mapping")
        self.data = dict(data)

    def fail(self, what: str) -> NoReturn:
        """Raise ``InstrumentError`` with the place in front."""
        raise InstrumentError(": ".join(part for part in (self.file, self.question, what) if part))

    def text(self, name: str, default: str | None = None) -> str:
        """A word; without a default it must be there."""
        return str(self._take(name, str, default))

    def number(self, name: str) -> int:
        """A whole number, 0 where there is none."""
        return int(self._take(name, int, 0))

    def flag(self, name: str) -> bool:
        """True or false, false where there is none."""
        return bool(self._take(name, bool, False))

    def rows(self, name: str) -> list[Any]:
        """A list of anything, empty where there is none."""
        return list(self._take(name, list, []))

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of words, empty where there is none."""
        values = self.rows(name)
        if not all(isinstance(value, str) for value in values):
            self.fail(f"{name} must hold words{QUOTES}")
        return tuple(values)

    def texts_by_name(self, name: str) -> dict[str, tuple[str, ...]]:
        """A mapping of lists of words, empty where there is none."""
        part = self.part(name)
        return {key: part.texts(key) for key in list(part.data)} if part else {}

    def part(self, name: str) -> Row | None:
        """A mapping inside this one."""
        return Row(self.file, self.question, self.data.pop(name)) if name in self.data else None

    def parts(self, name: str) -> list[Row]:
        """A list of mappings inside this one, empty where there is none."""
        return [Row(self.file, self.question, value) for value in self.rows(name)]

    def done(self) -> None:
        """Fail when a field is left that nobody read."""
        if self.data:
            self.fail(f"there is no field {', '.join(sorted(map(str, self.data)))}")

    def _take(self, name: str, kind: type, default: Any) -> Any:
        value = self.data.pop(name, default)
        if value is None:
            self.fail(f"{name} is missing")
        if type(value) is not kind:
            self.fail(
                f"{name} must be of the kind {kind.__name__}{QUOTES if isinstance(value, bool) else ''}"
            )
        return value
