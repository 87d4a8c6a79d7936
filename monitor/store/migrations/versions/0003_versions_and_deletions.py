"""Posts get versions, and deletions leave tombstones and an audit row.

New columns have constant defaults, so no row of `predictions` or `mentions` is rewritten. The stored texts, a
small share of `tweets`, get their digests. The longest step builds new indexes for the keys of `predictions`
and `mentions`, about half a minute for each ten million rows. Stop the workers before; readers wait as well
(ACCESS EXCLUSIVE locks).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INSTANT = sa.TIMESTAMP(timezone=True)
JSONB = postgresql.JSONB(astext_type=sa.Text())

OLD_REPORT = """
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

NEW_REPORT = """
    SELECT
        t.posted_at, t.tweet_id, t.lang, t.text,
        m.text AS span, m.start, m."end", p.probability, m.score AS span_score,
        m.ptid, m.pt_name, m.pt_score, p.bundle, p.predicted_at, m.id AS mention_id,
        t.platform, t.kind, t.url, t.referenced_id, t.context, t.edited_at, t.version
    FROM mentions m
    JOIN predictions p ON p.tweet_id = m.tweet_id AND p.bundle = m.bundle AND p.version = m.version
    JOIN tweets t ON t.tweet_id = p.tweet_id AND t.version = p.version
    WHERE NOT EXISTS (
        SELECT FROM predictions newer
        WHERE newer.tweet_id = p.tweet_id AND newer.version = p.version
          AND (newer.predicted_at, newer.bundle) > (p.predicted_at, p.bundle)
    )
"""

WITH_WORDS = (
    ("tweets", "text"),
    ("tweets", "context"),
    ("tweets", "url"),
    ("mentions", "text"),
    ("alert_outbox", "payload"),
)
"""Columns that have words of posts."""


def upgrade() -> None:
    """Upgrade the tables to this revision."""
    op.execute("DROP VIEW ade_report")
    _add_columns_of_posts()
    _add_versions_to_keys()
    _add_columns_of_alerts()
    _create_tables()
    _keep_no_statistics_of_words()
    op.execute(f"CREATE VIEW ade_report AS {NEW_REPORT}")


def _add_columns_of_posts() -> None:
    op.add_column("tweets", sa.Column("platform", sa.Text(), nullable=True))
    op.add_column("tweets", sa.Column("kind", sa.Text(), server_default="original", nullable=False))
    op.add_column("tweets", sa.Column("referenced_id", sa.Text(), nullable=True))
    op.add_column("tweets", sa.Column("url", sa.Text(), nullable=True))
    op.add_column("tweets", sa.Column("context", JSONB, nullable=True))
    op.add_column("tweets", sa.Column("edited_at", INSTANT, nullable=True))
    op.add_column("tweets", sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    op.add_column(
        "tweets",
        sa.Column("text_digests", sa.LargeBinary(), server_default=sa.text("''::bytea"), nullable=False),
    )
    op.add_column("tweets", sa.Column("erased_at", INSTANT, nullable=True))
    op.create_check_constraint(
        op.f("ck_tweets_kind_known"), "tweets", "kind IN ('original', 'repost', 'quote', 'reply')"
    )
    # The digest of `monitor.store.digests.text_digest`.
    op.execute(
        """
        UPDATE tweets SET text_digests = substring(
            sha256(convert_to(tweet_id, 'UTF8') || decode('00', 'hex') || convert_to(text, 'UTF8')) FOR 16
        )
        WHERE text IS NOT NULL
        """
    )
    op.create_index(
        "ix_tweets_author_hash",
        "tweets",
        ["author_hash"],
        unique=False,
        postgresql_where=sa.text("author_hash IS NOT NULL"),
    )
    op.create_index(
        "ix_tweets_context",
        "tweets",
        ["context"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"context": "jsonb_path_ops"},
        postgresql_where=sa.text("context IS NOT NULL"),
    )
    op.create_index(
        "ix_tweets_referenced_id",
        "tweets",
        ["referenced_id"],
        unique=False,
        postgresql_where=sa.text("referenced_id IS NOT NULL"),
    )


def _add_versions_to_keys() -> None:
    _drop_keys(MENTIONS_BY_BUNDLE, "uq_mentions_tweet_id_bundle_start_end")
    for table in ("predictions", "mentions"):
        op.add_column(table, sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    for column in ("topic", "partition", "offset"):
        op.alter_column("predictions", column, nullable=True)
    _create_keys(
        MENTIONS_BY_VERSION,
        "uq_mentions_tweet_id_bundle_version_start_end",
        ["tweet_id", "bundle", "version"],
        onupdate="CASCADE",
    )


MENTIONS_BY_BUNDLE = "fk_mentions_tweet_id_bundle_predictions"
MENTIONS_BY_VERSION = "fk_mentions_tweet_id_bundle_version_predictions"


def _drop_keys(foreign_key: str, unique: str) -> None:
    op.drop_constraint(op.f(foreign_key), "mentions", type_="foreignkey")
    op.drop_constraint(op.f(unique), "mentions", type_="unique")
    op.drop_constraint(op.f("fk_predictions_tweet_id_tweets"), "predictions", type_="foreignkey")
    op.drop_constraint(op.f("pk_predictions"), "predictions", type_="primary")


def _create_keys(foreign_key: str, unique: str, columns: list[str], *, onupdate: str | None) -> None:
    op.create_primary_key(op.f("pk_predictions"), "predictions", columns)
    op.create_foreign_key(
        op.f("fk_predictions_tweet_id_tweets"),
        "predictions",
        "tweets",
        ["tweet_id"],
        ["tweet_id"],
        ondelete="CASCADE",
        onupdate=onupdate,
    )
    op.create_unique_constraint(op.f(unique), "mentions", [*columns, "start", "end"])
    op.create_foreign_key(
        op.f(foreign_key), "mentions", "predictions", columns, columns, ondelete="CASCADE", onupdate=onupdate
    )


def _add_columns_of_alerts() -> None:
    op.add_column("alert_outbox", sa.Column("action", sa.Text(), server_default="publish", nullable=False))
    op.add_column("alert_outbox", sa.Column("revision", sa.Integer(), server_default="1", nullable=False))
    op.add_column("alert_outbox", sa.Column("reason", sa.Text(), nullable=True))
    op.add_column("alert_outbox", sa.Column("retracted_at", INSTANT, nullable=True))
    op.add_column("alert_outbox", sa.Column("entry_id", sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f("ck_alert_outbox_action_known"), "alert_outbox", "action IN ('publish', 'retract')"
    )
    op.create_check_constraint(
        op.f("ck_alert_outbox_retraction_complete"),
        "alert_outbox",
        "action = 'publish' OR (reason IS NOT NULL AND retracted_at IS NOT NULL)",
    )
    op.create_index(op.f("ix_alert_outbox_tweet_id"), "alert_outbox", ["tweet_id"], unique=False)


def _create_tables() -> None:
    op.create_table(
        "post_aliases",
        sa.Column("alias", sa.Text(), nullable=False),
        sa.Column("tweet_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tweet_id"],
            ["tweets.tweet_id"],
            name=op.f("fk_post_aliases_tweet_id_tweets"),
            ondelete="CASCADE",
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("alias", name=op.f("pk_post_aliases")),
    )
    op.create_index(op.f("ix_post_aliases_tweet_id"), "post_aliases", ["tweet_id"], unique=False)
    op.create_table(
        "skipped_languages",
        sa.Column("hour", INSTANT, nullable=False),
        sa.Column("consumer_group", sa.Text(), nullable=False),
        sa.Column("lang", sa.Text(), nullable=False),
        sa.Column("skipped", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("skipped > 0", name=op.f("ck_skipped_languages_skipped_positive")),
        sa.PrimaryKeyConstraint("hour", "consumer_group", "lang", name=op.f("pk_skipped_languages")),
    )
    op.create_table(
        "skipped_progress",
        sa.Column("consumer_group", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("next_offset", sa.BigInteger(), nullable=False),
        sa.Column("last_timestamp", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("consumer_group", "topic", "partition", name=op.f("pk_skipped_progress")),
    )
    op.create_table(
        "tombstones",
        sa.Column("subject", sa.LargeBinary(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("subject", "event", name=op.f("pk_tombstones")),
    )
    op.create_index(op.f("ix_tombstones_event_id"), "tombstones", ["event_id"], unique=False)
    op.create_table(
        "compliance_events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("subject", sa.LargeBinary(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("event_at", INSTANT, nullable=True),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("done_at", INSTANT, nullable=True),
        sa.Column("letters_done_at", INSTANT, nullable=True),
        sa.Column("left_out_at", INSTANT, nullable=True),
        sa.Column("touched", JSONB, server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("unmatched", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_compliance_events")),
        sa.UniqueConstraint(
            "source", "event", "subject", name=op.f("uq_compliance_events_source_event_subject")
        ),
    )
    op.create_index(
        "ix_compliance_events_letters_pending",
        "compliance_events",
        ["id"],
        unique=False,
        postgresql_where=sa.text("letters_done_at IS NULL"),
    )
    op.create_index(
        "ix_compliance_events_without_match",
        "compliance_events",
        ["done_at"],
        unique=False,
        postgresql_where=sa.text("touched = '{}'::jsonb AND left_out_at IS NULL"),
    )
    op.create_table(
        "expired_events",
        sa.Column("day", INSTANT, nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.Column("unmatched", sa.BigInteger(), nullable=False),
        sa.Column("late", sa.BigInteger(), nullable=False),
        sa.Column("slowest_since_event", sa.Double(), nullable=True),
        sa.Column("slowest_since_arrival", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("day", "event", name=op.f("pk_expired_events")),
    )


def _keep_no_statistics_of_words() -> None:
    """Keep ANALYZE from copying words of posts into the catalog, where no deletion would find them."""
    for table, column in WITH_WORDS:
        op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS 0")
        # What an earlier ANALYZE has copied. The function exists since PostgreSQL 18.
        op.execute(
            f"""
            DO $$ BEGIN
                IF to_regproc('pg_catalog.pg_clear_attribute_stats') IS NOT NULL THEN
                    EXECUTE format(
                        'SELECT pg_clear_attribute_stats(%L, %L, %L, false)',
                        current_schema(), '{table}', '{column}'
                    );
                END IF;
            END $$
            """
        )


def downgrade() -> None:
    """Return to the revision before. Versions before the current one are lost, and so are the tombstones."""
    op.execute("DROP VIEW ade_report")
    for table in (
        "expired_events",
        "compliance_events",
        "tombstones",
        "skipped_progress",
        "skipped_languages",
        "post_aliases",
    ):
        op.drop_table(table)
    for table, column in WITH_WORDS:
        if column not in ("context", "url"):
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS -1")
    _drop_columns_of_alerts()
    _drop_versions_from_keys()
    _drop_columns_of_posts()
    op.execute(f"CREATE VIEW ade_report AS {OLD_REPORT}")


def _drop_columns_of_alerts() -> None:
    op.execute("DELETE FROM alert_outbox WHERE action = 'retract'")
    op.drop_index(op.f("ix_alert_outbox_tweet_id"), table_name="alert_outbox")
    for column in ("action", "revision", "reason", "retracted_at", "entry_id"):
        op.drop_column("alert_outbox", column)


def _drop_versions_from_keys() -> None:
    op.execute(
        """
        DELETE FROM predictions p USING predictions newer
        WHERE newer.tweet_id = p.tweet_id AND newer.bundle = p.bundle AND newer.version > p.version
        """
    )
    _drop_keys(MENTIONS_BY_VERSION, "uq_mentions_tweet_id_bundle_version_start_end")
    for table in ("predictions", "mentions"):
        op.drop_column(table, "version")
    op.execute(
        """
        UPDATE predictions SET topic = 'erased', partition = 0, "offset" = 0 WHERE topic IS NULL
        """
    )
    for column in ("topic", "partition", "offset"):
        op.alter_column("predictions", column, nullable=False)
    _create_keys(
        MENTIONS_BY_BUNDLE, "uq_mentions_tweet_id_bundle_start_end", ["tweet_id", "bundle"], onupdate=None
    )


def _drop_columns_of_posts() -> None:
    op.drop_index("ix_tweets_referenced_id", table_name="tweets")
    op.drop_index("ix_tweets_context", table_name="tweets")
    op.drop_index("ix_tweets_author_hash", table_name="tweets")
    op.drop_constraint(op.f("ck_tweets_kind_known"), "tweets", type_="check")
    for column in (
        "platform",
        "kind",
        "referenced_id",
        "url",
        "context",
        "edited_at",
        "version",
        "text_digests",
        "erased_at",
    ):
        op.drop_column("tweets", column)
