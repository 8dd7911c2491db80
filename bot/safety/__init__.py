"""Words of safety: found by pure rules on every message, before the dialogue and without it."""
