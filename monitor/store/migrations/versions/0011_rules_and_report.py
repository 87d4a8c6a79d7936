"""What rules keep: cooldowns and tags. The view `ade_report` shows what the enrichment found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

OLD_COLUMNS = """
        t.posted_at, t.tweet_id, t.lang, t.text,
        m.text AS span, m.start, m."end", p.probability, m.score AS span_score,
        m.ptid, m.pt_name, m.pt_score, p.bundle, p.predicted_at, m.id AS mention_id,
        t.platform, t.kind, t.url, t.referenced_id, t.context, t.edited_at, t.version,
        p.first_probability, p.second_probability"""
NEW_COLUMNS = """,
        m.drug, m.drug_text, m.drug_atc, m.drug_score, m.drug_place, m.case_id, m.tags,
        c.first_id AS copy_of, c.kind AS copy_kind"""
REPORT = """
    SELECT {columns}
    FROM mentions m
    JOIN predictions p ON p.tweet_id = m.tweet_id AND p.bundle = m.bundle AND p.version = m.version
    JOIN tweets t ON t.tweet_id = p.tweet_id AND t.version = p.version
    {copies}
    WHERE NOT EXISTS (
        SELECT FROM predictions newer
        WHERE newer.tweet_id = p.tweet_id AND newer.version = p.version
          AND (newer.predicted_at, newer.bundle) > (p.predicted_at, p.bundle)
    )
"""
OLD_REPORT = REPORT.format(columns=OLD_COLUMNS, copies="")
NEW_REPORT = REPORT.format(
    columns=OLD_COLUMNS + NEW_COLUMNS, copies="LEFT JOIN post_copies c ON c.tweet_id = t.tweet_id"
)


def upgrade() -> None:
    """Add the table and the column, and show more in the view."""
    op.create_table(
        "alert_cooldowns",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("until", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_alert_cooldowns")),
    )
    op.create_index(op.f("ix_alert_cooldowns_until"), "alert_cooldowns", ["until"])
    op.add_column(
        "mentions",
        sa.Column("tags", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
    )
    op.execute(f"CREATE OR REPLACE VIEW ade_report AS {NEW_REPORT}")


def downgrade() -> None:
    """Return to the revision before. The tags are lost."""
    op.execute("DROP VIEW ade_report")
    op.drop_column("mentions", "tags")
    op.drop_table("alert_cooldowns")
    op.execute(f"CREATE VIEW ade_report AS {OLD_REPORT}")
