"""``faro alerts``: what an operator runs by hand, with a server on this machine that takes what is sent, or does not."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select, update

from bot.storage import alerts, staff
from bot.storage.database import Database
from bot.storage.tables import audit
from bot.storage.tables import staff as table
from bot.vault import KeyRing, Vault
from tests import newest
from tests.integration.command_line import CommandLine
from tests.integration.test_escalation import Hooks, hooks

__all__ = ["hooks"]


@pytest.fixture
async def faro(tmp_path: Path) -> CommandLine:
    """A house with two responders and a closed account."""
    url = f"sqlite:///{tmp_path / 'faro.db'}"
    newest.sqlite(url)
    db, vault = Database(url), Vault(KeyRing.create(tmp_path / "keys.json"))
    async with db.write() as conn:
        for login in ("ana", "luis", "gone"):
            await staff.add(conn, vault, login, "responder", login, "!", "A" * 32, 1.0)
        await conn.execute(update(table).where(table.c.login == "gone").values(disabled_at=1.0))
    await db.close()
    return CommandLine(tmp_path, url)


async def goals(faro: CommandLine) -> dict[str, tuple[str, ...]]:
    """Where everybody gets alerts, as it is stored."""
    db, vault = Database(faro.url), Vault(KeyRing.load(faro.folder / "keys.json"))
    async with db.read() as conn:
        found = {
            one.login: (await alerts.goal_of(conn, vault, one.id)).addresses
            for one in await staff.everybody(conn, vault)
        }
    await db.close()
    return found


async def test_an_address_is_kept_sealed_and_taken_away(faro: CommandLine, hooks: Hooks) -> None:
    """Read from standard input, any number of them; what is printed names none; the audit log has both acts."""
    given = f"{hooks.address('ana')}\n  {hooks.address('mail')}\n"
    done = await faro.run("alerts", "set", " Ana ", given=given)
    assert (done.returncode, done.stderr) == (0, "")
    assert "127.0.0.1" not in done.stdout
    assert (await goals(faro))["ana"] == (hooks.address("ana"), hooks.address("mail"))
    assert b"json:" not in (faro.folder / "faro.db").read_bytes()
    done = await faro.run("alerts", "set", "ana", "--remove")
    assert done.returncode == 0
    assert (await goals(faro))["ana"] == ()
    db = Database(faro.url)
    async with db.read() as conn:
        assert list((await conn.execute(select(audit.c.act))).scalars()) == ["staff.alert", "staff.alert"]
    await db.close()


@pytest.mark.parametrize(
    ("login", "given", "why"),
    [
        ("nadie", "json://127.0.0.1/x/", "no account"),
        ("ana", "", "standard input"),
        ("ana", "json://127.0.0.1/x/ nonsense://secret-token", "address 2"),
    ],
    ids=["no such account", "nothing given", "leads nowhere"],
)
async def test_what_cannot_be_is_refused(faro: CommandLine, login: str, given: str, why: str) -> None:
    """One sentence, exit code 1, nothing kept, and never the address."""
    done = await faro.run("alerts", "set", login, given=given)
    assert (done.returncode, done.stdout) == (1, "")
    assert (
        why in done.stderr.splitlines()[-1]
    )  # a library may write a line of the log before, without its words
    assert "secret-token" not in done.stderr
    assert set((await goals(faro)).values()) == {()}


async def test_a_test_says_who_was_reached(faro: CommandLine, hooks: Hooks) -> None:
    """Everybody with an address and the common ones, each in their language; exit 1 until all arrive."""
    nobody = await faro.run("alerts", "test")
    assert (nobody.returncode, nobody.stdout) == (
        1,
        "Nobody has an address: alerts reach open consoles only.\n",
    )
    db, vault = Database(faro.url), Vault(KeyRing.load(faro.folder / "keys.json"))
    async with db.write() as conn:
        for one in await staff.everybody(conn, vault):
            await alerts.set_address(conn, vault, one.id, hooks.address(one.login))
            if one.login == "luis":
                await staff.set_locale(conn, one.id, "en")
    await db.close()
    hooks.refused.add("ana")
    common = {"FARO_ALERTS": hooks.address("group")}
    some = await faro.run("alerts", "test", **common)
    assert some.returncode == 1
    assert [line.split(maxsplit=1) for line in some.stdout.splitlines()] == [
        ["ana", "DID NOT ARRIVE"],
        ["luis", "arrived"],
        ["FARO_ALERTS", "arrived"],
    ]
    assert "127.0.0.1" not in some.stdout + some.stderr
    hooks.refused.clear()
    hooks.got.clear()
    every = await faro.run("alerts", "test", **common)
    assert (every.returncode, every.stdout.count(" arrived")) == (0, 3)
    assert {name: (got["title"], got["message"]) for name, got in hooks.got} == {
        "ana": ("Faro", "Prueba: así llegan los avisos."),
        "luis": ("Faro", "Test: this is how alerts arrive."),
        "group": ("Faro", "Prueba: así llegan los avisos."),
    }
