"""Cases, their posts and their history, and the facts that posts state."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables, and the case of each mention."""
    op.create_table(
        "cases",
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("drug", sa.Text(), nullable=True),
        sa.Column("effect", sa.Text(), nullable=False),
        sa.Column("ptid", sa.Text(), nullable=True),
        sa.Column("pt_name", sa.Text(), nullable=True),
        sa.Column("first_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("last_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("opened_at", sa.TIMESTAMP(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("status", sa.Text(), server_default="new", nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("due_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("changed_at", sa.TIMESTAMP(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint(
            "status IN ('new', 'open', 'closed', 'not-a-case')", name=op.f("ck_cases_status_known")
        ),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_cases")),
    )
    op.create_index(op.f("ix_cases_effect_drug"), "cases", ["effect", "drug"])
    op.create_index("ix_cases_last_at_case_id", "cases", [sa.text("last_at DESC"), sa.text("case_id DESC")])
    op.create_table(
        "case_posts",
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("tweet_id", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("missing", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("added_at", sa.TIMESTAMP(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint(
            "role IN ('report', 'follow-up', 'thread')", name=op.f("ck_case_posts_role_known")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.case_id"], name=op.f("fk_case_posts_case_id_cases"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["tweet_id"],
            ["tweets.tweet_id"],
            name=op.f("fk_case_posts_tweet_id_tweets"),
            ondelete="CASCADE",
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("case_id", "tweet_id", name=op.f("pk_case_posts")),
    )
    op.create_index(op.f("ix_case_posts_tweet_id"), "case_posts", ["tweet_id"])
    op.create_table(
        "case_events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("at", sa.TIMESTAMP(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("change", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.case_id"], name=op.f("fk_case_events_case_id_cases"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_events")),
    )
    op.create_index(op.f("ix_case_events_case_id"), "case_events", ["case_id"])
    op.create_table(
        "seen_pairs",
        sa.Column("drug", sa.Text(), nullable=False),
        sa.Column("effect", sa.Text(), nullable=False),
        sa.Column("first_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("drug", "effect", name=op.f("pk_seen_pairs")),
    )
    op.create_table(
        "post_facts",
        sa.Column("tweet_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("start", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("end", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.CheckConstraint('0 <= start AND start < "end"', name=op.f("ck_post_facts_span_order")),
        sa.ForeignKeyConstraint(
            ["tweet_id"],
            ["tweets.tweet_id"],
            name=op.f("fk_post_facts_tweet_id_tweets"),
            ondelete="CASCADE",
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tweet_id", "version", "kind", "start", "end", name=op.f("pk_post_facts")),
    )
    op.add_column("mentions", sa.Column("case_id", sa.Text(), nullable=True))
    op.create_index(
        "ix_mentions_case_id", "mentions", ["case_id"], postgresql_where=sa.text("case_id IS NOT NULL")
    )


def downgrade() -> None:
    """Return to the revision before. The cases and the facts are lost."""
    op.drop_column("mentions", "case_id")
    for name in ("post_facts", "seen_pairs", "case_events", "case_posts", "cases"):
        op.drop_table(name)
