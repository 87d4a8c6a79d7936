"""The database as the worker uses it: a batch is one transaction, written as a whole or not at all.

The steps of a transaction always have the same order, and rows are in the order of their tweets' ids. So
workers that write the same tweets at the same time wait for each other instead of blocking each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from monitor.records import Alert, Progress, ScoredPost
from monitor.settings import Settings
from monitor.store import statements as sql
from monitor.store.columns import HourlyCount, is_positive, mention_rows
from monitor.store.connections import async_engine
from monitor.store.driver_errors import translate_driver_errors
from monitor.store.revisions import read_revision, required_revision, revision_error

RaiseAlerts = Callable[[Sequence[ScoredPost]], Sequence[Alert]]
"""Returns the alerts of predictions that are new in the database, in the order of publishing."""


@dataclass(frozen=True, slots=True)
class Written:
    """What a batch did to the database.

    Attributes:
        new_predictions: predictions that were not stored before.
        new_mentions: mentions that were not stored before.
        new_alerts: alerts that were not in the outbox before.
        edited_tweets: tweets of the batch that came with another text than the first one under their id.
    """

    new_predictions: int
    new_mentions: int
    new_alerts: int
    edited_tweets: int = 0


class Store:
    """Writes batches into the ADE database.

    Attributes:
        engine: the connection pool, shared with the relay of the alerts.
    """

    def __init__(self, settings: Settings) -> None:
        self.engine = async_engine(settings.database)
        self._settings = settings.database
        key = settings.privacy.author_key
        self._put_tweets = sql.put_tweets(key.get_secret_value().encode() if key else None)

    async def close(self) -> None:
        """Close all connections."""
        await self.engine.dispose()

    async def check_revision(self) -> None:
        """Check that the tables are the ones that this code writes.

        Raises:
            SchemaRevisionError: the database is at another alembic revision; the message names both.
            RetryableError: the database is away.
            FatalError: the login was refused, or the database does not exist.
        """
        with translate_driver_errors(self._settings):
            async with self.engine.connect() as connection:
                revision = await connection.run_sync(read_revision)
        if revision != required_revision():
            raise revision_error(revision, self._settings)

    async def write_batch(
        self,
        scored: Sequence[ScoredPost],
        *,
        bundle: str,
        raise_alerts: RaiseAlerts,
        progress: Sequence[Progress],
        group: str,
    ) -> Written:
        """Write the predictions of a batch in one transaction. Writing a batch twice changes nothing.

        Each bundle's prediction for a tweet is stored once, when the tweet comes for the first time. The text
        that came first under an id is kept. A later one counts as an edit (see `Written`), and mentions found
        in it are not stored, because their offsets would not fit the stored text.

        Args:
            scored: tweets in any order, with or without repeats.
            bundle: version of the bundle that scored them.
            raise_alerts: called inside the transaction, with the predictions that it inserted, in the order
                of the batch. So the alerts of a prediction are stored along with it, and only once.
            progress: how far the consumer group is after this batch.
            group: the consumer group.

        Raises:
            RetryableError: nothing was written, and the same call may succeed later. (If the connection broke
                during the commit itself, everything was written, and the same call changes nothing.)
            FatalError: nothing was written, and the same call will fail again.
        """
        first = _first_of_each_id(scored)
        tweets = [first[tweet_id] for tweet_id in sorted(first)]
        with translate_driver_errors(self._settings):
            async with self.engine.begin() as connection:
                posted_at, texts = await self._write_tweets(connection, tweets)
                storable = [row for row in tweets if not (is_positive(row) and _is_edit(row, texts))]

                inserted = await sql.PUT_PREDICTIONS.run(connection, storable, bundle=bundle)
                new_ids = {row.tweet_id for row in inserted}
                new = [row for row in storable if row.received.post.id in new_ids]
                mentions = await sql.PUT_MENTIONS.run(connection, mention_rows(new), bundle=bundle)
                alerts = raise_alerts([row for tweet_id, row in first.items() if tweet_id in new_ids])
                new_alerts = await sql.PUT_ALERTS.run(connection, alerts)

                await sql.PUT_PROGRESS.run(connection, _latest(progress), bundle=bundle, consumer_group=group)
                # Last, because all workers update the row of the current hour, and wait there for each
                # other's commit.
                await sql.ADD_COUNTS.run(connection, _hourly_counts(new, posted_at), bundle=bundle)
        first_texts = {
            tweet_id: texts.get(tweet_id) or row.received.post.text for tweet_id, row in first.items()
        }
        return Written(
            new_predictions=len(new),
            new_mentions=len(mentions),
            new_alerts=len(new_alerts),
            edited_tweets=sum(_is_edit(row, first_texts) for row in scored),
        )

    async def _write_tweets(
        self, connection: AsyncConnection, tweets: Sequence[ScoredPost]
    ) -> tuple[dict[str, datetime], dict[str, str | None]]:
        """Insert the tweets that are new, and read the others.

        Returns:
            When each tweet was posted, and the stored texts of those that were known before (None where a
            text is not stored), both by tweet id.
        """
        inserted = await self._put_tweets.run(connection, tweets)
        posted_at: dict[str, datetime] = {row.tweet_id: row.posted_at for row in inserted}
        known_ids = [row.received.post.id for row in tweets if row.received.post.id not in posted_at]
        if not known_ids:
            return posted_at, {}
        known = (await connection.execute(sql.KNOWN_TWEETS, {"tweet_id": known_ids})).all()
        posted_at |= {row.tweet_id: row.posted_at for row in known}
        return posted_at, {row.tweet_id: row.text for row in known}


def _first_of_each_id(scored: Iterable[ScoredPost]) -> dict[str, ScoredPost]:
    """Return the first tweet under each id, in the order of the batch."""
    first: dict[str, ScoredPost] = {}
    for row in scored:
        first.setdefault(row.received.post.id, row)
    return first


def _is_edit(row: ScoredPost, first_texts: Mapping[str, str | None]) -> bool:
    first_text = first_texts.get(row.received.post.id)
    return first_text is not None and first_text != row.received.post.text


def _hourly_counts(tweets: Iterable[ScoredPost], posted_at: Mapping[str, datetime]) -> list[HourlyCount]:
    """Return what `tweets` add to the hours in which they were posted, in the order of the hours."""
    counts: dict[int, tuple[int, int]] = {}
    for row in tweets:
        hour = int(posted_at[row.received.post.id].timestamp() // 3600)
        seen, positive = counts.get(hour, (0, 0))
        counts[hour] = (seen + 1, positive + is_positive(row))
    return [HourlyCount(datetime.fromtimestamp(hour * 3600, UTC), *counts[hour]) for hour in sorted(counts)]


def _latest(progress: Iterable[Progress]) -> list[Progress]:
    """Return the last entry for each partition, in the order of the partitions."""
    last = {(step.topic, step.partition): step for step in progress}
    return [last[place] for place in sorted(last)]
