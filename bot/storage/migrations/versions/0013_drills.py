"""Drills: training with made-up people; and an index with all that the queue looks at"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

LISTED = [
    *("state", "urgency", "modifier", "waiting_since", "id", "channel", "locale", "department", "minor"),
    *("claimed_by", "conversation_id", "version"),
]


def upgrade() -> None:
    op.create_table(
        "drills",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("staff_id", sa.String(length=32), nullable=False),
        sa.Column("persona", sa.String(length=32), nullable=False),
        sa.Column("talk_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("started_at", sa.Float(), nullable=False),
        sa.Column("ended_at", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_drills_staff_id_staff"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drills")),
    )
    op.create_index("ix_drills_staff_id", "drills", ["staff_id"], unique=False)
    op.drop_index("ix_cases_need", table_name="cases")
    op.create_index("ix_cases_need", "cases", LISTED)
    op.create_index("ix_conversations_heard", "conversations", ["id", "last_inbound_at"])


def downgrade() -> None:
    op.drop_index("ix_conversations_heard", table_name="conversations")
    op.drop_index("ix_cases_need", table_name="cases")
    op.create_index("ix_cases_need", "cases", LISTED[:5])
    op.drop_index("ix_drills_staff_id", table_name="drills")
    op.drop_table("drills")
