"""The house stays straight: who may import whom, how long a room may be, which clock is asked."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

PURE = {
    *(
        "bot/screening",
        "bot/safety",
        "bot/redaction",
        "bot/outgoing",
        "bot/handoff/order.py",
        "bot/handoff/summary.py",
        "bot/choices.py",
    ),
    *("bot/statistics.py", "bot/spreadsheet.py"),
}
PURE_LIBRARIES = {"yaml"}
EXTRA_LIBRARIES = {"bot/redaction": {"phonenumbers", "stdnum"}}
PURE_PACKAGES = (
    "bot.screening",
    "bot.safety",
    "bot.redaction",
    "bot.handoff.summary",
    "bot.statistics",
    "bot.outgoing",
)
MODULE_LINES, FUNCTION_LINES, TEMPLATE_LINES = 400, 60, 150


def _modules(*folders: str) -> list[Path]:
    found = [p for f in folders for p in ([ROOT / f] if f.endswith(".py") else (ROOT / f).rglob("*.py"))]
    return sorted(p for p in found if ".venv" not in p.parts and "versions" not in p.parts)


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide where a name comes from"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_connectors_know_nothing_of_the_bot() -> None:
    """A channel can be read, tested and replaced alone."""
    wrong = [_name(p) for p in _modules("connectors") if any(i.split(".")[0] == "bot" for i in _imports(p))]
    assert wrong == []


@pytest.mark.parametrize("place", sorted(PURE))
def test_pure_rooms_import_only_pure_things(place: str) -> None:
    """Screening, safety, redaction and the summary use the standard library, YAML and each other."""
    allowed = PURE_LIBRARIES | EXTRA_LIBRARIES.get(place, set()) | set(sys.stdlib_module_names)
    wrong = [
        (_name(p), i)
        for p in _modules(place)
        for i in _imports(p)
        if i.split(".")[0] not in allowed and not i.startswith(PURE_PACKAGES)
    ]
    assert wrong == []


def test_the_console_does_not_reach_around_the_outbox() -> None:
    """Staff answers leave through the outbox; no page talks to a channel."""
    wrong = [
        _name(p)
        for p in _modules("bot/console")
        if any(i.startswith("connectors.") and not i.startswith("connectors.base") for i in _imports(p))
    ]
    assert wrong == []


def test_rasa_sees_only_the_screening() -> None:
    """Rasa's components import bot.screening and nothing else of the bot."""
    wrong = [
        (_name(p), i)
        for p in _modules("rasa_project/components", "rasa_project/slim", "rasa_project/faro_rasa.py")
        for i in _imports(p)
        if i.split(".")[0] == "bot" and i != "bot" and not i.startswith("bot.screening")
    ]
    assert wrong == []


def test_only_the_door_and_the_outbox_open_addresses() -> None:
    """The vault's way from a person to an address is used in the store, the inbox and the outbox only."""
    allowed = {"bot/vault.py", "bot/inbox.py", "bot/outbox.py", "bot/retention.py"}
    wrong = [
        _name(p)
        for p in _modules("bot")
        if "address_sealed" in p.read_text()
        and _name(p) not in allowed
        and not _name(p).startswith("bot/storage")
    ]
    assert wrong == []


def test_only_two_people_together_bring_an_address_to_the_console() -> None:
    """Sending, erasing and revealing ask where a person is; nothing else does, and no page by itself."""
    asking = {"bot/outbox.py", "bot/retention.py", "bot/handoff/reveal.py"}
    found = {
        _name(p)
        for p in _modules("bot")
        if any(call in p.read_text() for call in ("people.address_of(", "conversations.address_of("))
    }
    assert found == asking


def test_rooms_are_small() -> None:
    """No module over 400 lines, no function over 60, no template over 150."""
    long = []
    for path in _modules("bot", "connectors", "rasa_project/components"):
        source = path.read_text()
        if source.count("\n") > MODULE_LINES:
            long.append(f"{_name(path)}: {source.count(chr(10))} lines")
        long += [
            f"{_name(path)}:{node.lineno} {node.name}"
            for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            and (node.end_lineno or 0) - node.lineno >= FUNCTION_LINES
        ]
    long += [_name(p) for p in (ROOT / "bot").rglob("*.html") if p.read_text().count("\n") > TEMPLATE_LINES]
    assert long == []


def test_the_clock_and_chance_are_arguments() -> None:
    """Only the composition root, commands and the vault ask the machine for the time or for chance."""
    allowed = {"bot/app.py", "bot/cli.py", "bot/vault.py", "bot/phrasing.py", "bot/logs.py"}
    asked = ("time.time(", "datetime.now(", "utcnow(", "random.random(", "random.choice(")
    wrong = [
        (_name(p), word)
        for p in _modules("bot")
        for word in asked
        if word in p.read_text() and _name(p) not in allowed and not _name(p).startswith("bot/commands")
    ]
    assert wrong == []


def test_the_migrations_are_one_line() -> None:
    """Two people who add a table at once leave two heads, and no database can be brought up to both."""
    folder = ROOT / "bot/storage/migrations/versions"
    found = re.compile(r'^(revision|down_revision) = "?(\w+)"?$', re.MULTILINE)
    links = [dict(found.findall(path.read_text())) for path in folder.glob("*.py")]
    before = [link["down_revision"] for link in links]
    assert sorted(before) == sorted(set(before)), "two migrations follow the same one"
    assert {link["revision"] for link in links} - set(before) != set()
