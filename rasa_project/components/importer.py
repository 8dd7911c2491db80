"""The examples, read once and fast: Rasa reads every file five times, each time slowly.

Stage: training, before everything. Promise: the same training data as Rasa's own reader gives for files that hold
plain examples; a file that holds anything else, or is unsound, is an error that names it. Must not: change a text.
"""

# ruff: noqa: ARG002  # the signatures are Rasa's
from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from components.lines import examples


class Example(Message):
    """A plain example: Rasa copies and counts them all again and again, and a text and its intent tell them apart."""

    def fingerprint(self) -> str:
        if self.data.keys() != {"text", "intent"}:
            return str(super().fingerprint())
        if self._cached_fingerprint is None:
            told = f"{self.data['intent']}\n{self.data['text']}"
            self._cached_fingerprint = hashlib.blake2b(told.encode(), digest_size=16).hexdigest()
        return self._cached_fingerprint

    def __deepcopy__(self, _: Any) -> Example:
        copy = Example(data=self.data)
        copy._cached_fingerprint = self._cached_fingerprint
        return copy


class ExamplesImporter(RasaFileImporter):
    """Rasa's own importer, but for the examples."""

    _read: TrainingData | None = None

    def get_nlu_data(self, language: str | None = "en") -> TrainingData:
        """The examples of every file; ``language`` is not asked."""
        if self._read is None:
            messages = [
                Example(data={"text": text, "intent": intent})
                for path in self._nlu_files
                for intent, text in examples(Path(path))
            ]
            self._read = TrainingData(messages)
        return self._read
