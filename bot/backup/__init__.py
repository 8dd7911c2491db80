"""Copies of the database: made while Faro serves, checked, and brought back without anything old going out.

The keys are never in a copy: a copy without its keys says nothing about anybody, and is worth nothing either.
"""

from __future__ import annotations


class BackupError(Exception):
    """A copy cannot be made, read or brought back; the message is one sentence that says what to do."""
