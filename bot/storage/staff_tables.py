"""The tables of the staff themselves: accounts, sessions, shifts, drills, where alerts reach them.

As in ``bot.storage.tables``, through which everybody reads them.
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
)

from bot.storage.schema import ID, metadata

staff = Table(
    "staff",
    metadata,
    Column("id", ID, primary_key=True),
    Column("login", String(64), nullable=False, unique=True),
    Column("role", String(16), nullable=False),  # responder supervisor editor admin
    Column("alias", String(64), nullable=False),  # what the chatter sees: never the real name
    Column("password_hash", String(200), nullable=False),
    Column("totp_sealed", LargeBinary, nullable=False),
    Column("totp_last_step", Integer, nullable=False, default=0),  # a used code is refused
    Column("disabled_at", Float),
    Column("created_at", Float, nullable=False),
    Column("departments", String(400), nullable=False, default="", server_default=""),  # the team; empty: all
    Column("paused_at", Float),  # takes a break: on no duty, nothing is handed to them
    Column("alert_sealed", LargeBinary),  # where alerts reach them: addresses as Apprise writes them
    Column("locale", String(16), nullable=False, default="", server_default=""),  # of pages; empty: any
    Column("enrolment", String(8), nullable=False, default="", server_default=""),  # due: password, code
    Column("enrol_until", Float),  # when the one-time password of a first login lapses
)

push_devices = Table(  # browsers that are told of alerts by Web Push
    "push_devices",
    metadata,
    Column("id", ID, primary_key=True),
    Column("staff_id", ID, ForeignKey("staff.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("endpoint_mac", LargeBinary(16), nullable=False, unique=True),  # the same browser, found again
    Column("subscription_sealed", LargeBinary, nullable=False),  # {"endpoint","p256dh","auth"}
    Column("created_at", Float, nullable=False),
)

shifts = Table(  # when who is expected, every week; hours of Lima
    "shifts",
    metadata,
    Column("id", ID, primary_key=True),
    Column("staff_id", ID, ForeignKey("staff.id", ondelete="CASCADE"), nullable=False),
    Column("weekday", Integer, nullable=False),  # 0 Monday
    Column("starts", Integer, nullable=False),  # minutes of the day
    Column("ends", Integer, nullable=False),  # not after the start: on the next day
    Column("holidays", Boolean, nullable=False),  # also on holidays
    UniqueConstraint("staff_id", "weekday", "starts"),
)

drills = Table(  # somebody's training with a made-up person; no case, and in no figure
    "drills",
    metadata,
    Column("id", ID, primary_key=True),
    Column("staff_id", ID, ForeignKey("staff.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("persona", String(32), nullable=False),
    Column("talk_sealed", LargeBinary, nullable=False),  # [{"from","text","at"}]
    Column("started_at", Float, nullable=False),
    Column("ended_at", Float),
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("staff_id", ID, ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True),
    Column("code_mac", LargeBinary(32), primary_key=True),
    Column("used_at", Float),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("staff_id", ID, ForeignKey("staff.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("step", String(8), nullable=False),  # password enrol full
    Column("created_at", Float, nullable=False),
    Column("seen_at", Float, nullable=False),
)

login_attempts = Table(
    "login_attempts",
    metadata,
    Column("id", ID, primary_key=True),
    Column("subject_mac", LargeBinary(16), nullable=False),  # account and source, keyed
    Column("at", Float, nullable=False),
    Index("ix_login_attempts_subject_at", "subject_mac", "at"),
)
