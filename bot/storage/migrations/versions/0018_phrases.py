"""Phrases that were not understood, what editors made of them, and models on rehearsal"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    id_ = sa.String(length=32)
    op.create_table(
        "phrases",
        sa.Column("id", id_, primary_key=True),
        sa.Column("locale", sa.String(length=16), nullable=False),
        sa.Column("question", sa.String(length=16), nullable=False),
        sa.Column("intent", sa.String(length=40), nullable=False),
        sa.Column("text_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("month", sa.Float(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("before", sa.Integer(), nullable=False),
        sa.Column("decided", sa.String(length=8), nullable=False, server_default=""),
    )
    op.create_table(
        "phrase_people",
        sa.Column("phrase_id", id_, sa.ForeignKey("phrases.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("person_mac", sa.LargeBinary(length=16), primary_key=True),
    )
    op.create_index("ix_phrase_people_person", "phrase_people", ["person_mac"])
    op.create_table(
        "phrase_changes",
        sa.Column("id", id_, primary_key=True),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("locale", sa.String(length=16), nullable=False),
        sa.Column("place", sa.String(length=64), nullable=False),
        sa.Column("text", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("author", id_, sa.ForeignKey("staff.id"), nullable=False),
        sa.Column("decided_by", id_, sa.ForeignKey("staff.id")),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("decided_at", sa.Float()),
    )
    op.create_index("ix_phrase_changes_state", "phrase_changes", ["state", "at"])
    op.create_table(
        "rehearsals",
        sa.Column("id", id_, primary_key=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("examples", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("author", id_, sa.ForeignKey("staff.id"), nullable=False),
        sa.Column("decided_by", id_, sa.ForeignKey("staff.id")),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("decided_at", sa.Float()),
        sa.Column("touched_at", sa.Float(), nullable=False),
    )
    op.create_index("ix_rehearsals_at", "rehearsals", ["at"])


def downgrade() -> None:
    for name in ("rehearsals", "phrase_changes", "phrase_people", "phrases"):
        op.drop_table(name)
