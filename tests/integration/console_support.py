"""A console with accounts, people and cases in it, and browsers that visit it; the clock stands still."""

from __future__ import annotations

import copy
import dataclasses
import functools
import re
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from unittest import mock

import httpx
import pyotp
import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from bot.console import accounts, passwords, sessions
from bot.console.app import ConsoleDeps, application
from bot.console.protection import Protection
from bot.handoff import summary
from bot.inbox import Inbox
from bot.outbox import Outbox
from bot.phrases.lab import Bench
from bot.phrasing import Catalogues, Phrasing
from bot.referrals import Line
from bot.referrals import load as load_lines
from bot.screening import htcds
from bot.screening.assess import assess
from bot.screening.model import load
from bot.storage import cases, conversations, staff
from bot.storage.database import Database
from bot.storage.staff import Staff
from bot.storage.tables import audit, outbound
from bot.vault import KeyRing, Vault
from connectors.base import Inbound, Limits
from connectors.push import Push
from tests import newest
from tests.conftest import ROOT
from tests.integration.conftest import NOW

LIMITS = {
    "whatsapp": Limits(1600, 1024, 3, 20, 10, 24, window_hours=24),
    "telegram": Limits(4096, 4096, 8, 64),
}
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
STRONG = {"instrument": "adult", "answers": {"Q10": "yes", "Q12": "yes"}, "context": {"phase": "now"}}


@functools.cache
def _catalogues() -> Catalogues:
    return Catalogues(ROOT / "locales")


@functools.cache
def _lines() -> dict[str, Line]:
    return load_lines()


@dataclasses.dataclass(slots=True)
class Clock:
    """The time that the console is told."""

    now: float = NOW

    def __call__(self) -> float:
        return self.now


class World:
    """Everything of one test."""

    def __init__(self, db: Database, vault: Vault, *, secure: bool = False) -> None:
        self.db, self.vault, self.clock = db, vault, Clock()
        self.inbox = Inbox(db, vault, self.clock)
        self.outbox = Outbox(db, vault, {}, self.clock, lambda: 0.5)
        self.deps = ConsoleDeps(
            db=db,
            vault=vault,
            clock=self.clock,
            outbox=self.outbox,
            phrasing=Phrasing(copy.copy(_catalogues())),
            lines=dict(_lines()),
            limits=LIMITS,
            secure=secure,
            bench=Bench(db, vault),
            stream=0.0,
            push=Push(vault.push, "https://faro.example.org", self.clock, near=True),
        )
        self.app: Protection = application(self.deps)
        self.secrets: dict[str, dict[str, Any]] = {}

    async def account(self, login: str, role: str = "responder") -> Staff:
        """A new account; its secrets are kept in ``secrets``. What hashing costs is a matter of its own tests."""
        with mock.patch.object(passwords, "digest", QUICK.hash):
            async with self.db.write() as conn:
                self.secrets[login] = await accounts.create_staff(
                    conn, self.vault, login, role, self.clock.now
                )
        return await self.member(login)

    async def member(self, login: str) -> Staff:
        """The account as it stands now."""
        async with self.db.read() as conn:
            found = await staff.by_login(conn, self.vault, login)
        assert found is not None
        return found

    def browser(self, source: str = "192.0.2.1") -> httpx.AsyncClient:
        """A browser that says where its requests come from, as real ones do."""
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app, client=(source, 4000)),
            base_url="https://faro.test" if self.deps.secure else "http://faro.test",
            headers={"Sec-Fetch-Site": "same-origin"},
        )

    async def inside(self, member: Staff) -> httpx.AsyncClient:
        """A browser in which ``member`` is logged in."""
        async with self.db.write() as conn:
            token = await sessions.start(conn, member, "full", None, self.clock.now)
        browser = self.browser()
        browser.cookies.set(f"{'__Host-' if self.deps.secure else ''}faro", token)
        return browser

    def code(self, login: str) -> str:
        """The one-time code of now."""
        return pyotp.TOTP(self.secrets[login]["totp_secret"]).at(int(self.clock.now))

    async def log_in(self, browser: httpx.AsyncClient, login: str) -> httpx.Response:
        """Both steps, in the next half minute so that the code is a fresh one."""
        self.clock.now += 30
        await post(browser, "/console/login", login=login, password=self.secrets[login]["password"])
        return await post(browser, "/console/login/code", code=self.code(login))

    async def writes(
        self, text: str, address: str = "+51987654321", channel: str = "whatsapp", **more: Any
    ) -> str:
        """A person writes; the conversation's id."""
        stored = await self.inbox.store(
            Inbound(
                channel=channel,
                provider_id=secrets.token_hex(8),
                address=address,
                kind=more.pop("kind", "text"),
                received_at=datetime.fromtimestamp(self.clock.now, UTC),
                text=text,
                **more,
            )
        )
        return stored.conversation_id

    async def case(
        self,
        address: str = "+51987654321",
        channel: str = "whatsapp",
        payload: dict[str, Any] = STRONG,
        *,
        urgency: int | None = None,
        text: str = "hola",
        **columns: Any,
    ) -> str:
        """A new person who wrote ``text``, and their waiting case."""
        here = await self.writes(text, address, channel)
        result = assess(payload)
        instruments = load()
        order = (instruments.minor if payload["instrument"] == "minor" else instruments.adult).codes
        told = {
            code: {"source": "button", "message_id": secrets.token_hex(16)} for code in payload["answers"]
        }
        values = htcds.derive(instruments, payload, result)
        facts = summary.build(payload, result, told, order, columns.pop("wishes", {}), values)
        async with self.db.write() as conn:
            conversation = await conversations.get(conn, self.vault, here)
            assert conversation is not None
            return await cases.open_case(
                conn,
                self.vault,
                conversation,
                origin=columns.pop("origin", "person"),
                urgency=int(result["urgency"][1]) if urgency is None else urgency,
                now=self.clock.now,
                summary=facts,
                **{"result": result["type"], "minor": payload["instrument"] == "minor", **columns},
            )

    async def standing(self, case_id: str) -> cases.Case:
        """The case as it is stored."""
        async with self.db.read() as conn:
            found = await cases.get(conn, self.vault, case_id)
        assert found is not None
        return found

    async def phase(self, case_id: str) -> str:
        """Who speaks in the case's conversation."""
        here = (await self.standing(case_id)).conversation_id
        assert here is not None
        async with self.db.read() as conn:
            found = await conversations.get(conn, self.vault, here)
        assert found is not None
        return found.phase

    async def sent(self) -> list[dict[str, Any]]:
        """What stands in the outbox: author, key, text and state, in order."""
        async with self.db.read() as conn:
            rows = (
                await conn.execute(select(outbound).order_by(outbound.c.created_at, outbound.c.seq))
            ).all()
        return [
            {
                "id": r.id,
                "author": r.author,
                "key": r.key,
                "state": r.state,
                "staff_id": r.staff_id,
                "text": self.vault.open_json("outbound", "body_sealed", r.id, r.body_sealed)["text"],
            }
            for r in rows
        ]

    async def acts(self, prefix: str = "") -> list[tuple[str, str, str]]:
        """Actor, act and object of the audit log, in order."""
        async with self.db.read() as conn:
            rows = await conn.execute(select(audit).order_by(audit.c.seq))
            return [(r.actor, r.act, r.object) for r in rows if r.act.startswith(prefix)]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """A console on SQLite."""
    url = f"sqlite:///{tmp_path / 'console.db'}"
    newest.sqlite(url)
    db = Database(url)
    yield World(db, Vault(KeyRing.create(tmp_path / "console-keys.json")))
    await db.close()


@pytest.fixture
async def both(database: Database, vault: Vault) -> World:
    """A console on each database in turn."""
    return World(database, vault)


async def post(browser: httpx.AsyncClient, path: str, **fields: str) -> httpx.Response:
    """Send a form."""
    return await browser.post(path, data=fields)


class Page(HTMLParser):
    """A page taken apart: its test ids, and everything in it that could run."""

    HANDLER = re.compile(r"on\w+|style|srcdoc", re.IGNORECASE)
    ACTIVE = frozenset({"iframe", "object", "embed", "base", "svg", "math", "style", "applet", "frame"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.active: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if testid := given.get("data-testid"):
            self.ids.append(testid)
        source = given.get("src") or ""
        if tag in self.ACTIVE or (tag == "script" and not source.startswith("/console/static/")):
            self.active.append(tag)
        for name, value in attrs:
            if self.HANDLER.fullmatch(name):
                self.active.append(f"{tag} {name}")
            if name in ("href", "src", "action") and not (value or "").startswith(("/console", "#")):
                self.active.append(f"{tag} {name}={value}")
