"""Rules and model together: the one place where an emergency is concluded.

Stage: after the rules, with what the model says of danger when Rasa answered. Promise: pure; more certainty of the
model never lowers the conclusion, nor does an alarm of the rules; an alarm of the rules is at least asked about;
without the model the rules decide alone. Must not: see the text.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Mapping
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


@dataclasses.dataclass(frozen=True, slots=True)
class _Weights:
    """``model.yml``, as numbers."""

    model: float
    views: Mapping[str, float]
    alarm: float
    ask: float


@functools.cache
def _weights() -> _Weights:
    data = yaml.safe_load((Path(__file__).parent / "model.yml").read_text(encoding="utf-8"))
    views = {name: float(weight) for name, weight in data["rules"].items()}
    return _Weights(float(data["model"]), views, float(data["alarm"]), float(data["ask"]))


def conclude(finding: Finding, danger: Mapping[str, Any] | None) -> Conclusion:
    """``danger``: the model's ``{"share": 0 to 1, "kind"}``; None or empty when it was not asked."""
    if not danger:
        return Conclusion(finding.emergency, finding.kind, finding.word, finding.check)
    weights = _weights()
    sum_ = weights.model * _logit(float(danger["share"])) + weights.views[_view(finding)]
    if sum_ >= weights.alarm:
        return Conclusion(True, _kind(finding, danger), finding.word, False)
    return Conclusion(False, "none", finding.word, finding.emergency or finding.check or sum_ >= weights.ask)


def _kind(finding: Finding, danger: Mapping[str, Any]) -> str:
    """The rules' kind where they have one: they know which is graver."""
    return finding.kind if finding.emergency else str(danger["kind"])


def _logit(share: float) -> float:
    bounded = min(max(share, 1e-6), 1 - 1e-6)
    return math.log(bounded / (1 - bounded))


def _view(finding: Finding) -> str:
    """How the rules see it: an alarm, a reason against one, half a sign, or nothing."""
    if finding.emergency:
        return "alarm"
    if finding.doubt:
        return finding.doubt
    return "half" if finding.check else "nothing"
