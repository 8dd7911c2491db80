"""What Rasa says: the acts of the turn, message keys with parameters and choices. No sentence stands in Rasa."""

# ruff: noqa: ARG002  # the signatures are Rasa's
from __future__ import annotations

from typing import Any

from rasa.core.nlg.generator import NaturalLanguageGenerator
from rasa.shared.core.trackers import DialogueStateTracker


class Keys(NaturalLanguageGenerator):
    """Gives the acts that the policy put into the tracker, as they are; the gateway finds the words."""

    def __init__(self, **_: Any) -> None:
        pass

    async def generate(
        self, utter_action: str, tracker: DialogueStateTracker, output_channel: str, **_: Any
    ) -> dict[str, Any]:
        return {"custom": {"acts": tracker.get_slot("acts")}}
