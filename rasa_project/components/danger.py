"""How much a message sounds like danger now, and of which kind, whatever its intent.

Stage: Rasa's pipeline, after the intent. Learns from ``data/safety`` (alarms, and what only sounds like them) and
from every line of ``data/nlu`` that is no alarm. Promise: the share is a true frequency; the gateway's rules and this
share conclude together, there. Must not: log or keep a text, decide anything.
"""

# ruff: noqa: ARG003  # the signatures are Rasa's
from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from components.classifier import fingerprint
from components.features import Linear
from components.lines import NONE, dangers
from components.normalise import line
from components.normaliser import WORDS

DATA = Path(__file__).resolve().parent.parent / "data" / "safety"
NAME = "danger"
TOLD = {"emergency": None, "self_harm": "self_harm"}  # of these intents: the kind, None where it is not said


def data_fingerprint() -> str:
    """Of the lines that only this component reads: Rasa's cache does not know of them."""
    digest = hashlib.sha256()
    for path in sorted(DATA.glob("*.yml")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class DangerClassifier(GraphComponent):
    """Writes ``danger: {"share", "kind"}`` beside the intent."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {
            "sharpness": 4.0,
            "copies": 0,
            "strength": 1.0,
            "fear": 1.5,
            "code": fingerprint(),
            "data": data_fingerprint(),
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
    ) -> DangerClassifier:
        return cls(config, model_storage, resource, None)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **_: Any,
    ) -> DangerClassifier:
        """A model that cannot be read is an error, not an untrained classifier."""
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, Linear.load(folder, NAME))

    def train(self, training_data: TrainingData) -> Resource:
        from components.learn import learn_danger  # noqa: PLC0415  # scikit-learn is for training only

        told = [(str(e.get("text")), str(e.get("intent"))) for e in training_data.intent_examples]
        self._model = learn_danger(
            list(dangers(DATA)),
            list(quiet(told)),
            int(self._config["copies"]),
            float(self._config["strength"]),
            float(self._config["fear"]),
        )
        with self._storage.write_to(self._resource) as folder:
            self._model.save(folder, NAME)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            message.set("danger", self._read(line(message.get(WORDS))), add_to_output=True)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        return training_data

    def _read(self, plain: str) -> dict[str, Any]:
        if self._model is None:
            raise RuntimeError("the classifier was asked before it was trained")
        if not plain:
            return {"share": 0.0, "kind": NONE}
        alarm, *kinds = self._model.scores(plain).tolist()
        kind = max(zip(kinds, self._model.names[1:], strict=True))[1]
        share = 1.0 / (1.0 + math.exp(-float(self._config["sharpness"]) * alarm))
        return {"share": share, "kind": kind}


def quiet(examples: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """What the intents say of danger: self-harm is one, an emergency is of no single kind, all else is none."""
    for text, intent in examples:
        kind = TOLD.get(intent, NONE)
        if kind is not None:
            yield text, kind
