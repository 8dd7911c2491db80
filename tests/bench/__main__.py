"""``faro bench [NAME]``: run one of the scripts of this folder."""

from __future__ import annotations

import asyncio
import importlib
import sys
from pathlib import Path

names = sorted(file.stem for file in Path(__file__).parent.glob("[a-z]*.py"))
name = sys.argv[1] if len(sys.argv) > 1 else "path"
if name not in names:
    sys.exit(f"faro: there is no bench {name!r}: choose one of {', '.join(names)}.")
asyncio.run(importlib.import_module(f"tests.bench.{name}").main())
