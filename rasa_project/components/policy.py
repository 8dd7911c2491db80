"""The policy is the questionnaire: it runs the screening engine on the message and the state that came with it.

Stage: after the classifier. Promise: one ``utter_turn`` per message, whose acts and new state are the engine's;
an exception of the engine ends the turn as an error. Must not: ask the clock, keep anything, choose words.
"""

# ruff: noqa: ARG002  # the signatures are Rasa's
from __future__ import annotations

from typing import Any

from rasa.core.policies.policy import Policy, PolicyPrediction
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import SlotSet, UserUttered
from rasa.shared.core.generator import TrackerWithCachedStates
from rasa.shared.core.trackers import DialogueStateTracker

from bot.screening import engine
from components.instruments import current

UTTER, LISTEN = "utter_turn", "action_listen"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True)
class ScreeningPolicy(Policy):
    """Nothing is learnt: the dialogue stands in ``bot/screening/instrument``."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"priority": 1}

    def train(
        self,
        training_trackers: list[TrackerWithCachedStates],
        domain: Domain,
        **_: Any,
    ) -> Resource:
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **_: Any,
    ) -> ScreeningPolicy:
        return cls(config, model_storage, resource, execution_context)

    def predict_action_probabilities(
        self,
        tracker: DialogueStateTracker,
        domain: Domain,
        rule_only_data: dict[str, Any] | None = None,
        **_: Any,
    ) -> PolicyPrediction:
        message = tracker.latest_message
        if tracker.latest_action_name != LISTEN or message is None:
            return self._choose(LISTEN, domain)
        given = message.metadata or {}
        turn = engine.turn(current(), tracker.get_slot("state"), read(message), given.get("context") or {})
        return self._choose(UTTER, domain, SlotSet("state", turn.state), SlotSet("acts", turn.acts))

    def _choose(self, action: str, domain: Domain, *events: SlotSet) -> PolicyPrediction:
        chances = [0.0] * domain.num_actions
        chances[domain.index_for_action(action)] = 1.0
        return self._prediction(chances, events=list(events))


def read(message: UserUttered) -> engine.Input:
    """The message as the engine takes it. A tap or an event came as structured data and saw no classifier."""
    given = message.metadata or {}
    message_id = str(given.get("message_id", ""))
    if "choice" in given:
        return engine.Input("choice", choice=given["choice"], message_id=message_id)
    if "event" in given:
        return engine.Input("event", event=given["event"], message_id=message_id)
    return engine.Input(
        "text",
        intent=message.intent_name or "",
        confidence=float(message.intent.get("confidence") or 0.0),
        also=tuple(message.parse_data.get("also") or ()),
        partly=any(entity.get("entity") == "partly" for entity in message.entities),
        message_id=message_id,
    )
