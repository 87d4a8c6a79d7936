"""Posts without an effect need no row: counted offsets, the share that is stored, and roll-ups of effects."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make them. Rows of posts without an effect stay, and what was counted stays counted."""
    op.create_table(
        "counted_offsets",
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("topic_id", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("counter", sa.Text(), nullable=False),
        sa.Column("offsets", postgresql.INT8MULTIRANGE(), nullable=False),
        sa.CheckConstraint("kind IN ('scored', 'skipped')", name=op.f("ck_counted_offsets_kind_known")),
        sa.PrimaryKeyConstraint(
            "topic", "topic_id", "partition", "kind", "counter", name=op.f("pk_counted_offsets")
        ),
    )
    op.execute(
        "INSERT INTO counted_offsets (topic, topic_id, partition, kind, counter, offsets) "
        "SELECT topic, '', partition, 'skipped', consumer_group, "
        "int8multirange(int8range(0, next_offset)) FROM skipped_progress"
    )
    op.drop_table("skipped_progress")
    op.add_column("progress", sa.Column("topic_id", sa.Text()))
    op.add_column("predictions", sa.Column("inclusion", sa.Double(), server_default="1", nullable=False))
    op.create_check_constraint(
        op.f("ck_predictions_inclusion_range"), "predictions", "inclusion > 0 AND inclusion <= 1"
    )
    _create_roll_ups()
    _create_indexes()


def _create_indexes() -> None:
    """Make the indexes that documented queries lacked."""
    op.create_index(op.f("ix_post_copies_found_at"), "post_copies", ["found_at"])
    op.create_index(op.f("ix_cases_ptid"), "cases", ["ptid"])
    op.create_index("ix_cases_pt_name_lower", "cases", [sa.text("lower(pt_name)")])
    for column in ("owner", "due_at"):
        op.create_index(
            f"ix_cases_{column}", "cases", [column], postgresql_where=sa.text(f"{column} IS NOT NULL")
        )
    op.create_index(
        "ix_mentions_drug_atc",
        "mentions",
        ["drug_atc"],
        postgresql_ops={"drug_atc": "text_pattern_ops"},
        postgresql_where=sa.text("drug_atc IS NOT NULL"),
    )


def _create_roll_ups() -> None:
    """Make the roll-ups, from the highest version of each post that a bundle has scored."""
    op.create_table(
        "hourly_effect_counts",
        sa.Column("hour", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("bundle", sa.Text(), nullable=False),
        sa.Column("drug", sa.Text(), nullable=False),
        sa.Column("ptid", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("posts", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("posts >= 0", name=op.f("ck_hourly_effect_counts_posts_not_negative")),
        sa.PrimaryKeyConstraint(
            "hour", "bundle", "drug", "ptid", "platform", name=op.f("pk_hourly_effect_counts")
        ),
    )
    op.execute(
        "INSERT INTO hourly_effect_counts (hour, bundle, drug, ptid, platform, posts) "
        "SELECT date_trunc('hour', t.posted_at, 'UTC'), m.bundle, m.drug, m.ptid, COALESCE(t.platform, ''), "
        "count(*) FROM (SELECT DISTINCT tweet_id, bundle, version, COALESCE(drug, '') AS drug, "
        "COALESCE(ptid, '') AS ptid FROM mentions) AS m JOIN tweets AS t USING (tweet_id) "
        "WHERE NOT EXISTS (SELECT FROM predictions AS p WHERE p.tweet_id = m.tweet_id "
        "AND p.bundle = m.bundle AND p.version > m.version) GROUP BY 1, 2, 3, 4, 5"
    )
    op.create_index(
        op.f("ix_hourly_effect_counts_drug_ptid_hour"), "hourly_effect_counts", ["drug", "ptid", "hour"]
    )
    op.create_index(op.f("ix_hourly_effect_counts_ptid_hour"), "hourly_effect_counts", ["ptid", "hour"])


def downgrade() -> None:
    """Return to the revision before. Posts without rows stay counted."""
    op.drop_index("ix_mentions_drug_atc", "mentions")
    for column in ("due_at", "owner", "pt_name_lower", "ptid"):
        op.drop_index(f"ix_cases_{column}", "cases")
    op.drop_index(op.f("ix_post_copies_found_at"), "post_copies")
    op.drop_table("hourly_effect_counts")
    op.drop_column("predictions", "inclusion")
    op.drop_column("progress", "topic_id")
    op.create_table(
        "skipped_progress",
        sa.Column("consumer_group", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("next_offset", sa.BigInteger(), nullable=False),
        sa.Column("last_timestamp", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("consumer_group", "topic", "partition", name=op.f("pk_skipped_progress")),
    )
    op.execute(
        "INSERT INTO skipped_progress (consumer_group, topic, partition, next_offset, last_timestamp) "
        "SELECT counter, topic, partition, max(upper(offsets)), now() FROM counted_offsets "
        "WHERE kind = 'skipped' AND NOT isempty(offsets) GROUP BY counter, topic, partition"
    )
    op.drop_table("counted_offsets")
