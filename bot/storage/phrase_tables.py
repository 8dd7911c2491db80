"""The tables of ``bot/storage/phrases.py`` and of what editors make of phrases; conventions as in ``tables.py``."""

from __future__ import annotations

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from bot.storage.schema import ID, metadata

phrases = (
    Table(  # what people wrote and was not understood: counted, never a person's; see bot/storage/phrases.py
        "phrases",
        metadata,
        Column("id", ID, primary_key=True),  # keyed hash of language, question and words
        Column("locale", String(16), nullable=False),
        Column("question", String(16), nullable=False),
        Column("intent", String(40), nullable=False),  # what it was taken for
        Column("text_sealed", LargeBinary, nullable=False),
        Column("month", Float, nullable=False),  # the first moment of the month that is being counted
        Column("people", Integer, nullable=False),  # different people in that month
        Column("before", Integer, nullable=False),  # of the months before, those in which enough wrote it
        Column(
            "decided", String(8), nullable=False, default="", server_default=""
        ),  # taken, useless, or still open
    )
)

phrase_people = (
    Table(  # who was counted already, until the month ends: a hash that needs the keys and the conversation
        "phrase_people",
        metadata,
        Column("phrase_id", ID, ForeignKey("phrases.id", ondelete="CASCADE"), primary_key=True),
        Column("person_mac", LargeBinary(16), primary_key=True),
        Index("ix_phrase_people_person", "person_mac"),
    )
)

phrase_changes = Table(  # what editors added to lists of words and to examples; no case in it
    "phrase_changes",
    metadata,
    Column("id", ID, primary_key=True),
    Column("kind", String(8), nullable=False),  # answers safety example
    Column("locale", String(16), nullable=False),
    Column("place", String(64), nullable=False),  # the list's key, kind and level of danger, or the intent
    Column("text", String(200), nullable=False),
    Column("state", String(12), nullable=False),  # waiting published dropped undone
    Column("author", ID, ForeignKey("staff.id"), nullable=False),
    Column("decided_by", ID, ForeignKey("staff.id")),
    Column("at", Float, nullable=False),
    Column("decided_at", Float),
    Index("ix_phrase_changes_state", "state", "at"),
)

rehearsals = Table(  # a model trained on the side, and what it understands better and worse
    "rehearsals",
    metadata,
    Column("id", ID, primary_key=True),
    Column(
        "state", String(12), nullable=False
    ),  # queued training ready failed publishing published undoing undone dropped
    Column("examples", Text, nullable=False),  # the whole file of examples that it learns from
    Column("before", Text, nullable=False),  # the file as it stood: the way back
    Column("changes", Text, nullable=False),  # JSON: ids of the changes that it holds
    Column("report", Text, nullable=False, default=""),  # JSON: bot/evaluation/effect.py
    Column("reason", Text, nullable=False, default=""),  # why it failed
    Column("author", ID, ForeignKey("staff.id"), nullable=False),
    Column("decided_by", ID, ForeignKey("staff.id")),
    Column("at", Float, nullable=False),
    Column("decided_at", Float),
    Column("touched_at", Float, nullable=False),  # when somebody last worked on it
    Index("ix_rehearsals_at", "at"),
)
