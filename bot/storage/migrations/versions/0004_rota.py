"""Shifts, pauses and teams"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "shifts",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("staff_id", sa.String(length=32), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("starts", sa.Integer(), nullable=False),
        sa.Column("ends", sa.Integer(), nullable=False),
        sa.Column("holidays", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_shifts_staff_id_staff"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shifts")),
        sa.UniqueConstraint("staff_id", "weekday", "starts", name=op.f("uq_shifts_staff_id_weekday_starts")),
    )
    op.add_column("staff", sa.Column("departments", sa.String(length=400), nullable=False, server_default=""))
    op.add_column("staff", sa.Column("paused_at", sa.Float(), nullable=True))


def downgrade() -> None:
    op.drop_column("staff", "paused_at")
    op.drop_column("staff", "departments")
    op.drop_table("shifts")
