"""The SQL of a batch: one statement for each table, whatever the number of its rows.

Columns travel as arrays (`unnest`), so the text of a statement never changes and the server keeps its plan.
`ON CONFLICT` makes it harmless to run a statement twice, and `RETURNING` shows which rows were new.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic

from sqlalchemy import Column, Row, Table, TextClause, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from monitor.records import Alert, Progress, ScoredPost
from monitor.store import tables
from monitor.store.columns import (
    ALERT_COLUMNS,
    COUNT_COLUMNS,
    MENTION_COLUMNS,
    PREDICTION_COLUMNS,
    PROGRESS_COLUMNS,
    ColumnValues,
    HourlyCount,
    MentionRow,
    Record,
    tweet_columns,
)

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
        self.statement = _insert_statement(table, list(columns), constants, then)

    async def run(
        self, connection: AsyncConnection, rows: Sequence[Record], **constants: object
    ) -> Sequence[Row[Any]]:
        """Insert `rows`, and return the rows of `RETURNING`. Without rows, nothing is sent."""
        if not rows:
            return []
        values = {name: list(map(value, rows)) for name, value in self._columns.items()}
        result = await connection.execute(self.statement, {**values, **constants})
        return result.all() if result.returns_rows else []


def _insert_statement(table: Table, names: list[str], constants: Sequence[str], then: str) -> TextClause:
    quote = _DIALECT.identifier_preparer.quote
    columns = [table.c[name] for name in names]
    arrays = [f"CAST(:{column.name} AS {_array_type(column)})" for column in columns]
    into = f"{table.name} AS t ({', '.join(map(quote, [*names, *constants]))})"
    values = [
        *(_value(column, quote(column.name)) for column in columns),
        *(f":{name}" for name in constants),
    ]
    rows = f"unnest({', '.join(arrays)}) AS row ({', '.join(map(quote, names))})"
    return text(" ".join(["INSERT INTO", into, "SELECT", ", ".join(values), "FROM", rows, then]))


def _array_type(column: Column[Any]) -> str:
    element = "TEXT" if isinstance(column.type, JSONB) else column.type.compile(dialect=_DIALECT)
    return f"{element}[]"


def _value(column: Column[Any], name: str) -> str:
    return f"CAST({name} AS JSONB)" if isinstance(column.type, JSONB) else name


def put_tweets(author_key: bytes | None) -> Insert[ScoredPost]:
    """Return the INSERT into `tweets`.

    A known tweet keeps what is stored; only a text that was not stored before is filled in.
    """
    return Insert(
        tables.tweets,
        tweet_columns(author_key),
        then="ON CONFLICT (tweet_id) DO UPDATE SET text = excluded.text "
        "WHERE t.text IS NULL AND excluded.text IS NOT NULL "
        "RETURNING t.tweet_id, t.posted_at",
    )


KNOWN_TWEETS = text(
    "SELECT tweet_id, posted_at, text FROM tweets WHERE tweet_id = ANY(CAST(:tweet_id AS text[]))"
)

PUT_PREDICTIONS: Insert[ScoredPost] = Insert(
    tables.predictions,
    PREDICTION_COLUMNS,
    constants=["bundle"],
    then="ON CONFLICT DO NOTHING RETURNING t.tweet_id",
)

PUT_MENTIONS: Insert[MentionRow] = Insert(
    tables.mentions, MENTION_COLUMNS, constants=["bundle"], then="ON CONFLICT DO NOTHING RETURNING t.id"
)

PUT_ALERTS: Insert[Alert] = Insert(
    tables.alert_outbox, ALERT_COLUMNS, then="ON CONFLICT DO NOTHING RETURNING t.alert_id"
)

ADD_COUNTS: Insert[HourlyCount] = Insert(
    tables.hourly_counts,
    COUNT_COLUMNS,
    constants=["bundle"],
    then="ON CONFLICT (hour, bundle) DO UPDATE "
    "SET seen = t.seen + excluded.seen, positive = t.positive + excluded.positive",
)

PUT_PROGRESS: Insert[Progress] = Insert(
    tables.progress,
    PROGRESS_COLUMNS,
    constants=["consumer_group", "bundle"],
    then="ON CONFLICT (consumer_group, topic, partition) DO UPDATE "
    "SET next_offset = excluded.next_offset, bundle = excluded.bundle, updated_at = now()",
)
