"""How well Faro understands: the figures of a test set, without a model or a file in sight."""
