"""A newcomer's first minutes: ``make run`` in a clean clone until it says "ready", and the second start.

The clone holds what is committed, not the working tree. Downloads come from the package caches of this machine,
as they would on a warm network.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from bot.config import ROOT
from tests.journey.service import free_port

LIMIT = 900.0


def seconds_to_ready(folder: Path) -> tuple[float, float | None]:
    """How long ``make run`` took to say "ready", and how much of it was training (None: no training)."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("FARO_") and k != "VIRTUAL_ENV"}
    environment |= {"FARO_PORT": str(free_port())}
    begun = time.perf_counter()
    process = subprocess.Popen(
        ["make", "run"],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    said, training = [], None
    try:
        for line in process.stdout:
            said.append(line)
            if found := re.search(r"trained in ([0-9.]+) s", line):
                training = float(found[1])
            if "ready:" in line:
                return time.perf_counter() - begun, training
            assert time.perf_counter() - begun < LIMIT, "".join(said)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.communicate()
    raise AssertionError("".join(said))


async def main() -> None:
    """Print both starts."""
    with tempfile.TemporaryDirectory() as name:
        clone = Path(name) / "faro"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        first, training = await asyncio.to_thread(seconds_to_ready, clone)
        second, again = await asyncio.to_thread(seconds_to_ready, clone)
    trained = "no training line seen" if training is None else f"of which training {training:.1f} s"
    print(f"make run, clean clone to ready   {first:.1f} s, {trained}")
    print(f"make run, second start           {second:.1f} s{'' if again is None else ' (trained again!)'}")
