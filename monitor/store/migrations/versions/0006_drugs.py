"""The drugs that posts name, the drug of each mention of an effect, and counts of posts by drug and hour.

The new columns of `mentions` are NULL in older rows, so no row is rewritten. The check holds for NULL and is
NOT VALID: Postgres checks new rows, and does not read the older ones.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

NEW_TEXTS = ("drug", "drug_text", "drug_atc", "drug_place")


def upgrade() -> None:
    """Add the tables and the columns."""
    op.create_table(
        "post_drugs",
        sa.Column("tweet_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("part", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("start", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("end", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("drug", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("atc", sa.Text(), nullable=True),
        sa.Column("naming", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.CheckConstraint('0 <= start AND start < "end"', name=op.f("ck_post_drugs_span_order")),
        sa.ForeignKeyConstraint(
            ["tweet_id"],
            ["tweets.tweet_id"],
            name=op.f("fk_post_drugs_tweet_id_tweets"),
            ondelete="CASCADE",
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "tweet_id", "version", "part", "start", "end", "drug", name=op.f("pk_post_drugs")
        ),
    )
    op.create_index(op.f("ix_post_drugs_drug"), "post_drugs", ["drug"])
    op.create_table(
        "hourly_drug_counts",
        sa.Column("hour", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("bundle", sa.Text(), nullable=False),
        sa.Column("drug", sa.Text(), nullable=False),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.Column("positive", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "0 <= positive AND positive <= seen", name=op.f("ck_hourly_drug_counts_positive_within_seen")
        ),
        sa.PrimaryKeyConstraint("hour", "bundle", "drug", name=op.f("pk_hourly_drug_counts")),
    )
    for name in NEW_TEXTS:
        op.add_column("mentions", sa.Column(name, sa.Text(), nullable=True))
    op.add_column("mentions", sa.Column("drug_score", sa.Double(), nullable=True))
    op.create_check_constraint(
        op.f("ck_mentions_drug_score_range"),
        "mentions",
        "drug_score BETWEEN 0 AND 1",
        postgresql_not_valid=True,
    )
    op.create_index(
        "ix_mentions_ingredients",
        "mentions",
        [sa.text("string_to_array(drug, ' + ')")],
        postgresql_using="gin",
        postgresql_where=sa.text("drug IS NOT NULL"),
    )


def downgrade() -> None:
    """Return to the revision before. The drugs are lost."""
    for name in (*NEW_TEXTS, "drug_score"):
        op.drop_column("mentions", name)
    op.drop_table("hourly_drug_counts")
    op.drop_table("post_drugs")
