"""The first tables, and the view `ade_report`."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ADE_REPORT = """
    SELECT
        t.posted_at, t.tweet_id, t.lang, t.text,
        m.text AS span, m.start, m."end", p.probability, m.score AS span_score,
        m.ptid, m.pt_name, m.pt_score, p.bundle, p.predicted_at, m.id AS mention_id
    FROM mentions m
    JOIN predictions p ON p.tweet_id = m.tweet_id AND p.bundle = m.bundle
    JOIN tweets t ON t.tweet_id = m.tweet_id
    WHERE NOT EXISTS (
        SELECT FROM predictions newer
        WHERE newer.tweet_id = p.tweet_id
          AND (newer.predicted_at, newer.bundle) > (p.predicted_at, p.bundle)
    )
"""


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "alert_outbox",
        sa.Column("alert_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("tweet_id", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("published_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("alert_id", name=op.f("pk_alert_outbox")),
        sa.UniqueConstraint("seq", name=op.f("uq_alert_outbox_seq")),
    )
    op.create_index(
        "ix_alert_outbox_pending",
        "alert_outbox",
        ["seq"],
        unique=False,
        postgresql_where=sa.text("published_at IS NULL"),
    )
    op.create_table(
        "hourly_counts",
        sa.Column("hour", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("bundle", sa.Text(), nullable=False),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.Column("positive", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "0 <= positive AND positive <= seen", name=op.f("ck_hourly_counts_positive_within_seen")
        ),
        sa.PrimaryKeyConstraint("hour", "bundle", name=op.f("pk_hourly_counts")),
    )
    op.create_table(
        "progress",
        sa.Column("consumer_group", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("next_offset", sa.BigInteger(), nullable=False),
        sa.Column("bundle", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("consumer_group", "topic", "partition", name=op.f("pk_progress")),
    )
    op.create_table(
        "tweets",
        sa.Column("tweet_id", sa.Text(), nullable=False),
        sa.Column("posted_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column(
            "first_seen_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("lang", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("author_hash", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("tweet_id", name=op.f("pk_tweets")),
    )
    op.create_index(
        "ix_tweets_posted_at_tweet_id",
        "tweets",
        [sa.literal_column("posted_at DESC"), sa.literal_column("tweet_id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_tweets_words",
        "tweets",
        [sa.literal_column("to_tsvector('simple', regexp_replace(text, '[!-/:-@[-`{-~]+', ' ', 'g'))")],
        unique=False,
        postgresql_using="gin",
    )
    op.create_table(
        "predictions",
        sa.Column("tweet_id", sa.Text(), nullable=False),
        sa.Column("bundle", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column(
            "predicted_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("label IN ('ADE', 'NoADE')", name=op.f("ck_predictions_label_known")),
        sa.CheckConstraint("probability BETWEEN 0 AND 1", name=op.f("ck_predictions_probability_range")),
        sa.ForeignKeyConstraint(
            ["tweet_id"], ["tweets.tweet_id"], name=op.f("fk_predictions_tweet_id_tweets"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tweet_id", "bundle", name=op.f("pk_predictions")),
    )
    op.create_index(op.f("ix_predictions_bundle"), "predictions", ["bundle"], unique=False)
    op.create_table(
        "mentions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("tweet_id", sa.Text(), nullable=False),
        sa.Column("bundle", sa.Text(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("ptid", sa.Text(), nullable=True),
        sa.Column("pt_name", sa.Text(), nullable=True),
        sa.Column("pt_score", sa.Double(), nullable=True),
        sa.Column(
            "runners_up",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
        sa.CheckConstraint('0 <= start AND start < "end"', name=op.f("ck_mentions_span_order")),
        sa.CheckConstraint("pt_score BETWEEN 0 AND 1", name=op.f("ck_mentions_pt_score_range")),
        sa.CheckConstraint("score BETWEEN 0 AND 1", name=op.f("ck_mentions_score_range")),
        sa.ForeignKeyConstraint(
            ["tweet_id", "bundle"],
            ["predictions.tweet_id", "predictions.bundle"],
            name=op.f("fk_mentions_tweet_id_bundle_predictions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mentions")),
        sa.UniqueConstraint(
            "tweet_id", "bundle", "start", "end", name=op.f("uq_mentions_tweet_id_bundle_start_end")
        ),
    )
    op.create_index(
        "ix_mentions_pt_name_lower", "mentions", [sa.literal_column("lower(pt_name)")], unique=False
    )
    op.create_index(op.f("ix_mentions_ptid"), "mentions", ["ptid"], unique=False)
    op.execute(f"CREATE VIEW ade_report AS {ADE_REPORT}")


def downgrade() -> None:
    """Go back."""
    op.execute("DROP VIEW ade_report")
    op.drop_table("mentions")
    op.drop_table("predictions")
    op.drop_table("tweets")
    op.drop_table("progress")
    op.drop_table("hourly_counts")
    op.drop_table("alert_outbox")
