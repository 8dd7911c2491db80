"""The ``faro`` command as an operator runs it: a process of its own, with settings in its environment."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from pathlib import Path
from typing import Any

from tests.journey.service import FARO


class CommandLine:
    """Runs commands in one folder, on one database, with the keys of that folder."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url

    async def run(self, *words: str, given: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
        """One command, to its end."""
        clean = {k: v for k, v in os.environ.items() if not k.startswith("FARO_")}
        keys = self.folder / "keys.json"
        ours = {"FARO_DATABASE_URL": self.url, "FARO_KEYS_FILE": str(keys), **settings}
        return await asyncio.to_thread(
            subprocess.run,
            [*FARO, *words],
            cwd=self.folder,
            env={**clean, **ours},
            input=given,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    async def told(self, *words: str, given: str = "", **settings: str) -> Any:
        """What a command that succeeds prints, read as JSON."""
        done = await self.run(*words, given=given, **settings)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    async def refused(self, *words: str, given: str = "", **settings: str) -> str:
        """The one sentence of a command that does not do it."""
        done = await self.run(*words, given=given, **settings)
        assert (done.returncode, done.stdout) == (1, ""), done.stdout + done.stderr
        assert done.stderr.count("\n") == 1, done.stderr
        return done.stderr
