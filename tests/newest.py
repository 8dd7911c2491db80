"""Databases in the newest shape: migrated once in a run, copied for each test.

The migrations themselves run in ``test_storage_database.py``, in the commands and in every service that is started.
"""

from __future__ import annotations

import atexit
import functools
import shutil
import tempfile
import threading
from pathlib import Path

from bot.storage.database import migrate, sqlite_path


def sqlite(url: str) -> str:
    """Make the SQLite database of this address, empty and in the newest shape; the address."""
    path = sqlite_path(url)
    assert path is not None, "a file"
    assert not path.exists(), "a new one"
    shutil.copyfile(_template(), path)
    return url


@functools.cache
def _template() -> Path:
    folder = tempfile.mkdtemp(prefix="faro-newest-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    file = Path(folder) / "faro.db"
    made = threading.Thread(
        target=migrate, args=(f"sqlite:///{file}",)
    )  # a test's own loop may be running here
    made.start()
    made.join()
    assert [one.name for one in Path(folder).iterdir()] == ["faro.db"], (
        "closed: nothing is left in a log beside it"
    )
    return file
