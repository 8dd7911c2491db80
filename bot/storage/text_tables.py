"""The tables about texts: what was asked, how it fares, what editors change and try. No person and no case in them."""

from __future__ import annotations

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, String, Table, Text, text

from bot.storage.schema import ID, metadata

wordings = Table(  # every wording of a question that somebody was asked; nothing of the person
    "wordings",
    metadata,
    Column("version", String(16), primary_key=True),
    Column("locale", String(16), nullable=False),
    Column("key", String(80), nullable=False),
    Column("text", Text, nullable=False),
    Column("month", String(7), nullable=False),  # when it was first asked, no finer
)

readers = (
    Table(  # how many conversations were asked, told why, or asked in other words: counts, nobody in them
        "readers",
        metadata,
        Column("month", Float, primary_key=True),  # its first moment
        Column("locale", String(16), primary_key=True),
        Column("key", String(80), primary_key=True),
        Column("people", Integer, nullable=False),
    )
)

texts = Table(  # drafts of catalogue texts and what was published; no case in it
    "texts",
    metadata,
    Column("id", ID, primary_key=True),
    Column("locale", String(16), nullable=False),
    Column("key", String(80), nullable=False),
    Column("text", Text, nullable=False),
    Column("before", Text, nullable=False),  # what stood there: the way back
    Column("state", String(12), nullable=False),  # draft waiting published dropped
    Column("author", ID, ForeignKey("staff.id"), nullable=False),
    Column("decided_by", ID, ForeignKey("staff.id")),
    Column("at", Float, nullable=False),
    Column("decided_at", Float),
    Index("ix_texts_locale_key", "locale", "key"),
)

trials = Table(  # two wordings of one text, tried on people by halves; nobody in it
    "trials",
    metadata,
    Column("id", ID, primary_key=True),
    Column("locale", String(16), nullable=False),
    Column("key", String(80), nullable=False),
    Column("text", Text, nullable=False),  # the new wording
    Column("before", Text, nullable=False),  # the published one
    Column("author", ID, ForeignKey("staff.id"), nullable=False),
    Column("started_at", Float, nullable=False),
    # the rule, fixed before it begins (bot/texts/trial.py)
    Column("most", Integer, nullable=False),
    Column("until", Float, nullable=False),
    Column("better", Float, nullable=False),
    Column("worse", Float, nullable=False),
    Column("fewest", Integer, nullable=False),
    Column("state", String(8), nullable=False),  # running better worse same changed stopped
    Column("ended_at", Float),
    Column("decision", String(9), nullable=False, default=""),  # published kept
    # to the nearest ten, and only where no group is below ten: all that is kept of the counts
    Column("old_read", Integer),
    Column("old_answered", Integer),
    Column("new_read", Integer),
    Column("new_answered", Integer),
    Index(
        "ix_trials_running",
        "locale",
        "key",
        unique=True,
        sqlite_where=text("state = 'running'"),
        postgresql_where=text("state = 'running'"),
    ),
)

trial_counts = Table(  # while it runs: people by wording and the day on which they read it
    "trial_counts",
    metadata,
    Column("trial_id", ID, ForeignKey("trials.id", ondelete="CASCADE"), primary_key=True),
    Column("arm", String(3), primary_key=True),  # old new
    Column("day", Integer, primary_key=True),  # in Lima, counted from 1970
    Column("read", Integer, nullable=False),
    Column("answered", Integer, nullable=False),
)
