"""Rules and model together: the one place where an emergency is concluded.

Stage: after the rules, with the model's ranking when Rasa answered. Promise: pure; what the rules call an alarm
stays one whatever the model says; without a ranking the rules decide alone. Must not: see the text.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from bot.safety.rules import Finding


@dataclasses.dataclass(frozen=True, slots=True)
class Conclusion:
    """What ``faro safety`` prints beside the text; ``emergency`` is true exactly when ``kind`` is not ``none``."""

    emergency: bool
    kind: str
    word: str
    check: bool


@functools.cache
def _shares() -> Mapping[str, float]:
    """How sure the model must be, by what the rules think of the message."""
    data = yaml.safe_load((Path(__file__).parent / "model.yml").read_text(encoding="utf-8"))
    return {name: float(share) for name, share in data["needed"].items()}


def conclude(finding: Finding, ranking: Sequence[Mapping[str, Any]] | None) -> Conclusion:
    """``ranking``: the model's ``{"name", "confidence"}`` of every intent, raw; None or empty when it was not asked."""
    if finding.emergency or not ranking:
        return Conclusion(finding.emergency, finding.kind, finding.word, finding.check)
    shares = {str(entry["name"]): float(entry["confidence"]) for entry in ranking}
    danger, self_harm = shares.get("emergency", 0.0), shares.get("self_harm", 0.0)
    sure = danger + self_harm
    needed = _shares()
    if sure >= needed[_view(finding)]:
        kind = "self_harm" if self_harm >= danger else finding.hint
        return Conclusion(True, kind, finding.word, False)
    return Conclusion(False, "none", finding.word, finding.check or sure >= needed["ask"])


def _view(finding: Finding) -> str:
    """How the rules see it: a reason against, half a sign, or nothing."""
    if finding.doubt:
        return finding.doubt
    return "half" if finding.check else "nothing"
