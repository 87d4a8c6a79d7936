"""Samples, items, leases and verdicts of the review."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "review_samples",
        sa.Column("sample_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("strategy", sa.Text(), nullable=False),
        sa.Column("since", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("until", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("options", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("drawn_at", sa.TIMESTAMP(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("drawn_by", sa.Text(), server_default=sa.text("session_user"), nullable=False),
        sa.CheckConstraint(
            "strategy IN ('random', 'active', 'uncertain', 'serious', 'unlisted')",
            name=op.f("ck_review_samples_strategy_known"),
        ),
        sa.CheckConstraint("since < until", name=op.f("ck_review_samples_window_order")),
        sa.PrimaryKeyConstraint("sample_id", name=op.f("pk_review_samples")),
        sa.UniqueConstraint(
            "strategy", "since", "until", "seed", name=op.f("uq_review_samples_strategy_since_until_seed")
        ),
    )
    op.create_table(
        "review_strata",
        sa.Column("sample_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("stratum", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("band", sa.Text(), nullable=False),
        sa.Column("drug", sa.Text(), nullable=False),
        sa.Column("lang", sa.Text(), nullable=False),
        sa.Column("stored", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.Double(), nullable=False),
        sa.Column("drawn", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "0 <= drawn AND drawn <= stored", name=op.f("ck_review_strata_drawn_within_stored")
        ),
        sa.ForeignKeyConstraint(
            ["sample_id"],
            ["review_samples.sample_id"],
            name=op.f("fk_review_strata_sample_id_review_samples"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("sample_id", "stratum", name=op.f("pk_review_strata")),
    )
    op.create_table(
        "review_items",
        sa.Column("item_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("tweet_id", sa.Text(), nullable=True),
        sa.Column("bundle", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=True),
        sa.Column("end", sa.Integer(), nullable=True),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("ptid", sa.Text(), nullable=True),
        sa.Column("pt_name", sa.Text(), nullable=True),
        sa.Column("pt_score", sa.Double(), nullable=True),
        sa.Column("drug", sa.Text(), nullable=True),
        sa.Column("reasons", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("priority", sa.Integer(), server_default="0", nullable=False),
        sa.Column("needed", sa.Integer(), server_default="1", nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("outcome_id", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("added_at", sa.TIMESTAMP(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint(
            "(state = 'done') = (outcome IS NOT NULL)", name=op.f("ck_review_items_outcome_when_done")
        ),
        sa.CheckConstraint("label IN ('ADE', 'NoADE')", name=op.f("ck_review_items_label_known")),
        sa.CheckConstraint("state IN ('open', 'disputed', 'done')", name=op.f("ck_review_items_state_known")),
        sa.CheckConstraint(
            '(start IS NULL AND "end" IS NULL) OR (0 <= start AND start < "end")',
            name=op.f("ck_review_items_span_order"),
        ),
        sa.CheckConstraint("needed BETWEEN 1 AND 2", name=op.f("ck_review_items_needed_range")),
        sa.ForeignKeyConstraint(
            ["tweet_id"],
            ["tweets.tweet_id"],
            name=op.f("fk_review_items_tweet_id_tweets"),
            onupdate="CASCADE",
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_review_items")),
    )
    op.create_index(op.f("ix_review_items_outcome_decided_at"), "review_items", ["outcome", "decided_at"])
    op.create_index(
        "ix_review_items_waiting",
        "review_items",
        [sa.literal_column("priority DESC"), "item_id"],
        unique=False,
        postgresql_where=sa.text("state <> 'done'"),
    )
    op.create_index(
        "uq_review_items_mention",
        "review_items",
        ["tweet_id", "bundle", "version", "start", "end"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("tweet_id IS NOT NULL"),
    )
    op.create_table(
        "review_sample_items",
        sa.Column("sample_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("item_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("stratum", sa.Integer(), nullable=False),
        sa.Column("post", sa.Integer(), nullable=False),
        sa.Column("inclusion", sa.Double(), nullable=True),
        sa.CheckConstraint(
            "0 < inclusion AND inclusion <= 1", name=op.f("ck_review_sample_items_inclusion_range")
        ),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["review_items.item_id"],
            name=op.f("fk_review_sample_items_item_id_review_items"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["sample_id", "stratum"],
            ["review_strata.sample_id", "review_strata.stratum"],
            name=op.f("fk_review_sample_items_sample_id_stratum_review_strata"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("sample_id", "item_id", name=op.f("pk_review_sample_items")),
    )
    op.create_index(op.f("ix_review_sample_items_item_id"), "review_sample_items", ["item_id"])
    op.create_table(
        "review_leases",
        sa.Column("item_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("reviewer", sa.Text(), server_default=sa.text("session_user"), nullable=False),
        sa.Column("leased_at", sa.TIMESTAMP(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("leased_until", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["review_items.item_id"],
            name=op.f("fk_review_leases_item_id_review_items"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("item_id", "reviewer", name=op.f("pk_review_leases")),
    )
    op.create_table(
        "review_verdicts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "at", sa.TIMESTAMP(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("reviewer", sa.Text(), server_default=sa.text("session_user"), nullable=False),
        sa.Column("role", sa.Text(), server_default="reviewer", nullable=False),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("right_start", sa.Integer(), nullable=True),
        sa.Column("right_end", sa.Integer(), nullable=True),
        sa.Column("right_ptid", sa.Text(), nullable=True),
        sa.Column("right_pt_name", sa.Text(), nullable=True),
        sa.Column("right_drug", sa.Text(), nullable=True),
        sa.Column("seconds", sa.Double(), nullable=True),
        sa.Column("undoes", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "decision IN ('correct', 'not-an-ade', 'wrong-span', 'wrong-pt', 'wrong-drug', 'missed-ade', "
            "'cannot-tell')",
            name=op.f("ck_review_verdicts_decision_known"),
        ),
        sa.CheckConstraint("role IN ('reviewer', 'adjudicator')", name=op.f("ck_review_verdicts_role_known")),
        sa.CheckConstraint(
            "(decision IS NULL) = (undoes IS NOT NULL)", name=op.f("ck_review_verdicts_verdict_or_undo")
        ),
        sa.CheckConstraint(
            "(right_start IS NULL AND right_end IS NULL) OR (0 <= right_start AND right_start < right_end)",
            name=op.f("ck_review_verdicts_right_span_order"),
        ),
        sa.CheckConstraint("seconds >= 0", name=op.f("ck_review_verdicts_seconds_range")),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["review_items.item_id"],
            name=op.f("fk_review_verdicts_item_id_review_items"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["undoes"],
            ["review_verdicts.id"],
            name=op.f("fk_review_verdicts_undoes_review_verdicts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_verdicts")),
        sa.UniqueConstraint("undoes", name=op.f("uq_review_verdicts_undoes")),
    )
    op.create_index(op.f("ix_review_verdicts_item_id"), "review_verdicts", ["item_id"])
    op.create_index(op.f("ix_review_verdicts_reviewer_at"), "review_verdicts", ["reviewer", "at"])
    # An outcome changes which cases count (migration 0012).
    op.execute(
        "CREATE TRIGGER note_signal_days_update AFTER UPDATE ON review_items "
        "REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows "
        "FOR EACH STATEMENT EXECUTE FUNCTION note_signal_days()"
    )


def downgrade() -> None:
    """Return to the revision before. All verdicts are lost."""
    for table in (
        "review_verdicts",
        "review_leases",
        "review_sample_items",
        "review_items",
        "review_strata",
        "review_samples",
    ):
        op.drop_table(table)
