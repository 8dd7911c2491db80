"""What every test shares: a clean environment, and chromium found or its absence said aloud."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
JUDGES = ROOT / "tests/outside/node_modules"
CHROMIUM = shutil.which("chromium")


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own FARO_ variables and .env never reach a test."""
    for name in [name for name in os.environ if name.startswith("FARO_")]:
        monkeypatch.delenv(name)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What a test needs from outside Python: absent, it is skipped with a reason; in CI that is a failure."""
    judges = shutil.which("node") and shutil.which("nginx") and JUDGES.is_dir()
    missing = {} if CHROMIUM else {"browser": "chromium is not installed (apt-get install chromium)"}
    if not judges:
        missing["outside"] = "needs node, nginx and `npm ci` in tests/outside (.ci/run does it)"
    for item in items:
        for marker, reason in missing.items():
            if item.get_closest_marker(marker):
                if os.environ.get("CI"):
                    raise pytest.UsageError(f"CI must run the {marker} tests: {reason}.")
                item.add_marker(pytest.mark.skip(reason=reason))
