"""The tables of the ADE database. `docs/database.md` explains every column, with its unit.

`migrations/` builds them, and a test checks that both agree. Posts, their predictions, mentions, drugs and
facts lie in one partition for each month (`months.py`). Rows of a month refer to each other in one direction,
tweets ← predictions ← mentions, and rows of other tables refer to `post_times`. If a post becomes anonymous,
its new `tweet_id` reaches all of them.
"""

from __future__ import annotations

from sqlalchemy import (
    TIMESTAMP,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import INT8MULTIRANGE, JSONB

from monitor.word_search import SEPARATORS

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

# Every time is a point in time, not the time of a wall clock: timestamptz, in any time zone of the session.
Instant = TIMESTAMP(timezone=True)

# Separators are removed before PostgreSQL's parser sees the text. Otherwise "zoloft/xanax" would be one word
# (a path), and so would "zoloft.Now" (a host) and "zoloft😭". Queries must repeat this expression exactly to
# use the index.
WORDS = f"to_tsvector('simple', regexp_replace({{text}}, '{SEPARATORS}+', ' ', 'g'))"

BY_MONTH = "RANGE (posted_at)"
"""Tables of which each month has a partition. Foreign keys between partitions are not those of the tables."""

tweets = Table(
    "tweets",
    metadata,
    Column("tweet_id", Text, primary_key=True),
    Column("posted_at", Instant, primary_key=True),
    Column("first_seen_at", Instant, nullable=False, server_default=func.now()),
    Column("lang", Text),
    Column("text", Text),
    Column("author_hash", Text),
    Column("platform", Text),
    Column("kind", Text, nullable=False, server_default="original"),
    Column("referenced_id", Text),
    Column("url", Text),
    Column("context", JSONB),
    Column("edited_at", Instant),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("text_digests", LargeBinary, nullable=False, server_default=text("''::bytea")),
    Column("erased_at", Instant),
    Column("author_key_id", Text),
    CheckConstraint("kind IN ('original', 'repost', 'quote', 'reply')", name="kind_known"),
    Index("ix_tweets_author_hash", "author_hash", postgresql_where=text("author_hash IS NOT NULL")),
    Index("ix_tweets_referenced_id", "referenced_id", postgresql_where=text("referenced_id IS NOT NULL")),
    Index(
        "ix_tweets_context",
        "context",
        postgresql_using="gin",
        postgresql_ops={"context": "jsonb_path_ops"},
        postgresql_where=text("context IS NOT NULL"),
    ),
    Index("ix_tweets_posted_at_tweet_id", text("posted_at DESC"), text("tweet_id DESC")),
    Index("ix_tweets_words", text(WORDS.format(text="text")), postgresql_using="gin"),
    postgresql_partition_by=BY_MONTH,
)

post_times = Table(
    "post_times",
    metadata,
    Column("tweet_id", Text, primary_key=True),
    Column("posted_at", Instant, nullable=False, index=True),
)

post_aliases = Table(
    "post_aliases",
    metadata,
    Column("alias", Text, primary_key=True),
    Column(
        "tweet_id",
        Text,
        ForeignKey("post_times.tweet_id", ondelete="CASCADE", onupdate="CASCADE"),
        nullable=False,
        index=True,
    ),
)

predictions = Table(
    "predictions",
    metadata,
    Column("tweet_id", Text, primary_key=True),
    Column("bundle", Text, primary_key=True),
    Column("version", Integer, primary_key=True, server_default="1", autoincrement=False),
    Column("posted_at", Instant, primary_key=True),
    Column("label", Text, nullable=False),
    Column("probability", Double, nullable=False),
    Column("predicted_at", Instant, nullable=False, server_default=func.now()),
    # The place of the message is NULL once the post was erased.
    Column("topic", Text),
    Column("partition", Integer),
    Column("offset", BigInteger),
    Column("first_probability", Double),
    Column("second_probability", Double),
    Column("inclusion", Double, nullable=False, server_default="1"),
    CheckConstraint("label IN ('ADE', 'NoADE')", name="label_known"),
    CheckConstraint("probability BETWEEN 0 AND 1", name="probability_range"),
    CheckConstraint("first_probability BETWEEN 0 AND 1", name="first_probability_range"),
    CheckConstraint("second_probability BETWEEN 0 AND 1", name="second_probability_range"),
    CheckConstraint("inclusion > 0 AND inclusion <= 1", name="inclusion_range"),
    Index(None, "bundle"),
    postgresql_partition_by=BY_MONTH,
)

mentions = Table(
    "mentions",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("posted_at", Instant, primary_key=True),
    Column("tweet_id", Text, nullable=False),
    Column("bundle", Text, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("score", Double, nullable=False),
    Column("ptid", Text),
    Column("pt_name", Text),
    Column("pt_score", Double),
    Column("runners_up", JSONB, nullable=False, server_default=text("'[]'::jsonb")),
    Column("drug", Text),
    Column("drug_text", Text),
    Column("drug_atc", Text),
    Column("drug_score", Double),
    Column("drug_place", Text),
    Column("case_id", Text),
    Column("tags", JSONB, nullable=False, server_default=text("'[]'::jsonb")),
    UniqueConstraint("tweet_id", "bundle", "version", "start", "end", "posted_at"),
    CheckConstraint('0 <= start AND start < "end"', name="span_order"),
    CheckConstraint("score BETWEEN 0 AND 1", name="score_range"),
    CheckConstraint("pt_score BETWEEN 0 AND 1", name="pt_score_range"),
    CheckConstraint("drug_score BETWEEN 0 AND 1", name="drug_score_range"),
    Index(None, "ptid"),
    Index("ix_mentions_pt_name_lower", text("lower(pt_name)")),
    Index(
        "ix_mentions_ingredients",
        text("string_to_array(drug, ' + ')"),
        postgresql_using="gin",
        postgresql_where=text("drug IS NOT NULL"),
    ),
    Index(
        "ix_mentions_drug_atc",
        "drug_atc",
        postgresql_ops={"drug_atc": "text_pattern_ops"},
        postgresql_where=text("drug_atc IS NOT NULL"),
    ),
    Index("ix_mentions_case_id", "case_id", postgresql_where=text("case_id IS NOT NULL")),
    postgresql_partition_by=BY_MONTH,
)

author_keys = Table(
    "author_keys",
    metadata,
    Column("key_id", Text, primary_key=True),
    Column("first_used_at", Instant, nullable=False, server_default=func.now()),
)

alert_outbox = Table(
    "alert_outbox",
    metadata,
    Column("alert_id", Text, primary_key=True),
    Column("seq", BigInteger, Identity(always=True), nullable=False, unique=True),
    Column("tweet_id", Text, nullable=False),
    Column("payload", JSONB, nullable=False),
    Column("created_at", Instant, nullable=False, server_default=func.now()),
    Column("published_at", Instant),
    Column("action", Text, nullable=False, server_default="publish"),
    Column("revision", Integer, nullable=False, server_default="1"),
    Column("reason", Text),
    Column("retracted_at", Instant),
    Column("entry_id", Text),
    CheckConstraint("action IN ('publish', 'retract')", name="action_known"),
    CheckConstraint(
        "action = 'publish' OR (reason IS NOT NULL AND retracted_at IS NOT NULL)", name="retraction_complete"
    ),
    Index("ix_alert_outbox_pending", "seq", postgresql_where=text("published_at IS NULL")),
    Index(None, "tweet_id"),
)

hourly_counts = Table(
    "hourly_counts",
    metadata,
    Column("hour", Instant, primary_key=True),
    Column("bundle", Text, primary_key=True),
    Column("seen", BigInteger, nullable=False),
    Column("positive", BigInteger, nullable=False),
    CheckConstraint("0 <= positive AND positive <= seen", name="positive_within_seen"),
)

skipped_languages = Table(
    "skipped_languages",
    metadata,
    Column("hour", Instant, primary_key=True),
    Column("consumer_group", Text, primary_key=True),
    Column("lang", Text, primary_key=True),
    Column("skipped", BigInteger, nullable=False),
    CheckConstraint("skipped > 0", name="skipped_positive"),
)

counted_offsets = Table(
    "counted_offsets",
    metadata,
    Column("topic", Text, primary_key=True),
    # Empty if the topic's id is not known.
    Column("topic_id", Text, primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("counter", Text, primary_key=True),
    Column("offsets", INT8MULTIRANGE, nullable=False),
    CheckConstraint("kind IN ('scored', 'skipped')", name="kind_known"),
)

tombstones = Table(
    "tombstones",
    metadata,
    Column("subject", LargeBinary, primary_key=True),
    Column("event", Text, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("event_id", BigInteger, nullable=False, index=True),
)

compliance_events = Table(
    "compliance_events",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("event", Text, nullable=False),
    Column("subject", LargeBinary, nullable=False),
    Column("source", Text, nullable=False),
    Column("reason", Text),
    Column("event_at", Instant),
    Column("received_at", Instant, nullable=False),
    Column("done_at", Instant),
    Column("letters_done_at", Instant),
    Column("left_out_at", Instant),
    Column("touched", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("unmatched", Boolean, nullable=False, server_default=text("false")),
    UniqueConstraint("source", "event", "subject"),
    Index("ix_compliance_events_letters_pending", "id", postgresql_where=text("letters_done_at IS NULL")),
    Index("ix_compliance_events_touched", "id", postgresql_where=text("touched <> '{}'::jsonb")),
    Index(
        "ix_compliance_events_without_match",
        "done_at",
        postgresql_where=text("touched = '{}'::jsonb AND left_out_at IS NULL"),
    ),
)

expired_events = Table(
    "expired_events",
    metadata,
    Column("day", Instant, primary_key=True),
    Column("event", Text, primary_key=True),
    Column("events", BigInteger, nullable=False),
    Column("unmatched", BigInteger, nullable=False),
    Column("late", BigInteger, nullable=False),
    Column("slowest_since_event", Double),
    Column("slowest_since_arrival", Double),
)

progress = Table(
    "progress",
    metadata,
    Column("consumer_group", Text, primary_key=True),
    Column("topic", Text, primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("next_offset", BigInteger, nullable=False),
    Column("bundle", Text, nullable=False),
    Column("updated_at", Instant, nullable=False, server_default=func.now()),
    Column("topic_id", Text),
)
