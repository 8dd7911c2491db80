"""How a message with choices looks on a channel: buttons, a list, or numbers. The one place that decides.

Four answers of which the first two are yes and no go on three buttons, the third opening the rest. "Listen" joins
where there is room for it, and never pushes an answer out. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from connectors.base import Choice, Layout, Limits, Outbound

MORE = "more"  # the button that shows the answers which three buttons could not hold
FOUR = 4
Say = Callable[[str], str]


def fit(
    text: str,
    choices: tuple[Choice, ...],
    locale: str,
    limits: Limits,
    say: Say,
    *,
    numbers: bool = False,
    listen: Choice | None = None,
) -> list[Outbound]:
    """The messages that show ``text`` and its choices; the last one carries them.

    ``numbers``: they are to be shown by number beside buttons too. ``listen`` is offered where there is room.
    """
    if not choices:
        return [Outbound(text=part, locale=locale) for part in split(text, limits.text)]
    shown = _shortened(choices, limits, say)
    layout = _layout(shown, limits)
    whole = "\n\n".join((text, by_number(choices), say("numbered.hint")))
    if layout == "plain":
        return [Outbound(text=part, locale=locale) for part in split(whole, limits.text)]
    if listen is not None and _layout((*shown, listen), limits) == layout:
        shown = (*shown, listen)
    body = f"{text}\n\n{by_number(choices)}" if numbers else text
    *first, last = split(body, limits.text_with_choices)
    return [
        *(Outbound(text=part, locale=locale) for part in first),
        Outbound(
            text=last,
            choices=shown,
            layout=layout,
            list_label=say("list.label") if layout == "list" else "",
            locale=locale,
            numbered=whole if not first and len(whole) <= limits.text else "",
        ),
    ]


def _shortened(choices: tuple[Choice, ...], limits: Limits, say: Say) -> tuple[Choice, ...]:
    """Yes, no, and a third button for the other two, where four do not fit."""
    yes_no = choices[0].id.endswith(".yes") and len(choices) == FOUR and choices[1].id.endswith(".no")
    if not yes_no or not 0 < limits.buttons < FOUR:
        return choices
    return (*choices[:2], Choice(f"{question(choices[0].id)}.{MORE}", say("choice.more")))


def _layout(shown: Sequence[Choice], limits: Limits) -> Layout:
    if len(shown) <= limits.buttons and all(len(c.title) <= limits.button_title for c in shown):
        return "buttons"
    if len(shown) <= limits.list_items and all(len(c.title) <= limits.list_title for c in shown):
        return "list"
    return "plain"


def question(choice_id: str) -> str:
    """The code of the question that a choice answers."""
    return choice_id.rsplit(".", 1)[0]


def by_number(choices: Sequence[Choice]) -> str:
    """One line a choice, with its number."""
    return "\n".join(f"{n}. {choice.title}" for n, choice in enumerate(choices, 1))


def split(text: str, limit: int) -> list[str]:
    """``text`` in parts of at most ``limit`` characters, cut at a blank line, line or space; nothing is lost."""
    parts: list[str] = []
    rest = text.strip()
    while len(rest) > limit:
        cut = next((at for mark in ("\n\n", "\n", " ") if (at := rest.rfind(mark, 1, limit + 1)) > 0), limit)
        parts.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [*parts, rest] if rest or not parts else parts
