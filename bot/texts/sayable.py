"""Every key that the code, the instruments, Rasa's domain, the referrals and the console can say. Reads source only.

Promises that a key is in ``messages()`` or ``console()`` exactly when something can say it; tests hold both ways.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from bot.screening import engine
from bot.screening.model import load
from bot.screening.script import Script, compile_script
from bot.texts import rules

ROOT = Path(__file__).resolve().parents[2]
PLACE = re.compile(r"[a-z_]+\.[A-Za-z0-9_.\-]*[A-Za-z0-9_]")
SCREENED = ("bot/screening", "bot/texts", "bot/console")
CALL = re.compile(r"[\"'](console\.[A-Za-z0-9_.\-]*)[\"']")


@functools.cache
def script() -> Script:
    """The questions and their order."""
    return compile_script(load())


@functools.cache
def lines() -> tuple[Mapping[str, Any], ...]:
    """The referral directory."""
    path = ROOT / "bot/referrals/lines.yml"
    return tuple(yaml.safe_load(path.read_text(encoding="utf-8"))["lines"])


@functools.cache
def messages() -> frozenset[str]:
    """What chatters can be told."""
    found = set(engine.keys(load())) | set(_gateway()[0]) | set(_domain())
    for family, codes in rules.common()["families"].items():
        found.update(f"{family}.{code}" for code in codes)
    found.update(line["key"] for line in lines() if line["key"] and line["status"] != "obsolete")
    return frozenset(found.difference(rules.common()["not_keys"]))


@functools.cache
def begun() -> tuple[str, ...]:
    """The beginnings of keys that are put together from a code not listed in ``rules.yml``, or that editors add to."""
    listed = tuple(f"{family}." for family in rules.common()["families"])
    return tuple(
        sorted({begin for begin in _gateway()[1] if begin not in listed} | {*rules.common()["free"]})
    )


def wanted(domain: str) -> tuple[frozenset[str], frozenset[str]]:
    """Of a catalogue: the keys that can be said, and the beginnings of those that are put together."""
    return (messages(), frozenset(begun())) if domain == "messages" else console()


def is_said(key: str, domain: str = "messages") -> bool:
    """Whether something can say this key."""
    whole, beginnings = wanted(domain)
    return key in whole or key.startswith(tuple(beginnings))


@functools.cache
def _gateway() -> tuple[frozenset[str], frozenset[str]]:
    """The whole strings in the gateway's code that are keys, and the beginnings of those put together there."""
    spaces = rules.common()["spaces"]
    begins = re.compile(
        rf"[\"'](?:{'|'.join(map(re.escape, spaces))})\."
    )  # reading a module as a tree is slow
    whole: set[str] = set()
    parts: set[str] = set()
    for path in sorted([*(ROOT / "bot").rglob("*.py"), *(ROOT / "connectors").rglob("*.py")]):
        if str(path.relative_to(ROOT)).startswith(SCREENED):
            continue
        source = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(source)) if begins.search(source) else ():
            if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                parts.add(str(node.values[0].value))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                whole.add(node.value)
    return (
        frozenset(w for w in whole if PLACE.fullmatch(w) and w.split(".")[0] in spaces),
        frozenset(p for p in parts if p.endswith(".") and p.split(".")[0] in spaces),
    )


def _domain() -> Iterator[str]:
    """Rasa's intents that have an answer of their own; its domain holds no sentence."""
    path = ROOT / "rasa_project/domain.yml"
    for intent in yaml.safe_load(path.read_text(encoding="utf-8"))["intents"]:
        if intent.startswith("faq_"):
            yield f"faq.{intent.removeprefix('faq_')}"
        elif intent.startswith("disclose_"):
            yield f"ack.{intent}"


# ── The console ─────────────────────────────────────────────────────────────────────────────────────────────


@functools.cache
def _sources() -> tuple[str, ...]:
    folders = (ROOT / "bot/console", ROOT / "bot/handoff", ROOT / "bot/texts", ROOT / "bot/commands")
    paths = [p for f in folders for p in f.rglob("*") if p.suffix in (".py", ".html")]
    return tuple(p.read_text(encoding="utf-8") for p in sorted(paths))


@functools.cache
def console() -> tuple[frozenset[str], frozenset[str]]:
    """The keys that the pages name whole, and the beginnings of those they put together."""
    whole: set[str] = set()
    begun: set[str] = set()
    for source in _sources():
        for found in CALL.finditer(source):
            before = source[max(0, found.start() - 12) : found.start()]
            if found[1].endswith("."):
                begun.add(found[1])
            elif re.search(r"label\($", before):
                begun.add(f"{found[1]}.")
            else:
                whole.add(found[1])
        begun.update(re.findall(r"f\"(console\.[A-Za-z0-9_.\-]*\.)\{", source))
    return frozenset(whole), frozenset(begun)


@functools.cache
def console_placeholders() -> Mapping[str, frozenset[str]]:
    """Key → the names that some page fills in where it says that key."""
    found: dict[str, frozenset[str]] = {}
    for source in _sources():
        for call in CALL.finditer(source):
            names = frozenset(re.findall(r"\b(\w+)=", _arguments(source, call.end())))
            for key in (call[1],) if not call[1].endswith(".") else ():
                found[key] = found.get(key, frozenset()) | names
    for key, more in rules.common()["later"].items():
        found[key] = found.get(key, frozenset()) | frozenset(more)
    return found


def _arguments(source: str, start: int) -> str:
    """What follows a key up to the bracket that closes its call; calls inside it are left out."""
    depth, kept = 0, []
    for letter in source[start : start + 400]:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if depth < 0:
            break
        kept.append(letter if depth == 0 else " ")
    return "".join(kept)
