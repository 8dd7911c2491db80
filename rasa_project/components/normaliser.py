"""A message → its words in one spelling, once for all that read them.

Stage: Rasa's pipeline, first. Promise: ``words`` of a message stay within this process and are never put out. Must
not: log or keep a text.
"""

# ruff: noqa: ARG003  # the signatures are Rasa's
from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.training_data.message import Message

from components.normalise import words

WORDS = "words"
LONGEST = 4096  # characters; nobody is read further, however much they write


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class ChatNormaliser(GraphComponent):
    """Sets ``words``: a list of plain words and the marks ``,`` ``.`` ``?`` (`components/normalise.py`)."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> ChatNormaliser:
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            message.set(WORDS, words(str(message.get("text") or "")[:LONGEST]))
        return messages
