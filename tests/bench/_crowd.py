"""A database as full as it may get: open cases, closed ones, and a million messages; sealed like any other."""

from __future__ import annotations

import random
import re
import secrets
from collections.abc import Iterator
from typing import Any

from sqlalchemy import insert, text

from bot.handoff import summary
from bot.screening import htcds
from bot.screening.assess import assess
from bot.screening.model import load
from bot.statistics import ATTRIBUTES
from bot.storage.database import Database
from bot.storage.staff import Staff
from bot.storage.tables import case_notes, cases, conversations, inbound, outbound
from bot.vault import Vault

BATCH = 2_000
DAY = 86_400.0
TEXTS = (
    "hola, quiero saber si me pueden ayudar",
    "me quitaron el pasaporte y no me dejan salir sola",
    "trabajo doce horas y me pagan la mitad de lo que prometieron, dicen que debo el viaje",
    "no sé",
    "sí",
)
ANSWERS = ("Q01 Q04 Q10", "Q06 Q07 Q08", "Q10 Q11 Q12 Q13", "Q02 Q05", "Q17 Q12")


def _summaries() -> list[tuple[dict[str, Any], str]]:
    """A few whole summaries, as the assessment makes them, with their result."""
    instruments, made = load(), []
    plain = [code for code in instruments.adult.codes if re.fullmatch(r"Q\d\d", code)][:14]
    for codes in ANSWERS:
        answers = dict.fromkeys(plain, "no") | dict.fromkeys(codes.split(), "yes")
        payload = {"instrument": "adult", "answers": answers, "context": {"phase": "now"}}
        result = assess(payload)
        told = {code: {"source": "button", "message_id": secrets.token_hex(16)} for code in answers}
        values = htcds.derive(instruments, payload, result)
        wishes = {"wish": "person", "department": "lima"}
        order = instruments.adult.codes
        made.append((summary.build(payload, result, told, order, wishes, values), result["type"]))
    return made


class Crowd:
    """Fills an empty database. ``held``: how many of the open cases each of ``members`` holds."""

    def __init__(
        self, db: Database, vault: Vault, members: list[Staff], now: float, *, held: int = 25, seed: int = 11
    ) -> None:
        self._db, self._vault, self._members, self._now = db, vault, members, now
        self._held, self._chance, self._summaries = held, random.Random(seed), _summaries()

    async def fill(self, open_cases: int, closed_cases: int, messages: int) -> None:
        """So many cases, and as many messages as each open one gets."""
        each = messages // open_cases // 2
        for first in range(0, open_cases + closed_cases, BATCH):
            last = min(first + BATCH, open_cases + closed_cases)
            people = [self._person(n, open_cases) for n in range(first, last)]
            async with self._db.write(heavy=True) as conn:
                await conn.execute(insert(conversations), [one[0] for one in people])
                await conn.execute(insert(cases), [one[1] for one in people])
                await conn.execute(insert(case_notes), [self._note(one[1]) for one in people])
            for start in range(first, min(last, open_cases), 200):
                here = [one[0]["id"] for one in people[start - first : start - first + 200]]
                async with self._db.write(heavy=True) as conn:
                    await conn.execute(insert(inbound), list(self._inbound(here, each)))
                    await conn.execute(insert(outbound), list(self._outbound(here, each)))
        async with self._db.engine.connect() as conn:  # as the databases do by themselves in time
            raw = await conn.execution_options(isolation_level="AUTOCOMMIT")
            if self._db.dialect == "sqlite":
                driver: Any = (await raw.get_raw_connection()).driver_connection
                driver.heavy = True
            await raw.execute(text("ANALYZE"))

    def _person(self, n: int, open_cases: int) -> tuple[dict[str, Any], dict[str, Any]]:
        here, case, chance = secrets.token_hex(16), secrets.token_hex(16), self._chance
        is_open, channel = n < open_cases, chance.choice(("whatsapp", "telegram"))
        at = self._now - chance.random() * (20 if is_open else 350) * DAY
        facts, result = chance.choice(self._summaries)
        holder = n // self._held if n < self._held * len(self._members) else None
        told = {
            "id": here,
            "channel": channel,
            "codename": f"faro {n}",
            "phase": "bot" if holder is None else "human",
            "phase_before": "bot",
            "locale": chance.choice(("es", "es", "es", "pt")),
            "created_at": at,
            "last_inbound_at": at + 60,
            "consented": True,
            "reached": chance.choice(("end", "person", "Q07", "P1")),
        }
        taken = holder is not None
        return told, {
            "id": case,
            "conversation_id": here,
            "codename": f"faro {n}",
            "channel": channel,
            "locale": told["locale"],
            "department": chance.choice(ATTRIBUTES["department"][:9]),
            "state": ("claimed" if taken else "waiting") if is_open else "closed",
            "origin": "person",
            "urgency": chance.choices(range(4), (15, 50, 25, 10))[0],
            "modifier": chance.random() < 0.2,
            "minor": chance.random() < 0.1,
            "result": result,
            "summary_sealed": self._vault.seal_json("cases", "summary_sealed", case, facts),
            "opened_at": at,
            "waiting_since": at,
            "claimed_by": self._members[holder].id if holder is not None else None,
            "claimed_at": self._now - 600 if taken else None,
            "lease_until": self._now + 1200 if taken else None,
            "closed_at": None if is_open else at + DAY,
            "outcome": "" if is_open else chance.choice(ATTRIBUTES["outcome"][:7]),
            "answered_after": None if is_open else chance.random() * DAY,
        }

    def _note(self, case: dict[str, Any]) -> dict[str, Any]:
        note = secrets.token_hex(16)
        body = self._vault.seal_json("case_notes", "body_sealed", note, {"origin": "person", "urgency": 1})
        return {
            "id": note,
            "case_id": case["id"],
            "staff_id": None,
            "kind": "opened",
            "body_sealed": body,
            "at": case["opened_at"],
        }

    def _inbound(self, people: list[str], each: int) -> Iterator[dict[str, Any]]:
        for person in people:
            for seq in range(each):
                row = secrets.token_hex(16)
                body = {
                    "text": self._chance.choice(TEXTS),
                    "choice_id": "",
                    "answers_id": "",
                    "message_ref": "",
                }
                yield {
                    "id": row,
                    "conversation_id": person,
                    "seq": seq + 1,
                    "kind": "text",
                    "body_sealed": self._vault.seal_json("inbound", "body_sealed", row, body),
                    "state": "done",
                    "attempts": 0,
                    "received_at": self._now - (each - seq) * 60,
                }

    def _outbound(self, people: list[str], each: int) -> Iterator[dict[str, Any]]:
        for person in people:
            for seq in range(each):
                row = secrets.token_hex(16)
                body = {"text": self._chance.choice(TEXTS), "choices": []}
                yield {
                    "id": row,
                    "conversation_id": person,
                    "seq": seq + 1,
                    "dedupe": row,
                    "author": self._chance.choice(("bot", "bot", "staff")),
                    "key": "",
                    "body_sealed": self._vault.seal_json("outbound", "body_sealed", row, body),
                    "state": self._chance.choices(("delivered", "failed"), (99, 1))[0],
                    "attempts": 1,
                    "next_at": self._now - (each - seq) * 60,
                    "created_at": self._now - (each - seq) * 60 + 5,
                }
