"""What a message means: one intent that counts, the raw ranking, what else it says, and "a veces".

Stage: Rasa's pipeline, after the normaliser. Promise: below the threshold the intent is ``out_of_scope`` and the
ranking stays raw; a message that says several things takes the gravest. Must not: log or keep a text.
"""

# ruff: noqa: ARG003  # the signatures are Rasa's
from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.screening import age
from components.features import Linear, shares
from components.normaliser import WORDS
from components.reading import Limits, Reading, read

HERE = Path(__file__).parent
NAME = "intents"
MINOR = "disclose_minor"
PARTS = (
    "features.py",
    "learn.py",
    "lines.py",
    "normalise.py",
    "words.yml",
)  # what a trained model depends on


def fingerprint() -> str:
    """Of everything beside this class that training depends on: Rasa's cache looks at the class alone."""
    digest = hashlib.sha256()
    for name in PARTS:
        digest.update((HERE / name).read_bytes())
    return digest.hexdigest()


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class ChatClassifier(GraphComponent, IntentClassifier):
    """N-grams and support vectors: half a millisecond a message, seconds to train."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {
            "threshold": 0.25,
            "kept": 0.45,
            "also": 0.6,
            "graver": 0.9,
            "swap": 0.06,
            "mixed": 0.9,
            "sharpness": 5.5,
            "copies": 1,
            "strength": 1.0,
            "code": fingerprint(),
        }

    def __init__(
        self, config: dict[str, Any], storage: ModelStorage, resource: Resource, model: Linear | None
    ) -> None:
        self._config, self._storage, self._resource, self._model = config, storage, resource, model

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> ChatClassifier:
        return cls(config, model_storage, resource, None)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **_: Any,
    ) -> ChatClassifier:
        """A model that cannot be read is an error, not an untrained classifier."""
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, Linear.load(folder, NAME))

    def train(self, training_data: TrainingData) -> Resource:
        from components.learn import learn  # noqa: PLC0415  # scikit-learn is for training only

        examples = [(str(e.get("text")), str(e.get("intent"))) for e in training_data.intent_examples]
        self._model = learn(examples, int(self._config["copies"]), float(self._config["strength"]))
        with self._storage.write_to(self._resource) as folder:
            self._model.save(folder, NAME)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            _write(message, self._read(message.get(WORDS)))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        return training_data

    def _read(self, words: Sequence[str]) -> Reading:
        if self._model is None:
            raise RuntimeError("the classifier was asked before it was trained")
        limits = Limits(
            *(float(self._config[name]) for name in ("threshold", "kept", "also", "graver", "swap", "mixed"))
        )
        return read(words, self._shares, limits)

    def _shares(self, line: str) -> dict[str, float]:
        model = self._model
        assert model is not None  # noqa: S101  # _read asked
        found = shares(model.scores(line), model.names, float(self._config["sharpness"]))
        surest = max(found, key=found.__getitem__)
        if surest == MINOR and age.band(line) == age.ADULT:  # the two differ in a letter or a number
            found[MINOR] = 0.0
        return found


def _write(message: Message, found: Reading) -> None:
    message.set("intent", {"name": found.intent, "confidence": found.confidence}, add_to_output=True)
    ranking = [{"name": name, "confidence": share} for name, share in found.ranking]
    message.set("intent_ranking", ranking, add_to_output=True)
    message.set("also", list(found.also), add_to_output=True)
    if found.partly:
        entity = {
            "entity": "partly",
            "value": "yes",
            "start": 0,
            "end": len(message.get("text")),
            "extractor": "ChatClassifier",
        }
        message.set("entities", [*(message.get("entities") or []), entity], add_to_output=True)
