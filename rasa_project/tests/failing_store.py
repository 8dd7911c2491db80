"""Run in Rasa's environment with a model: what a store that cannot read does to a turn, wrapped and unwrapped."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(PROJECT), str(PROJECT.parent)]
os.environ["RASA_TELEMETRY_ENABLED"] = "false"
warnings.simplefilter("ignore")

import slim  # noqa: E402, F401  # before rasa
from components.locks import NoLocks  # noqa: E402
from components.nlg import Keys  # noqa: E402
from components.store import CarriedState  # noqa: E402
from components.turn import UNPARSED, unwrap  # noqa: E402
from rasa.core.agent import Agent  # noqa: E402
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage  # noqa: E402


class Broken(CarriedState):
    async def retrieve(self, sender_id: str) -> Any:
        raise RuntimeError(sender_id)


async def outcome(agent: Agent) -> str:
    """What happens to a tap in the middle of a conversation."""
    out = CollectingOutputChannel()
    parsed = {**UNPARSED, "text": ""}
    message = UserMessage(
        "", out, "c", parse_data=parsed, metadata={"choice": {"q": "P0", "v": "yes"}, "context": {}}
    )
    try:
        await agent.handle_message(message)
    except Exception as error:  # noqa: BLE001  # its name is the answer
        return type(error).__name__
    return "restarts" if out.messages else "silence"


async def main(model: str) -> None:
    agent = Agent.load(model, tracker_store=Broken(), lock_store=NoLocks(), generator=Keys())
    found = {"wrapped": await outcome(agent)}
    agent.load_model(model)  # a swapped model brings a new processor with the wrapped store
    unwrap(SimpleNamespace(app=SimpleNamespace(ctx=SimpleNamespace(agent=agent))))
    found["unwrapped"] = await outcome(agent)
    print(json.dumps(found))


asyncio.run(main(sys.argv[1]))
