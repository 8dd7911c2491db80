"""A turn's acts → the messages that leave, and the choices that a number, a word or a tap means from now on.

Stage: after a turn was decided, before it is stored. Pure but for the catalogues, which the editors may change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bot import wordings
from bot.draft import Draft
from bot.layout import MORE
from bot.phrasing import IN_SPANISH, LISTEN, Phrasing
from bot.texts import rules
from connectors.base import Limits, Outbound

COUNTED = ("ask.", "why.", "again.")
PUT = ("ask.", "again.", "confirm.")
Shown = tuple[str, bool, Outbound]  # the act's key, whether it leaves a silent conversation, the message


def show(
    phrasing: Phrasing, draft: Draft, limits: Limits, dress: Callable[[str], Phrasing] | None = None
) -> list[Shown]:
    """The messages of a turn; the choices of the last act that has some are what digits mean from now on.

    ``dress`` says what a text is phrased with for this person, where that may be something else. What no reader of
    their language has reviewed comes in Spanish, and the first such text of a turn says why; a cover line never does.
    """
    rendered: list[Shown] = []
    explained = False
    if draft.says and not any(say.act.get("keep_numbers") for say in draft.says):
        draft.shown.last, draft.shown.multi, draft.shown.named = [], False, {}
        draft.shown.recording = ""
    for say in draft.says:
        act = {"aloud": draft.shown.aloud or phrasing.aloud, **say.act}
        if not explained and not say.even_if_silent and phrasing.explains(act["say"], draft.locale):
            explained, act["lead"] = True, IN_SPANISH
        kept = wordings.keep(dress(act["say"]) if dress else phrasing, draft, act)
        rendered += [(act["say"], say.even_if_silent, one) for one in kept.render(act, draft.locale, limits)]
        _remember(phrasing, draft, act, kept.recording(act, draft.locale, limits))
        _count(phrasing, draft, act["say"])
    return rendered


def put_anew(rendered: Sequence[Shown]) -> list[str]:
    """The first words of every key under which the questions of this turn may have been put before.

    What must be read whole before it is answered (consent, danger) is left out: it may well come twice.

    >>> put_anew([("why.Q07", False, None), ("again.Q07.past", False, None), ("ask.P1", False, None)])
    ['ask.Q07', 'again.Q07', 'confirm.Q07']
    """
    codes = dict.fromkeys(key.split(".")[1] for key, _, _ in rendered if key.startswith(PUT))
    return [f"{put}{code}" for code in codes if not rules.is_safety(f"ask.{code}") for put in PUT]


def _count(phrasing: Phrasing, draft: Draft, key: str) -> None:
    """How often a question, its reason and its other words are read counts people, not messages.

    It counts for the catalogue whose words they are: a variant's own, or those that it leaves as they are.
    """
    if key.startswith(COUNTED) and key not in draft.shown.read:
        draft.shown.read.append(key)
        draft.read.append((phrasing.catalogues.source(key, draft.locale)[0], key))


def _remember(phrasing: Phrasing, draft: Draft, act: Mapping[str, Any], recording: str) -> None:
    draft.shown.recording = recording or draft.shown.recording
    offered = _titled(phrasing, draft, act.get("choices", ()))
    if not offered:
        return
    if not act.get("keep_numbers"):
        draft.shown.last, draft.shown.multi = offered, bool(act.get("multi"))
        named = act.get("named", {})
        draft.shown.named = {**named, "choices": _titled(phrasing, draft, named["choices"])} if named else {}
    draft.shown.issued |= {choice["id"]: choice["value"] for choice in offered}
    question = offered[0]["value"].get("q")
    draft.shown.issued |= {f"{question}.{v}": {"q": question, "v": v} for v in (MORE, LISTEN)}


def _titled(phrasing: Phrasing, draft: Draft, given: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    titles = [phrasing.catalogues.text(choice["key"], draft.locale) for choice in given]
    return [
        {"id": choice["id"], "key": choice["key"], "title": title, "value": choice["value"]}
        for choice, title in zip(given, titles, strict=True)
    ]
