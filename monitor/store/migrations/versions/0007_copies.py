"""Copies of posts, and the keys by which a copy is recognized."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "post_copies",
        sa.Column("tweet_id", sa.Text(), nullable=False),
        sa.Column("first_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("similarity", sa.Double(), nullable=False),
        sa.Column("found_at", sa.TIMESTAMP(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint("kind IN ('repost', 'exact', 'near')", name=op.f("ck_post_copies_kind_known")),
        sa.CheckConstraint("similarity BETWEEN 0 AND 1", name=op.f("ck_post_copies_similarity_range")),
        sa.ForeignKeyConstraint(
            ["tweet_id"],
            ["tweets.tweet_id"],
            name=op.f("fk_post_copies_tweet_id_tweets"),
            ondelete="CASCADE",
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tweet_id", name=op.f("pk_post_copies")),
    )
    op.create_index(op.f("ix_post_copies_first_id"), "post_copies", ["first_id"])
    op.create_table(
        "copy_keys",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("first_id", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_copy_keys")),
    )
    op.create_index(op.f("ix_copy_keys_first_id"), "copy_keys", ["first_id"])
    op.create_index(op.f("ix_copy_keys_seen_at"), "copy_keys", ["seen_at"])


def downgrade() -> None:
    """Return to the revision before. Which posts are copies is forgotten."""
    op.drop_table("copy_keys")
    op.drop_table("post_copies")
