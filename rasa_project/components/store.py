"""The caller's state instead of a tracker store.

Stage: around a turn. Promise: during a turn the tracker is built from the state that came with the request, and
"saving" hands the new state back to the channel; nothing is kept. Outside a turn (``rasa shell``) Rasa's memory
store does its work.
"""

# ruff: noqa: ARG002  # the signatures are Rasa's
from __future__ import annotations

import dataclasses
from contextvars import ContextVar
from typing import Any

from rasa.core.tracker_store import InMemoryTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, SlotSet
from rasa.shared.core.trackers import DialogueStateTracker


@dataclasses.dataclass(slots=True)
class Carried:
    """The state that travels with one turn; ``saved`` says that Rasa came to the end of it."""

    state: dict[str, Any] | None
    saved: bool = False


TURN: ContextVar[Carried | None] = ContextVar("turn", default=None)


class CarriedState(InMemoryTrackerStore):
    """A store that holds one conversation for the length of one turn."""

    def __init__(self, domain: Domain | None = None, event_broker: Any = None, **_: Any) -> None:
        super().__init__(domain or Domain.empty(), None)

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        carried = TURN.get()
        if carried is None:
            return await super().retrieve(sender_id)
        events = [SlotSet("state", carried.state), ActionExecuted("action_listen")]
        return DialogueStateTracker.from_events(sender_id, events, self.domain.slots)

    async def save(self, tracker: DialogueStateTracker) -> None:
        carried = TURN.get()
        if carried is None:
            await super().save(tracker)
            return
        carried.state = tracker.get_slot("state")
        carried.saved = True
