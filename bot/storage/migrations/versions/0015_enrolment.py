"""What is left of a first login: an own password, an authenticator; and until when"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("staff", sa.Column("enrolment", sa.String(length=8), nullable=False, server_default=""))
    op.add_column("staff", sa.Column("enrol_until", sa.Float(), nullable=True))


def downgrade() -> None:
    op.drop_column("staff", "enrol_until")
    op.drop_column("staff", "enrolment")
