"""What surrounds the answers: phase, danger, fear, wishes. Pure; checks every key and value, weighs nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.screening.said import BadInput, reading

PHASES = ("now", "past", "offer")
EMERGENCIES = ("none", "danger", "self_harm", "medical", "child", "sexual_violence")
MODIFIERS = ("pregnant", "child", "disability", "alone")
AGE_BANDS = ("u14", "14_17", "18", "unknown")


@dataclass(slots=True, eq=False)
class Circumstances:
    """The context of an assessment with its defaults. ``danger_unsure`` is only the answer ``unsure``.

    Compared by identity: equal contexts are mostly read into one and the same.
    """

    phase: str = "now"
    danger_today: bool = False
    danger_unsure: bool = False
    fear_today: bool = False
    emergency: bool = False
    wants_person: bool = False
    modifiers: bool = False
    under14: bool = False
    was_adult: bool = False

    @property
    def quiet(self) -> bool:
        """Nothing that raises or floors a level."""
        return not (
            self.modifiers
            or self.wants_person
            or self.danger_today
            or self.danger_unsure
            or self.fear_today
            or self.emergency
        )


_KEPT: dict[tuple[tuple[str, Any], ...], Circumstances] = {}
_MOST = 4096  # kept, with nothing but codes in them


def read(context: Mapping[str, Any]) -> Circumstances:
    """Check and read a context; ``BadInput`` names the key or the value that is unknown. Not to be changed."""
    told = tuple(context.items())
    try:
        return _KEPT[told]
    except (KeyError, TypeError):  # not seen yet, or not to be kept
        found = _read(context)
    if len(_KEPT) < _MOST and all(isinstance(value, str) for _, value in told):  # True would pass for 1
        _KEPT[told] = found
    return found


def _read(context: Mapping[str, Any]) -> Circumstances:
    found = Circumstances()
    for key, value in context.items():
        put = _KEYS.get(key)
        if put is None:
            raise BadInput(f"{key!r:.60} is not a key of the context")
        put(found, key, value)
    return found


def _one_of(key: str, value: Any, known: tuple[str, ...]) -> str:
    if isinstance(value, str) and value in known:
        return value
    raise BadInput(f"{key}: {value!r:.60} is not one of {', '.join(known)}")


def _flag(key: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise BadInput(f"{key}: {value!r:.60} is not true or false")


def _phase(found: Circumstances, key: str, value: Any) -> None:
    found.phase = _one_of(key, value, PHASES)


def _danger(found: Circumstances, key: str, value: Any) -> None:
    found.danger_today = reading(key, value) is True
    found.danger_unsure = value == "unsure"


def _fear(found: Circumstances, key: str, value: Any) -> None:
    found.fear_today = reading(key, value) is True


def _emergency(found: Circumstances, key: str, value: Any) -> None:
    found.emergency = _one_of(key, value, EMERGENCIES) != "none"


def _wants_person(found: Circumstances, key: str, value: Any) -> None:
    found.wants_person = _flag(key, value)


def _modifiers(found: Circumstances, key: str, value: Any) -> None:
    if not isinstance(value, list | tuple):
        raise BadInput(f"{key}: {value!r:.60} is not a list of {', '.join(MODIFIERS)}")
    for modifier in value:
        _one_of(key, modifier, MODIFIERS)
    found.modifiers = bool(value)


def _age_band(found: Circumstances, key: str, value: Any) -> None:
    found.under14 = _one_of(key, value, AGE_BANDS) == "u14"


def _was_adult(found: Circumstances, key: str, value: Any) -> None:
    found.was_adult = _flag(key, value)


_KEYS: Mapping[str, Callable[[Circumstances, str, Any], None]] = {
    "phase": _phase,
    "danger_today": _danger,
    "fear_today": _fear,
    "emergency": _emergency,
    "wants_person": _wants_person,
    "modifiers": _modifiers,
    "age_band": _age_band,
    "was_adult": _was_adult,
}
