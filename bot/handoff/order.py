"""Who is answered first: what presses most, and nobody waits for ever. Pure.

Need grows with the time waited, the steeper the graver the case: a U2 gathers in two hours what a U1 gathers in a
day. A grave case is therefore ahead from its first moment, and a mild one overtakes at last, however many grave
ones keep coming.
"""

from __future__ import annotations

HOUR = 3600.0
# Within how long a person should have answered, U0 to U3.
TARGETS = (72 * HOUR, 24 * HOUR, 2 * HOUR, HOUR / 12)
HEAD = HOUR / 2  # as if each had waited so long already: a fresh grave case is ahead at once
RAISED = 2.0  # pregnant, with a child, disabled or alone: counts as half the target


def weight(urgency: int, *, modifier: bool) -> float:
    """How fast need grows, a second."""
    return (RAISED if modifier else 1.0) / TARGETS[urgency]


def need(urgency: int, waited: float, *, modifier: bool) -> float:
    """How pressing a case is after ``waited`` seconds; the greatest is answered first."""
    return weight(urgency, modifier=modifier) * (max(0.0, waited) + HEAD)


def late(urgency: int, waited: float) -> bool:
    """Whether somebody should have answered by now."""
    return waited > TARGETS[urgency]
