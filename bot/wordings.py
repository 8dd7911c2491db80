"""The words a question was put in: they stay while it is open, and every answer notes which they were.

Editors publish while people write. Whoever is asked again reads the same question; and what an answer was an answer
to can be looked up as long as the answer is kept. Pure but for the catalogues.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from typing import Any

from bot.draft import Draft
from bot.phrasing import Phrasing


@dataclasses.dataclass(frozen=True, slots=True)
class Wording:
    """One text of one language as it stood in a catalogue, its placeholders unfilled."""

    locale: str
    key: str
    text: str

    @property
    def version(self) -> str:
        """16 hexadecimal digits of what was said: the same words have the same version wherever they stand."""
        return hashlib.sha256(f"{self.locale}\0{self.key}\0{self.text}".encode()).hexdigest()[:16]


def keep(phrasing: Phrasing, draft: Draft, act: Mapping[str, Any]) -> Phrasing:
    """What to phrase this act with: the words its question began with, also when others were published since.

    Notes in ``draft.shown.put`` which question is open and in which words, and the words in ``draft.worded``.
    """
    question = act.get("about")
    if not question or act.get("keep_numbers"):  # the rest of its buttons are not the question
        return phrasing
    key, locale = act["say"], draft.locale
    if draft.shown.put.get("question") != question:
        draft.shown.put = {"question": question, "texts": {}}
    now = phrasing.catalogues.text(key, locale)
    begun = draft.shown.put["texts"].setdefault(f"{locale}/{key}", now)
    wording = Wording(locale, key, begun)
    draft.shown.put["version"] = wording.version
    draft.worded.append(wording)
    return phrasing if begun == now else phrasing.with_text(locale, key, begun)


def note(draft: Draft, before: Mapping[str, Any] | None) -> None:
    """Each answer this turn gave to the open question gets the version of what was asked.

    What somebody told unasked answers no words of ours and has none.
    """
    question, version = draft.shown.put.get("question"), draft.shown.put.get("version")
    answers, known = _answers(draft.state), _answers(before)
    for code in [*draft.shown.answered, *answers]:
        if answers.get(code) == known.get(code):
            continue
        draft.shown.answered.pop(code, None)
        if code == question and version and code in answers:
            draft.shown.answered[code] = version


def _answers(state: Mapping[str, Any] | None) -> Mapping[str, Any]:
    found: Mapping[str, Any] = (state or {}).get("answers", {})
    return found
