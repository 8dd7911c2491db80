"""What a desk needs: drafts, views of the queue, lines that were given, follow-up"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "cases", sa.Column("status", sa.String(length=16), nullable=False, server_default=sa.text("''"))
    )
    op.add_column("cases", sa.Column("follow_up_at", sa.Float(), nullable=True))
    op.create_index("ix_cases_follow_up", "cases", ["follow_up_at"], unique=False)
    op.create_table(
        "case_referrals",
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("line", sa.String(length=32), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_case_referrals_case_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("case_id", "line", name=op.f("pk_case_referrals")),
    )
    op.create_table(
        "case_drafts",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("staff_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("text_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_case_drafts_case_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_case_drafts_staff_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_drafts")),
        sa.UniqueConstraint("case_id", "staff_id", "kind", name=op.f("uq_case_drafts_case_id_staff_id_kind")),
    )
    op.create_table(
        "queue_views",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("staff_id", sa.String(length=32), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("query", sa.String(length=200), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_queue_views_staff_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queue_views")),
    )
    op.create_index(op.f("ix_queue_views_staff_id"), "queue_views", ["staff_id"], unique=False)


def downgrade() -> None:
    op.drop_table("queue_views")
    op.drop_table("case_drafts")
    op.drop_table("case_referrals")
    op.drop_index("ix_cases_follow_up", table_name="cases")
    op.drop_column("cases", "follow_up_at")
    op.drop_column("cases", "status")
