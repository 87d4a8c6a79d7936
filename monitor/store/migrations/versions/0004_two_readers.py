"""Predictions keep the probabilities of both readers of a bundle that has two.

The new columns are NULL in older rows, so no row is rewritten. Their check constraints hold for NULL and are
NOT VALID: Postgres checks new rows, and does not read the older ones. So the lock on `predictions` (ACCESS
EXCLUSIVE) is held for milliseconds only.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

COLUMNS = ("first_probability", "second_probability")

REPORT = """
    SELECT
        t.posted_at, t.tweet_id, t.lang, t.text,
        m.text AS span, m.start, m."end", p.probability, m.score AS span_score,
        m.ptid, m.pt_name, m.pt_score, p.bundle, p.predicted_at, m.id AS mention_id,
        t.platform, t.kind, t.url, t.referenced_id, t.context, t.edited_at, t.version{further}
    FROM mentions m
    JOIN predictions p ON p.tweet_id = m.tweet_id AND p.bundle = m.bundle AND p.version = m.version
    JOIN tweets t ON t.tweet_id = p.tweet_id AND t.version = p.version
    WHERE NOT EXISTS (
        SELECT FROM predictions newer
        WHERE newer.tweet_id = p.tweet_id AND newer.version = p.version
          AND (newer.predicted_at, newer.bundle) > (p.predicted_at, p.bundle)
    )
"""
OLD_REPORT = REPORT.format(further="")
NEW_REPORT = REPORT.format(further="".join(f", p.{column}" for column in COLUMNS))


def upgrade() -> None:
    """Add the columns, and show them in the view."""
    for column in COLUMNS:
        op.add_column("predictions", sa.Column(column, sa.Double(), nullable=True))
        op.create_check_constraint(
            op.f(f"ck_predictions_{column}_range"),
            "predictions",
            f"{column} BETWEEN 0 AND 1",
            postgresql_not_valid=True,
        )
    op.execute(f"CREATE OR REPLACE VIEW ade_report AS {NEW_REPORT}")


def downgrade() -> None:
    """Return to the revision before. The probabilities of the single readers are lost."""
    op.execute("DROP VIEW ade_report")
    for column in COLUMNS:
        op.drop_column("predictions", column)
    op.execute(f"CREATE VIEW ade_report AS {OLD_REPORT}")
