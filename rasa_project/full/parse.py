"""One trained model asked message by message within this process, in either of Rasa's environments.

``python full/parse.py MODEL``: a JSON string on each line in; ``{"ranking": [[intent, confidence], ...], "ms", "cpu_ms"}``
on each line out. The times, by the clock and of the processor, are Rasa's own parse of one message, without HTTP.
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
        started, worked = time.perf_counter(), time.process_time()
        found = await processor.parse_message(message)
        spent, work = time.perf_counter() - started, time.process_time() - worked
        top = [(found["intent"]["name"], float(found["intent"]["confidence"]))]
        others = [
            (row["name"], float(row["confidence"]))
            for row in found["intent_ranking"]
            if row["name"] != top[0][0]
        ]
        answer = {"ranking": [*top, *others][:FIRST], "ms": spent * 1000, "cpu_ms": work * 1000}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


asyncio.run(main())
