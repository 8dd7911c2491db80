"""In the place of dask: all that Rasa asks of it, the results of a graph whose steps run one after the other.

A message takes three steps. A scheduler of parallel work costs as much there as the model that it runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def get(graph: Mapping[str, tuple[Any, ...]], targets: Sequence[str]) -> list[Any]:
    """The value of each target, every step taken once.

    A step is ``(callable, name, ...)`` and gets the values of these names; what begins otherwise is a value itself. A
    name that the graph does not hold stands for itself, as in dask: Rasa tells by that what was not given.
    """
    found: dict[str, Any] = {}

    def value(name: str) -> Any:
        if name not in graph:
            return name
        if name not in found:
            step, *needs = graph[name]
            found[name] = step(*map(value, needs)) if callable(step) else graph[name]
        return found[name]

    return [value(target) for target in targets]
