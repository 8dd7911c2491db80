"""Two wordings of one text, tried on people by halves"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "trials",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("locale", sa.String(length=16), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("author", sa.String(length=32), nullable=False),
        sa.Column("started_at", sa.Float(), nullable=False),
        sa.Column("most", sa.Integer(), nullable=False),
        sa.Column("until", sa.Float(), nullable=False),
        sa.Column("better", sa.Float(), nullable=False),
        sa.Column("worse", sa.Float(), nullable=False),
        sa.Column("fewest", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("ended_at", sa.Float(), nullable=True),
        sa.Column("decision", sa.String(length=9), nullable=False),
        sa.Column("old_read", sa.Integer(), nullable=True),
        sa.Column("old_answered", sa.Integer(), nullable=True),
        sa.Column("new_read", sa.Integer(), nullable=True),
        sa.Column("new_answered", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["author"], ["staff.id"], name=op.f("fk_trials_author_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trials")),
    )
    op.create_index(
        "ix_trials_running",
        "trials",
        ["locale", "key"],
        unique=True,
        sqlite_where=sa.text("state = 'running'"),
        postgresql_where=sa.text("state = 'running'"),
    )
    op.create_table(
        "trial_counts",
        sa.Column("trial_id", sa.String(length=32), nullable=False),
        sa.Column("arm", sa.String(length=3), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("read", sa.Integer(), nullable=False),
        sa.Column("answered", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["trial_id"], ["trials.id"], name=op.f("fk_trial_counts_trial_id_trials"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("trial_id", "arm", "day", name=op.f("pk_trial_counts")),
    )


def downgrade() -> None:
    op.drop_table("trial_counts")
    op.drop_index("ix_trials_running", table_name="trials")
    op.drop_table("trials")
