"""The steps of a batch's transaction, always in the same order, so that workers cannot block each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, TextClause
from sqlalchemy.ext.asyncio import AsyncConnection

from monitor.records import Alert, Progress, ScoredTweet
from monitor.store import columns
from monitor.store import statements as sql


@dataclass(frozen=True, slots=True)
class Written:
    """What a batch added to the database: numbers of rows that were not there before."""

    new_predictions: int
    new_mentions: int
    new_alerts: int


async def put_batch(
    connection: AsyncConnection,
    tweets: Sequence[ScoredTweet],
    *,
    bundle: str,
    alerts: Sequence[Alert],
    progress: Sequence[Progress],
    group: str,
    author_key: bytes | None,
) -> Written:
    """Write a batch inside the caller's transaction.

    Args:
        tweets: each once, ordered by id, as `rows.each_once` gives them.
    """
    posted_at, accepted = await _put_tweets(connection, tweets, author_key)
    found = await _put(connection, sql.PUT_PREDICTIONS, columns.prediction_columns(accepted), bundle=bundle)
    new_ids = {row.tweet_id for row in found}
    new = [row for row in accepted if row.received.tweet.id in new_ids]
    mentions = await _put(connection, sql.PUT_MENTIONS, columns.mention_columns(new), bundle=bundle)

    # Whoever first recorded the judgement raised its alerts, in the same transaction.
    told = {row.received.tweet.id for row in tweets} - new_ids
    due = [alert for alert in alerts if alert.tweet_id not in told]
    raised = await _put(connection, sql.PUT_ALERTS, columns.alert_columns(due))

    await _put(connection, sql.PUT_PROGRESS, columns.progress_columns(progress), bundle=bundle, group=group)
    # Last, because all workers meet at the row of the present hour and wait there for each other's commit.
    await _put(connection, sql.ADD_COUNTS, columns.count_columns(new, posted_at), bundle=bundle)
    return Written(len(new), len(mentions), len(raised))


async def _put_tweets(
    connection: AsyncConnection, tweets: Sequence[ScoredTweet], author_key: bytes | None
) -> tuple[dict[str, datetime], list[ScoredTweet]]:
    """Insert what is new, and hold it against what is on record.

    Returns:
        When each tweet was posted as the database has it, and the tweets without those whose recorded text
        is another one: the offsets of their mentions would not fit it.
    """
    put = await _put(connection, sql.PUT_TWEETS, columns.tweet_columns(tweets, author_key))
    posted_at: dict[str, datetime] = {row.tweet_id: row.posted_at for row in put}
    known = [row.received.tweet.id for row in tweets if row.received.tweet.id not in posted_at]
    recorded = await _put(connection, sql.KNOWN_TWEETS, {"tweet_id": known})
    posted_at |= {row.tweet_id: row.posted_at for row in recorded}
    texts: dict[str, str | None] = {row.tweet_id: row.text for row in recorded}
    return posted_at, [row for row in tweets if not _is_edit(row, texts)]


def _is_edit(row: ScoredTweet, texts: dict[str, str | None]) -> bool:
    recorded = texts.get(row.received.tweet.id)
    return columns.is_positive(row) and recorded is not None and recorded != row.received.tweet.text


async def _put(
    connection: AsyncConnection, statement: TextClause, columns: columns.Columns, **values: Any
) -> Sequence[Row[Any]]:
    """Run a statement over columns, and give the rows it returns; without rows there is nothing to run."""
    if not next(iter(columns.values())):
        return []
    result = await connection.execute(statement, {**columns, **values})
    return result.all() if result.returns_rows else []
