"""What every test shares: a clean environment, and chromium found or its absence said aloud."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = shutil.which("chromium")


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own FARO_ variables and .env never reach a test."""
    for name in [name for name in os.environ if name.startswith("FARO_")]:
        monkeypatch.delenv(name)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without chromium the browser tests are skipped with a reason; in CI that is a failure."""
    if CHROMIUM:
        return
    for item in items:
        if item.get_closest_marker("browser"):
            if os.environ.get("CI"):
                raise pytest.UsageError("CI must run the browser tests: install Debian's chromium package.")
            item.add_marker(pytest.mark.skip(reason="chromium is not installed (apt-get install chromium)"))
