"""What names a person, a place or a number is masked before anybody or anything else sees a text."""

from bot.redaction.redact import Masks, Redacted, Span, redact

__all__ = ["Masks", "Redacted", "Span", "redact"]
