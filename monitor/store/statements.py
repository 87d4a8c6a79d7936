"""The SQL of a batch: one statement for each table, whatever the number of its rows.

Columns travel as arrays (`unnest`), so the text of a statement rarely changes and the server keeps its plan.
`ON CONFLICT` makes it harmless to run a statement twice, and `RETURNING` shows which rows were new.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Generic

from sqlalchemy import Column, LargeBinary, Row, Table, TextClause, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from monitor.records import Alert, Progress
from monitor.store import enrichment_tables, tables
from monitor.store.author_keys import AuthorKeys
from monitor.store.columns import (
    ALERT_COLUMNS,
    ALIAS_COLUMNS,
    COUNT_COLUMNS,
    DRUG_COLUMNS,
    DRUG_COUNT_COLUMNS,
    FACT_COLUMNS,
    MENTION_COLUMNS,
    PREDICTION_COLUMNS,
    PROGRESS_COLUMNS,
    TIME_COLUMNS,
    AliasRow,
    ColumnValues,
    DrugRow,
    FactRow,
    HourlyCount,
    HourlyDrugCount,
    MentionRow,
    PostRow,
    PredictionRow,
    Record,
    tweet_columns,
)

MANY_ROWS: Final = 32
"""Number of rows from which on equal columns are sent once. Few rows would make many different statements."""

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call] # SQLAlchemy annotates it in part


class Insert(Generic[Record]):
    """An INSERT of any number of rows.

    Args:
        table: where the rows go; in `then` its name is `t`.
        columns: the columns that differ from row to row.
        constants: columns that have the same value in every row.
        then: what follows the rows, from `ON CONFLICT` on.
    """

    def __init__(
        self, table: Table, columns: ColumnValues[Record], *, constants: Sequence[str] = (), then: str
    ) -> None:
        self._columns = columns
        self._table = table
        self._constants = constants
        self._then = then
        self._statements: dict[frozenset[str], TextClause] = {}
        self.statement = self._statement(frozenset())

    async def run(
        self, connection: AsyncConnection, rows: Sequence[Record], **parameters: object
    ) -> Sequence[Row[Any]]:
        """Insert `rows`, and return the rows of `RETURNING`. Without rows, nothing is sent.

        Args:
            parameters: the values of the constants, and those that `then` has.
        """
        if not rows:
            return []
        values: dict[str, Any] = {name: list(map(value, rows)) for name, value in self._columns.items()}
        equal = _equal_columns(values) if len(rows) >= MANY_ROWS else frozenset()
        for name in equal:
            values[name] = values[name][0]
        result = await connection.execute(self._statement(equal), {**values, **parameters})
        return result.all() if result.returns_rows else []

    def _statement(self, equal: frozenset[str]) -> TextClause:
        """Return the statement in which the columns `equal` have one value for all rows."""
        if equal not in self._statements:
            self._statements[equal] = _insert_statement(
                self._table, list(self._columns), self._constants, self._then, equal
            )
        return self._statements[equal]


def _equal_columns(values: Mapping[str, Sequence[Any]]) -> frozenset[str]:
    """Return the columns that have the same value in all rows: the driver needs long for an array.

    The first column is never among them, because it brings the number of the rows.
    """
    _, *others = values
    return frozenset(name for name in others if values[name].count(values[name][0]) == len(values[name]))


def _insert_statement(
    table: Table, names: list[str], constants: Sequence[str], then: str, equal: frozenset[str]
) -> TextClause:
    quote = _DIALECT.identifier_preparer.quote
    into = f"{table.name} AS t ({', '.join(map(quote, [*names, *constants]))})"
    values = [
        _value(table.c[name], f"CAST(:{name} AS {_type(table.c[name])})" if name in equal else quote(name))
        for name in names
    ]
    values += [f":{name}" for name in constants]
    different = [name for name in names if name not in equal]
    arrays = [f"CAST(:{name} AS {_type(table.c[name])}[])" for name in different]
    rows = f"unnest({', '.join(arrays)}) AS row ({', '.join(map(quote, different))})"
    return text(" ".join(["INSERT INTO", into, "SELECT", ", ".join(values), "FROM", rows, then]))


def _type(column: Column[Any]) -> str:
    """Return the type in which the values of a column travel."""
    sent_as_text = isinstance(column.type, JSONB | LargeBinary)
    return "TEXT" if sent_as_text else column.type.compile(dialect=_DIALECT)


def _value(column: Column[Any], value: str) -> str:
    if isinstance(column.type, LargeBinary):
        return f"decode({value}, 'hex')"  # the driver is slow with arrays of bytes
    return f"CAST({value} AS JSONB)" if isinstance(column.type, JSONB) else value


# It decides which posts are new: a table in months could not keep the ids of different months apart.
PUT_TIMES: Insert[PostRow] = Insert(
    tables.post_times, TIME_COLUMNS, then="ON CONFLICT (tweet_id) DO NOTHING RETURNING t.tweet_id"
)


def put_tweets(keys: AuthorKeys) -> Insert[PostRow]:
    """Return the INSERT of rows into `tweets`; their ids are new ones of `PUT_TIMES`."""
    return Insert(tables.tweets, tweet_columns(keys), then="ON CONFLICT DO NOTHING")


def change_tweets(keys: AuthorKeys) -> Insert[PostRow]:
    """Return the statement that changes known rows of `tweets`.

    A new version replaces the text and what belongs to it. The same version keeps what is stored, and what
    was not stored before is filled in.
    """
    of_version = ", ".join(
        f"{name} = CASE WHEN t.text_digests = excluded.text_digests THEN COALESCE(t.{name}, excluded.{name}) "
        f"ELSE excluded.{name} END"
        for name in ("text", "url", "context")
    )
    of_post = ", ".join(
        f"{name} = COALESCE(excluded.{name}, t.{name})"
        for name in ("lang", "author_hash", "author_key_id", "platform", "kind", "referenced_id")
    )
    return Insert(
        tables.tweets,
        tweet_columns(keys),
        then=f"ON CONFLICT (tweet_id, posted_at) DO UPDATE SET {of_version}, {of_post}, "
        "edited_at = excluded.edited_at, version = excluded.version, text_digests = excluded.text_digests",
    )


# Other workers that write these posts wait until this transaction has ended.
LOCK_KNOWN_TWEETS = text(
    "SELECT tweet_id, posted_at, text IS NOT NULL AS has_text, edited_at, text_digests, platform, "
    "EXISTS (SELECT FROM predictions AS p WHERE p.tweet_id = t.tweet_id AND p.posted_at = t.posted_at "
    "AND p.label = 'ADE') AS has_effect FROM post_times AS o JOIN tweets AS t USING (tweet_id, posted_at) "
    "WHERE o.tweet_id = ANY(CAST(:tweet_ids AS text[])) ORDER BY tweet_id FOR UPDATE OF t"
)

# A statement of its own: only one that starts after the lock sees what others wrote before.
KNOWN_PREDICTIONS = text(
    "SELECT DISTINCT ON (tweet_id) tweet_id, version, label "
    "FROM post_times AS o JOIN predictions USING (tweet_id, posted_at) "
    "WHERE bundle = :bundle AND o.tweet_id = ANY(CAST(:tweet_ids AS text[])) "
    "ORDER BY tweet_id, version DESC"
)

PUT_ALIASES: Insert[AliasRow] = Insert(
    tables.post_aliases, ALIAS_COLUMNS, then="ON CONFLICT (alias) DO NOTHING RETURNING t.alias"
)

PUT_PREDICTIONS: Insert[PredictionRow] = Insert(
    tables.predictions,
    PREDICTION_COLUMNS,
    constants=["bundle"],
    then="ON CONFLICT DO NOTHING RETURNING t.tweet_id, t.version",
)

PUT_MENTIONS: Insert[MentionRow] = Insert(
    tables.mentions, MENTION_COLUMNS, constants=["bundle"], then="ON CONFLICT DO NOTHING RETURNING t.id"
)

PUT_DRUGS: Insert[DrugRow] = Insert(enrichment_tables.post_drugs, DRUG_COLUMNS, then="ON CONFLICT DO NOTHING")

PUT_FACTS: Insert[FactRow] = Insert(enrichment_tables.post_facts, FACT_COLUMNS, then="ON CONFLICT DO NOTHING")

# If an alert that is in the stream changes, the relay removes its entry. Alerts from before migration 0003
# have no id of their entry, only the time: it is the first part of that id.
ENTRY_OF_CHANGED_ALERT = (
    "entry_id = COALESCE(t.entry_id, CAST(CAST(1000 * EXTRACT(epoch FROM t.published_at) AS bigint) AS text))"
)

# An alert that was retracted comes back if the effect is found again. Those of edited posts get the new text.
PUT_ALERTS: Insert[Alert] = Insert(
    tables.alert_outbox,
    ALERT_COLUMNS,
    then="ON CONFLICT (alert_id) DO UPDATE SET tweet_id = excluded.tweet_id, payload = excluded.payload, "
    "action = 'publish', revision = t.revision + 1, reason = NULL, retracted_at = NULL, "
    f"{ENTRY_OF_CHANGED_ALERT}, published_at = NULL "
    "WHERE t.action = 'retract' OR t.tweet_id = ANY(CAST(:edited AS text[])) "
    "RETURNING t.revision",
)

RETRACT_ALERTS_OF_EDITED = text(
    "UPDATE alert_outbox AS t SET payload = CAST('{}' AS jsonb), action = 'retract', "  # noqa: S608
    "revision = t.revision + 1, reason = 'edited', retracted_at = now(), "
    f"{ENTRY_OF_CHANGED_ALERT}, published_at = NULL "
    "WHERE t.tweet_id = ANY(CAST(:edited AS text[])) AND t.action = 'publish' "
    "AND NOT t.alert_id = ANY(CAST(:kept AS text[]))"
)

ADD_COUNTS: Insert[HourlyCount] = Insert(
    tables.hourly_counts,
    COUNT_COLUMNS,
    constants=["bundle"],
    then="ON CONFLICT (hour, bundle) DO UPDATE "
    "SET seen = t.seen + excluded.seen, positive = t.positive + excluded.positive",
)

ADD_DRUG_COUNTS: Insert[HourlyDrugCount] = Insert(
    enrichment_tables.hourly_drug_counts,
    DRUG_COUNT_COLUMNS,
    constants=["bundle"],
    then="ON CONFLICT (hour, bundle, drug) DO UPDATE "
    "SET seen = t.seen + excluded.seen, positive = t.positive + excluded.positive",
)

# For posts that were counted before, so the rows are there, unless somebody removed them. (An INSERT would
# break a CHECK with these numbers before it finds the row that it adds to.)
CORRECT_COUNTS = text(
    "UPDATE hourly_counts AS t SET positive = t.positive + row.positive "
    "FROM unnest(CAST(:hour AS timestamptz[]), CAST(:positive AS bigint[])) AS row (hour, positive) "
    "WHERE t.hour = row.hour AND t.bundle = :bundle AND t.seen > 0"
)

# For edits of posts without rows, whose first versions were counted. If one never came, its edit counts.
ADD_EDITED_COUNTS: Insert[HourlyCount] = Insert(
    tables.hourly_counts,
    COUNT_COLUMNS,
    constants=["bundle"],
    then="ON CONFLICT (hour, bundle) DO UPDATE SET positive = t.positive + excluded.positive, "
    "seen = GREATEST(t.seen, t.positive + excluded.positive)",
)

PUT_PROGRESS: Insert[Progress] = Insert(
    tables.progress,
    PROGRESS_COLUMNS,
    constants=["consumer_group", "bundle"],
    then="ON CONFLICT (consumer_group, topic, partition) DO UPDATE "
    "SET next_offset = excluded.next_offset, bundle = excluded.bundle, topic_id = excluded.topic_id, "
    "updated_at = now()",
)

# `pg_advisory_xact_lock` of deletions, `…_shared` of batches: a deletion waits for the batches that are being
# written, and those that come after it see its tombstones. So no post can slip in between.
_DELETIONS = 0x6164652D64656C
LOCK_FOR_WRITING = text(f"SELECT pg_advisory_xact_lock_shared({_DELETIONS})")
LOCK_FOR_DELETING = text(f"SELECT pg_advisory_xact_lock({_DELETIONS})")

# Most databases have few aliases, and new ones no tombstones: then nothing needs to be looked up. ORDER BY
# uses the index, because a table can start with many pages of rows that were deleted.
HAS_NAMES = text(
    "SELECT (SELECT subject FROM tombstones ORDER BY subject LIMIT 1) IS NOT NULL AS tombstones, "
    "(SELECT alias FROM post_aliases ORDER BY alias LIMIT 1) IS NOT NULL AS aliases"
)
FIND_ALIASES = text("SELECT alias, tweet_id FROM post_aliases WHERE alias = ANY(CAST(:ids AS text[]))")
FIND_TWEETS = text("SELECT tweet_id FROM post_times WHERE tweet_id = ANY(CAST(:ids AS text[]))")
