"""Indexes that hold what lists and figures look at, so that the sealed rows are not read for it"""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

FIGURES = ["opened_at", "channel", "urgency", "answered_after", "department", "result", "outcome"]


def upgrade() -> None:
    op.drop_index("ix_cases_queue", table_name="cases")
    op.create_index("ix_cases_need", "cases", ["state", "urgency", "modifier", "waiting_since", "id"])
    op.create_index("ix_cases_closed", "cases", ["state", "closed_at"])
    op.create_index("ix_cases_figures", "cases", FIGURES)
    op.create_index("ix_conversations_figures", "conversations", ["created_at", "channel", "reached"])


def downgrade() -> None:
    op.drop_index("ix_conversations_figures", table_name="conversations")
    op.drop_index("ix_cases_figures", table_name="cases")
    op.drop_index("ix_cases_closed", table_name="cases")
    op.drop_index("ix_cases_need", table_name="cases")
    op.create_index("ix_cases_queue", "cases", ["state", "urgency", "waiting_since"])
