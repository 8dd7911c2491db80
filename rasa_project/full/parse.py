"""One trained model asked message by message within this process, in either of Rasa's environments.

``python full/parse.py MODEL``: a JSON string on each line in; ``{"ranking": [[intent, confidence], ...], "ms"}`` on
each line out. The time is Rasa's own parse of one message, without HTTP.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import time
from pathlib import Path

MODEL = Path(sys.argv[1]).resolve()
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import faro_rasa  # noqa: E402  # from the folder above

FIRST = 2  # of the ranking: the intent that counts, and the best one where that is the fallback


async def main() -> None:
    """Answer until the input ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what Rasa and TensorFlow print goes elsewhere
    faro_rasa.settle()
    import structlog  # noqa: PLC0415

    quiet = structlog.make_filtering_bound_logger(logging.ERROR)
    structlog.configure(wrapper_class=quiet)
    from rasa.core.agent import Agent  # noqa: PLC0415
    from rasa.core.channels.channel import UserMessage  # noqa: PLC0415

    processor = Agent.load(str(MODEL)).processor
    for line in sys.stdin:
        message = UserMessage(json.loads(line))
        started = time.perf_counter()
        found = await processor.parse_message(message)
        spent = (time.perf_counter() - started) * 1000
        top = [(found["intent"]["name"], float(found["intent"]["confidence"]))]
        others = [
            (row["name"], float(row["confidence"]))
            for row in found["intent_ranking"]
            if row["name"] != top[0][0]
        ]
        answers.write(json.dumps({"ranking": [*top, *others][:FIRST], "ms": spent}) + "\n")
        answers.flush()


asyncio.run(main())
