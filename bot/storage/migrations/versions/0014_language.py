"""The language in which each of the staff reads the console"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("staff", sa.Column("locale", sa.String(length=16), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("staff", "locale")
