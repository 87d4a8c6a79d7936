"""An index of the events that have changed something, whose rows an export sums. Most events change none."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

NAME = "ix_compliance_events_touched"


def upgrade() -> None:
    """Make the index."""
    op.create_index(NAME, "compliance_events", ["id"], postgresql_where=sa.text("touched <> '{}'::jsonb"))


def downgrade() -> None:
    """Remove it."""
    op.drop_index(NAME, "compliance_events")
