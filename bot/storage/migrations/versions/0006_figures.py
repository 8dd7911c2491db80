"""Figures: how far people come, and how soon a person answers"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "conversations", sa.Column("reached", sa.String(length=12), nullable=False, server_default="")
    )
    op.add_column("cases", sa.Column("answered_after", sa.Float(), nullable=True))
    op.create_table(
        "journeys",
        sa.Column("month", sa.Float(), nullable=False),
        sa.Column("reached", sa.String(length=12), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("month", "reached", name=op.f("pk_journeys")),
    )


def downgrade() -> None:
    op.drop_table("journeys")
    op.drop_column("cases", "answered_after")
    op.drop_column("conversations", "reached")
