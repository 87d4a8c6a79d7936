"""The tables of the review: samples, items, leases and verdicts.

`docs/database.md` explains every column. None of these tables holds a text. Verdicts are a history: rows are
added and never changed, and their reviewer is the login of the session.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from monitor.store.tables import Instant
from monitor.store.tables import metadata as metadata

_LOGIN = text("session_user")

review_samples = Table(
    "review_samples",
    metadata,
    Column("sample_id", BigInteger, Identity(always=True), primary_key=True),
    Column("strategy", Text, nullable=False),
    Column("since", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("options", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("drawn_at", Instant, nullable=False, server_default=func.now()),
    Column("drawn_by", Text, nullable=False, server_default=_LOGIN),
    UniqueConstraint("strategy", "since", "until", "seed"),
    CheckConstraint("since < until", name="window_order"),
    CheckConstraint(
        "strategy IN ('random', 'active', 'uncertain', 'serious', 'unlisted')", name="strategy_known"
    ),
)

review_strata = Table(
    "review_strata",
    metadata,
    Column(
        "sample_id",
        BigInteger,
        ForeignKey("review_samples.sample_id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("stratum", Integer, primary_key=True, autoincrement=False),
    Column("label", Text, nullable=False),
    Column("band", Text, nullable=False),
    Column("drug", Text, nullable=False),
    Column("lang", Text, nullable=False),
    Column("stored", BigInteger, nullable=False),
    Column("size", Double, nullable=False),
    Column("drawn", Integer, nullable=False),
    CheckConstraint("0 <= drawn AND drawn <= stored", name="drawn_within_stored"),
)

review_items = Table(
    "review_items",
    metadata,
    Column("item_id", BigInteger, Identity(always=True), primary_key=True),
    # Without a post once retention has removed it: the verdict still counts in its stratum.
    Column("tweet_id", Text, ForeignKey("post_times.tweet_id", ondelete="SET NULL", onupdate="CASCADE")),
    Column("bundle", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("start", Integer),
    Column("end", Integer),
    Column("label", Text, nullable=False),
    Column("probability", Double, nullable=False),
    Column("score", Double),
    Column("ptid", Text),
    Column("pt_name", Text),
    Column("pt_score", Double),
    Column("drug", Text),
    Column("reasons", JSONB, nullable=False, server_default=text("'[]'::jsonb")),
    Column("priority", Integer, nullable=False, server_default="0"),
    Column("needed", Integer, nullable=False, server_default="1"),
    Column("state", Text, nullable=False, server_default="open"),
    Column("outcome", Text),
    Column("outcome_id", BigInteger),
    Column("decided_at", Instant),
    Column("added_at", Instant, nullable=False, server_default=func.now()),
    CheckConstraint('(start IS NULL AND "end" IS NULL) OR (0 <= start AND start < "end")', name="span_order"),
    CheckConstraint("label IN ('ADE', 'NoADE')", name="label_known"),
    CheckConstraint("state IN ('open', 'disputed', 'done')", name="state_known"),
    CheckConstraint("(state = 'done') = (outcome IS NOT NULL)", name="outcome_when_done"),
    CheckConstraint("needed BETWEEN 1 AND 2", name="needed_range"),
    # A whole post has no span, and is one item, too.
    Index(
        "uq_review_items_mention",
        "tweet_id",
        "bundle",
        "version",
        "start",
        "end",
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=text("tweet_id IS NOT NULL"),
    ),
    Index(
        "ix_review_items_waiting",
        text("priority DESC"),
        "item_id",
        postgresql_where=text("state <> 'done'"),
    ),
    Index(None, "outcome", "decided_at"),
)

review_sample_items = Table(
    "review_sample_items",
    metadata,
    Column("sample_id", BigInteger, primary_key=True, autoincrement=False),
    Column(
        "item_id",
        BigInteger,
        ForeignKey("review_items.item_id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        index=True,
    ),
    Column("stratum", Integer, nullable=False),
    Column("post", Integer, nullable=False),
    Column("inclusion", Double),
    ForeignKeyConstraint(
        ["sample_id", "stratum"], ["review_strata.sample_id", "review_strata.stratum"], ondelete="CASCADE"
    ),
    CheckConstraint("0 < inclusion AND inclusion <= 1", name="inclusion_range"),
)

review_leases = Table(
    "review_leases",
    metadata,
    Column(
        "item_id",
        BigInteger,
        ForeignKey("review_items.item_id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("reviewer", Text, primary_key=True, server_default=_LOGIN),
    Column("leased_at", Instant, nullable=False, server_default=func.now()),
    Column("leased_until", Instant, nullable=False),
)

review_verdicts = Table(
    "review_verdicts",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column(
        "item_id",
        BigInteger,
        ForeignKey("review_items.item_id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("at", Instant, nullable=False, server_default=func.clock_timestamp()),
    Column("reviewer", Text, nullable=False, server_default=_LOGIN),
    Column("role", Text, nullable=False, server_default="reviewer"),
    Column("decision", Text),
    Column("right_start", Integer),
    Column("right_end", Integer),
    Column("right_ptid", Text),
    Column("right_pt_name", Text),
    Column("right_drug", Text),
    Column("seconds", Double),
    Column("undoes", BigInteger, ForeignKey("review_verdicts.id", ondelete="CASCADE"), unique=True),
    CheckConstraint("(decision IS NULL) = (undoes IS NOT NULL)", name="verdict_or_undo"),
    CheckConstraint("role IN ('reviewer', 'adjudicator')", name="role_known"),
    CheckConstraint(
        "decision IN ('correct', 'not-an-ade', 'wrong-span', 'wrong-pt', 'wrong-drug', 'missed-ade', "
        "'cannot-tell')",
        name="decision_known",
    ),
    CheckConstraint(
        "(right_start IS NULL AND right_end IS NULL) OR (0 <= right_start AND right_start < right_end)",
        name="right_span_order",
    ),
    CheckConstraint("seconds >= 0", name="seconds_range"),
    Index(None, "reviewer", "at"),
)
