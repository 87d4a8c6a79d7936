"""The tables of the enrichment: drugs, facts, copies and cases of posts, terminology, product labels, rules.

`tables` has those that every batch writes, and the columns that the enrichment adds to `mentions`.
`docs/database.md` explains every column.
"""

from __future__ import annotations

from sqlalchemy import (
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
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from monitor.store.tables import BY_MONTH, Instant
from monitor.store.tables import metadata as metadata


def _post(*, primary_key: bool = False) -> Column[str]:
    """Return the column of the post that a row belongs to: the row goes, and is renamed, with the post."""
    return Column(
        "tweet_id",
        Text,
        ForeignKey("post_times.tweet_id", ondelete="CASCADE", onupdate="CASCADE"),
        nullable=False,
        primary_key=primary_key,
    )


post_drugs = Table(
    "post_drugs",
    metadata,
    Column("tweet_id", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    # 0 is the post itself, n the n-th part of its context.
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("start", Integer, primary_key=True, autoincrement=False),
    Column("end", Integer, primary_key=True, autoincrement=False),
    Column("drug", Text, primary_key=True),
    Column("text", Text, nullable=False),
    Column("atc", Text),
    Column("naming", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("posted_at", Instant, primary_key=True),
    CheckConstraint('0 <= start AND start < "end"', name="span_order"),
    Index(None, "drug"),
    postgresql_partition_by=BY_MONTH,
)

hourly_drug_counts = Table(
    "hourly_drug_counts",
    metadata,
    Column("hour", Instant, primary_key=True),
    Column("bundle", Text, primary_key=True),
    Column("drug", Text, primary_key=True),
    Column("seen", BigInteger, nullable=False),
    Column("positive", BigInteger, nullable=False),
    CheckConstraint("0 <= positive AND positive <= seen", name="positive_within_seen"),
)

hourly_effect_counts = Table(
    "hourly_effect_counts",
    metadata,
    Column("hour", Instant, primary_key=True),
    Column("bundle", Text, primary_key=True),
    # Empty for effects without a drug, without a code, or of posts without a platform: a key has no NULL.
    Column("drug", Text, primary_key=True),
    Column("ptid", Text, primary_key=True),
    Column("platform", Text, primary_key=True),
    Column("posts", BigInteger, nullable=False),
    CheckConstraint("posts >= 0", name="posts_not_negative"),
    Index(None, "drug", "ptid", "hour"),
    Index(None, "ptid", "hour"),
)

post_facts = Table(
    "post_facts",
    metadata,
    Column("tweet_id", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("kind", Text, primary_key=True),
    Column("start", Integer, primary_key=True, autoincrement=False),
    Column("end", Integer, primary_key=True, autoincrement=False),
    Column("text", Text, nullable=False),
    Column("value", Text),
    Column("posted_at", Instant, primary_key=True),
    CheckConstraint('0 <= start AND start < "end"', name="span_order"),
    postgresql_partition_by=BY_MONTH,
)

post_copies = Table(
    "post_copies",
    metadata,
    _post(primary_key=True),
    Column("first_id", Text, nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("similarity", Double, nullable=False),
    Column("found_at", Instant, nullable=False, server_default=func.now(), index=True),
    CheckConstraint("kind IN ('repost', 'exact', 'near')", name="kind_known"),
    CheckConstraint("similarity BETWEEN 0 AND 1", name="similarity_range"),
)

copy_keys = Table(
    "copy_keys",
    metadata,
    Column("key", LargeBinary, primary_key=True),
    Column("first_id", Text, nullable=False, index=True),
    Column("seen_at", Instant, nullable=False, index=True),
)

cases = Table(
    "cases",
    metadata,
    Column("case_id", Text, primary_key=True),
    Column("drug", Text),
    Column("effect", Text, nullable=False),
    Column("ptid", Text),
    Column("pt_name", Text),
    Column("first_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
    Column("opened_at", Instant, nullable=False, server_default=func.now()),
    Column("status", Text, nullable=False, server_default="new"),
    Column("owner", Text),
    Column("due_at", Instant),
    Column("changed_at", Instant, nullable=False, server_default=func.now()),
    CheckConstraint("status IN ('new', 'open', 'closed', 'not-a-case')", name="status_known"),
    Index(None, "effect", "drug"),
    Index(None, "ptid"),
    Index("ix_cases_pt_name_lower", text("lower(pt_name)")),
    Index("ix_cases_owner", "owner", postgresql_where=text("owner IS NOT NULL")),
    Index("ix_cases_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    Index("ix_cases_last_at_case_id", text("last_at DESC"), text("case_id DESC")),
    Index(None, "first_at"),
)

case_posts = Table(
    "case_posts",
    metadata,
    Column(
        "case_id", Text, ForeignKey("cases.case_id", ondelete="CASCADE"), primary_key=True, nullable=False
    ),
    _post(primary_key=True),
    Column("role", Text, nullable=False),
    Column("missing", JSONB, nullable=False, server_default=text("'[]'::jsonb")),
    Column("added_at", Instant, nullable=False, server_default=func.now()),
    CheckConstraint("role IN ('report', 'follow-up', 'thread')", name="role_known"),
    Index(None, "tweet_id"),
)

seen_pairs = Table(
    "seen_pairs",
    metadata,
    Column("drug", Text, primary_key=True),
    Column("effect", Text, primary_key=True),
    Column("first_at", Instant, nullable=False),
)

case_events = Table(
    "case_events",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("case_id", Text, ForeignKey("cases.case_id", ondelete="CASCADE"), nullable=False, index=True),
    Column("at", Instant, nullable=False, server_default=func.now()),
    Column("actor", Text, nullable=False),
    Column("change", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("note", Text),
)

terminology_releases = Table(
    "terminology_releases",
    metadata,
    Column("release", Text, primary_key=True),
    Column("imported_at", Instant, nullable=False, server_default=func.now()),
    Column("content", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
)

pt_groups = Table(
    "pt_groups",
    metadata,
    Column("ptid", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("code", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("category", Text),
    Column("weight", Integer),
    Index(None, "kind", "code"),
)

recoded_mentions = Table(
    "recoded_mentions",
    metadata,
    # It goes with the mention: a trigger sees to that, since mentions lie in partitions.
    Column("mention_id", BigInteger, primary_key=True, autoincrement=False),
    Column("release", Text, primary_key=True),
    Column("bundle", Text, nullable=False),
    Column("ptid", Text),
    Column("pt_name", Text),
    Column("pt_score", Double),
    Column("coded_at", Instant, nullable=False, server_default=func.now()),
    Index(None, "release", "ptid"),
)

drug_labels = Table(
    "drug_labels",
    metadata,
    Column("label_id", Text, primary_key=True),
    Column("drug", Text, nullable=False, index=True),
    Column("source", Text, nullable=False),
    Column("title", Text),
    Column("version", Text),
    Column("imported_at", Instant, nullable=False, server_default=func.now()),
)

listed_effects = Table(
    "listed_effects",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column(
        "label_id", Text, ForeignKey("drug_labels.label_id", ondelete="CASCADE"), nullable=False, index=True
    ),
    Column("drug", Text, nullable=False),
    Column("ptid", Text, nullable=False),
    Column("pt_name", Text, nullable=False),
    Column("section", Text),
    Column("sentence", Text),
    Column("start", Integer),
    Column("end", Integer),
    Column("fatal", Boolean, nullable=False, server_default=text("false")),
    Index(None, "drug", "ptid"),
)

alert_cooldowns = Table(
    "alert_cooldowns",
    metadata,
    Column("key", Text, primary_key=True),
    Column("until", Instant, nullable=False, index=True),
)
