"""Who is answered first: what presses most, and nobody waits for ever. Pure.

Need is counted in time: that waited, and a head start by urgency. A danger (U3) that begins now is ahead of whoever
has waited less than a month, and its need grows so fast that even behind them it would wait hours, not days. All
others grow alike, or nearly so: under a load that lasts, only those who grow alike are all reached
(``faro bench queue``).
"""

from __future__ import annotations

HOUR = 3600.0
# Within how long a person should have answered, U0 to U3.
TARGETS = (72 * HOUR, 24 * HOUR, 2 * HOUR, HOUR / 12)
# The head start, and how fast need grows. The sum of share ÷ growth over the urgencies that come must be more than
# two thirds: else, at three times what the team can do, the mildest fall behind faster than they rise.
HEADS = (0.0, 4 * HOUR, 36 * HOUR, 30 * 24 * HOUR)
GROWS = (1.0, 1.0, 1.25, 60.0)
RAISED = 2 * HOUR  # pregnant, with a child, disabled or alone


def head(urgency: int, *, modifier: bool) -> float:
    """What a case that has just come weighs."""
    return HEADS[urgency] + (RAISED if modifier else 0.0)


def need(urgency: int, waited: float, *, modifier: bool) -> float:
    """How pressing a case is after ``waited`` seconds; the greatest is answered first."""
    return head(urgency, modifier=modifier) + GROWS[urgency] * max(0.0, waited)


def late(urgency: int, waited: float) -> bool:
    """Whether somebody should have answered by now."""
    return waited > TARGETS[urgency]
