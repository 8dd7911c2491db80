"""Every table, as SQLAlchemy Core. Columns named ``*_sealed`` hold vault values, never plain text.

Ids: 128 random bits in hex, made before the insert, bound into each sealed value. Times: UTC seconds, float.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    true,
)

from bot.storage.schema import ID, metadata
from bot.storage.staff_tables import (
    drills,
    login_attempts,
    push_devices,
    recovery_codes,
    sessions,
    shifts,
    staff,
)
from bot.storage.text_tables import readers, texts, trial_counts, trials, wordings

__all__ = [  # for those who read tables from here
    "ID",
    "drills",
    "login_attempts",
    "metadata",
    "push_devices",
    "readers",
    "recovery_codes",
    "sessions",
    "shifts",
    "staff",
    "texts",
    "trial_counts",
    "trials",
    "wordings",
]

conversations = Table(
    "conversations",
    metadata,
    Column("id", ID, primary_key=True),
    Column("channel", String(32), nullable=False),
    Column("codename", String(64), nullable=False),  # two Spanish words: what staff see instead of a number
    Column("phase", String(8), nullable=False),  # bot human locked stopped erased
    Column("phase_before", String(8), nullable=False, default="bot"),  # where an unlock returns to
    Column("locale", String(16), nullable=False),
    Column("state_sealed", LargeBinary),  # the engine's state; opaque here
    Column("state_version", Integer, nullable=False, default=0),
    Column("shown_sealed", LargeBinary),  # choices shown: {"last": [...], "issued": {id: {...}}}
    Column("private_word_mac", LargeBinary),  # keyed hash of the person's own word
    Column("urgency", Integer, nullable=False, default=0),
    Column("blocked", Boolean, nullable=False, default=False),
    Column("consented", Boolean, nullable=False, default=False),
    Column("reached", String(12), nullable=False, default="", server_default=""),  # statistics.reached_of
    Column("down_notice_at", Float),  # when the "program is down" fallback was sent, once per outage
    Column("created_at", Float, nullable=False),
    Column("last_inbound_at", Float),
    Column("claimed_by", String(64)),  # the worker that holds this conversation's turn
    Column("claimed_until", Float),
    Column("due_at", Float),  # when a worker should look at it (burst joining, retry); null: nothing queued
)
Index("ix_conversations_due", conversations.c.due_at)
Index("ix_conversations_heard", conversations.c.id, conversations.c.last_inbound_at)
Index("ix_conversations_figures", *(conversations.c[n] for n in ("created_at", "channel", "reached")))

addresses = Table(
    "addresses",
    metadata,
    Column("id", ID, primary_key=True),
    Column("conversation_id", ID, ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
    Column("channel", String(32), nullable=False),
    Column("pepper_id", String(8), nullable=False),
    Column("pseudonym", LargeBinary(16), nullable=False),
    Column("address_sealed", LargeBinary, nullable=False),
    Column("current", Boolean, nullable=False, server_default=true()),  # where answers go
    UniqueConstraint("channel", "pepper_id", "pseudonym"),
    Index("ix_addresses_conversation", "conversation_id"),
)

seen = Table(  # tombstones of provider ids: what makes a repeated webhook harmless, even after a purge
    "seen",
    metadata,
    Column("channel", String(32), primary_key=True),
    Column("provider_mac", LargeBinary(16), primary_key=True),
    Column("seen_at", Float, nullable=False, index=True),
)

inbound = Table(
    "inbound",
    metadata,
    Column("id", ID, primary_key=True),
    Column("conversation_id", ID, ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
    Column("seq", Integer, nullable=False),  # order within the conversation
    Column("kind", String(16), nullable=False),
    Column("body_sealed", LargeBinary),  # {"text","choice_id","answers_id","message_ref","edited"}
    Column("state", String(8), nullable=False),  # queued done
    Column("attempts", Integer, nullable=False, default=0),
    Column("received_at", Float, nullable=False),
    Column("done_at", Float),
    UniqueConstraint("conversation_id", "seq"),
    Index("ix_inbound_queued", "state", "conversation_id", "seq"),
)

voice_notes = Table(  # what somebody said, for whoever holds their case; fetched from the provider by a job
    "voice_notes",
    metadata,
    Column("id", ID, primary_key=True),
    Column("conversation_id", ID, ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
    Column("inbound_id", ID, ForeignKey("inbound.id", ondelete="CASCADE"), nullable=False, unique=True),
    Column("channel", String(32), nullable=False),
    Column("state", String(8), nullable=False),  # waiting kept lost
    Column("source_sealed", LargeBinary),  # {"media","message_ref"} while it waits to be fetched
    Column("content_sealed", LargeBinary),
    Column("media_type", String(32), nullable=False, default=""),
    Column("size", Integer, nullable=False, default=0),
    Column("attempts", Integer, nullable=False, default=0),
    Column("next_at", Float, nullable=False),
    Column("error_code", String(32), nullable=False, default=""),
    Index("ix_voice_notes_due", "state", "next_at"),
    Index("ix_voice_notes_conversation", "conversation_id"),
)

outbound = Table(
    "outbound",
    metadata,
    Column("id", ID, primary_key=True),
    Column("conversation_id", ID, ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("dedupe", String(80), nullable=False, unique=True),  # "<turn>:<n>": a repeated turn sends once
    Column("author", String(8), nullable=False),  # bot staff
    Column("staff_id", ID),
    # message key, for statistics; empty for staff text
    Column("key", String(64), nullable=False, default=""),
    Column("body_sealed", LargeBinary),  # the connectors.base.Outbound as JSON
    Column("state", String(10), nullable=False),  # queued sending sent delivered read failed held cancelled
    Column("attempts", Integer, nullable=False, default=0),
    Column("next_at", Float, nullable=False),
    Column("error_code", String(32), nullable=False, default=""),
    Column("provider_mac", LargeBinary(16)),  # finds the row when a delivery status comes
    Column("ref_sealed", LargeBinary),  # {"provider_id","message_ref"}: for redaction and deletion
    Column("created_at", Float, nullable=False),
    Column("sent_at", Float),
    UniqueConstraint("conversation_id", "seq"),
    Index("ix_outbound_due", "state", "next_at"),
    Index("ix_outbound_provider_mac", "provider_mac"),
)

LISTED = (  # all that the queue sorts, filters and compares by, so that no sealed row is read for it
    *("state", "urgency", "modifier", "waiting_since", "id", "channel", "locale", "department", "minor"),
    *("claimed_by", "conversation_id", "version"),
)
COUNTED = ("opened_at", "channel", "urgency", "answered_after", "department", "result", "outcome")

cases = Table(
    "cases",
    metadata,
    Column("id", ID, primary_key=True),
    Column("conversation_id", ID, ForeignKey("conversations.id", ondelete="SET NULL")),
    Column("codename", String(64), nullable=False),
    Column("channel", String(32), nullable=False),
    Column("locale", String(16), nullable=False),
    Column("department", String(32), nullable=False, default=""),
    Column("state", String(8), nullable=False),  # waiting claimed closed
    Column("origin", String(16), nullable=False),  # emergency outcome person minor bot_failed
    Column("urgency", Integer, nullable=False),
    Column("modifier", Boolean, nullable=False, default=False),  # sorts first within its urgency
    Column("minor", Boolean, nullable=False, default=False),
    Column("result", String(4), nullable=False, default=""),  # T0..T6 T0-L MR0..MR3
    Column("summary_sealed", LargeBinary),  # bot/handoff/summary.py's JSON: closed answers only
    Column("opened_at", Float, nullable=False),
    Column("waiting_since", Float, nullable=False),
    Column("claimed_by", ID, ForeignKey("staff.id")),
    Column("claimed_at", Float),
    Column("lease_until", Float),
    Column("closed_at", Float),
    Column("outcome", String(32), nullable=False, default=""),
    Column("status", String(16), nullable=False, default=""),  # of the data standard; only a person sets it
    Column("follow_up_at", Float),  # the day on which somebody looks at the closed case again
    Column("answered_after", Float),  # seconds from opening to the first answer of a person
    Column("erased", Boolean, nullable=False, default=False),  # a tombstone: the person erased their data
    Column("version", Integer, nullable=False, default=0),
    Index("ix_cases_need", *LISTED),
    Index("ix_cases_closed", "state", "closed_at"),
    Index("ix_cases_figures", *COUNTED),
    Index("ix_cases_conversation", "conversation_id"),
    Index("ix_cases_follow_up", "follow_up_at"),
)

case_referrals = Table(  # which lines a person was given: ids of bot/referrals/lines.yml, no words
    "case_referrals",
    metadata,
    Column("case_id", ID, ForeignKey("cases.id", ondelete="CASCADE"), primary_key=True),
    Column("line", String(32), primary_key=True),
    Column("at", Float, nullable=False),
)

case_drafts = Table(  # what somebody is writing and has not sent
    "case_drafts",
    metadata,
    Column("id", ID, primary_key=True),
    Column("case_id", ID, ForeignKey("cases.id", ondelete="CASCADE"), nullable=False),
    Column("staff_id", ID, ForeignKey("staff.id", ondelete="CASCADE"), nullable=False),
    Column("kind", String(8), nullable=False),  # reply note
    Column("text_sealed", LargeBinary, nullable=False),
    Column("at", Float, nullable=False),
    UniqueConstraint("case_id", "staff_id", "kind"),
)

queue_views = Table(  # the queue as somebody likes to see it
    "queue_views",
    metadata,
    Column("id", ID, primary_key=True),
    Column("staff_id", ID, ForeignKey("staff.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("name_sealed", LargeBinary, nullable=False),
    Column("query", String(200), nullable=False),
    Column("at", Float, nullable=False),
)

journeys = Table(  # how far people came whose conversations are gone: counts, nobody in them
    "journeys",
    metadata,
    Column("month", Float, primary_key=True),  # its first moment
    Column("reached", String(12), primary_key=True),
    Column("people", Integer, nullable=False),
)

case_notes = Table(  # note opened raised claimed released lapsed transferred closed reopened referred
    "case_notes",
    metadata,
    Column("id", ID, primary_key=True),
    Column("case_id", ID, ForeignKey("cases.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("staff_id", ID, ForeignKey("staff.id")),
    Column("kind", String(16), nullable=False),
    Column("body_sealed", LargeBinary),
    Column("at", Float, nullable=False),
)

alerts = Table(  # about cases that wait; gone once somebody claimed the case
    "alerts",
    metadata,
    Column("id", ID, primary_key=True),
    Column("case_id", ID, ForeignKey("cases.id", ondelete="CASCADE"), nullable=False),
    Column("urgency", Integer, nullable=False),
    Column("step", Integer, nullable=False),  # of the ladder for this urgency
    Column("recipient", String(32), nullable=False),  # a staff id, common, or nobody
    Column("state", String(8), nullable=False),  # queued sending sent failed nobody
    Column("attempts", Integer, nullable=False),
    Column("next_at", Float, nullable=False),
    Column("created_at", Float, nullable=False),
    UniqueConstraint("case_id", "urgency", "step", "recipient"),
)

reveals = Table(  # a person's number is shown: who asked, who granted, and until when
    "reveals",
    metadata,
    Column("id", ID, primary_key=True),
    Column("case_id", ID, ForeignKey("cases.id", ondelete="CASCADE"), nullable=False),
    Column("asked_by", ID, ForeignKey("staff.id"), nullable=False),
    Column("reason", String(16), nullable=False),
    Column("note_sealed", LargeBinary),
    Column("asked_at", Float, nullable=False),
    Column("expires_at", Float, nullable=False),
    Column("decided_by", ID, ForeignKey("staff.id")),
    Column("granted", Boolean),
    Column("shown_at", Float),
    Index("ix_reveals_case", "case_id"),
)

audit = Table(
    "audit",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", Float, nullable=False),
    Column("actor", String(64), nullable=False),  # staff id, "system" or "operator"
    Column("act", String(48), nullable=False),
    Column("object", String(64), nullable=False),
    Column("mac", LargeBinary(32), nullable=False),
)

contents = Table(  # Twilio Content created once per language, text and buttons
    "contents",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("sid", String(64), nullable=False),
    Column("created_at", Float, nullable=False),
)

erasures = Table(  # what the provider still has to delete after the person erased: retried, counted
    "erasures",
    metadata,
    Column("id", ID, primary_key=True),
    Column("channel", String(32), nullable=False),
    Column("target_sealed", LargeBinary, nullable=False),  # {"address","refs"}
    Column("attempts", Integer, nullable=False, default=0),
    Column("next_at", Float, nullable=False, index=True),
    Column("created_at", Float, nullable=False),
)

meta = Table(
    "meta",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", String(200), nullable=False),
)
