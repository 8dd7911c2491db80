"""What a responder should look at once more before it leaves: pure rules over data files, whatever the language."""

from bot.outgoing.check import KINDS, Finding, check

__all__ = ["KINDS", "Finding", "check"]
