"""Drills: made-up people who write to a responder in training. Nothing here touches a case, a person or a figure."""
