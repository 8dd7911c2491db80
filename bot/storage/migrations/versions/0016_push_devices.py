"""Browsers of the staff that are told of alerts by Web Push"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "push_devices",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("staff_id", sa.String(length=32), nullable=False),
        sa.Column("endpoint_mac", sa.LargeBinary(length=16), nullable=False),
        sa.Column("subscription_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_push_devices_staff_id_staff"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_devices")),
        sa.UniqueConstraint("endpoint_mac", name=op.f("uq_push_devices_endpoint_mac")),
    )
    op.create_index(op.f("ix_push_devices_staff_id"), "push_devices", ["staff_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_push_devices_staff_id"), table_name="push_devices")
    op.drop_table("push_devices")
