"""Tweets that the project wrote for its demo: about ten report an adverse effect, the others do not.

One run of the sample tweets through the monitor: feed them, watch what comes of them, count it.
"""

from __future__ import annotations

import json
import time
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.resources import files
from types import TracebackType
from typing import Any, cast

import redis
from sqlalchemy import text

from monitor.alerts.payload import AlertPayload, read_payload
from monitor.alerts.redis.connection import connect
from monitor.errors import PoisonError
from monitor.feed.entries import TweetMessage
from monitor.feed.sender import Sender
from monitor.kafka.clients import open_consumer
from monitor.kafka.topics import end_offsets
from monitor.settings import Settings
from monitor.store.connections import reading_engine

__all__ = ["sample_tweets"]


def sample_tweets(now: datetime) -> list[dict[str, str]]:
    """Give the tweets as if they were posted at `now`.

    Ids are `demo-<epoch seconds of now>-<number>`, new for each run, so that every run is seen as news.
    """
    lines = files(__package__).joinpath("sample_tweets.jsonl").read_text(encoding="utf-8").splitlines()
    posted = now.astimezone(UTC).isoformat()
    return [
        {**tweet, "id": f"demo-{int(now.timestamp())}-{tweet['id']}", "created_at": posted}
        for tweet in map(json.loads, lines)
    ]


QUIET = 3.0  # seconds without a judgement, after which the rest may be dead letters

COUNTS = text("""
    SELECT
        (SELECT count(*) FROM predictions WHERE tweet_id = ANY(:ids)) AS judged,
        (SELECT count(*) FROM predictions WHERE tweet_id = ANY(:ids) AND label = 'ADE') AS positive,
        (SELECT count(*) FROM mentions WHERE tweet_id = ANY(:ids)) AS mentions,
        (SELECT count(*) FROM mentions WHERE tweet_id = ANY(:ids) AND ptid IS NOT NULL) AS coded,
        (SELECT count(*) FROM alert_outbox WHERE tweet_id = ANY(:ids) AND published_at IS NULL) AS waiting,
        (SELECT count(*) FROM alert_outbox WHERE tweet_id = ANY(:ids)) AS raised
""")
FINDINGS = text("""
    SELECT t.tweet_id, t.text, p.probability, m.start, m."end", m.pt_name, m.pt_score
    FROM tweets t
    JOIN predictions p USING (tweet_id)
    LEFT JOIN mentions m ON m.tweet_id = p.tweet_id AND m.bundle = p.bundle
    WHERE t.tweet_id = ANY(:ids) AND p.label = 'ADE'
    ORDER BY t.tweet_id, m.start
""")


@dataclass(frozen=True)
class DemoEffect:
    """A tweet that reports an adverse effect; its mentions as (start, end, PT name or None, PT score)."""

    tweet_id: str
    text: str
    probability: float
    mentions: tuple[tuple[int, int, str | None, float | None], ...]


@dataclass(frozen=True)
class DemoSummary:
    """What a run came to; `seconds` from the first tweet sent to the last alert read."""

    tweets_in: int
    positive: int
    mentions: int
    coded: int
    alerts: int
    dead_letters: int
    seconds: float

    def as_json(self) -> str:
        """Write it on one line."""
        return json.dumps(asdict(self))


class SampleRun:
    """Feeds the sample tweets and follows them; a context manager.

    Args:
        settings: of a monitor that runs.

    Raises:
        RetryableError: a dependency does not answer.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._tweets = sample_tweets(datetime.now(UTC))
        self._ids = [tweet["id"] for tweet in self._tweets]
        self._engine = reading_engine(settings.database)
        self._redis = connect(settings.redis)
        self._position = self._newest_alert()
        self._resources = ExitStack()
        self._resources.callback(self._engine.dispose)
        self._resources.callback(self._redis.close)
        self._consumer = self._resources.enter_context(open_consumer(settings.kafka))
        self._letters_before = self._end_of_dead_letters()
        self._shown: set[str] = set()
        self._started = self._last_news = time.monotonic()
        self.sent = 0
        self.judged = 0
        self.alerts = 0

    def __enter__(self) -> SampleRun:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._resources.close()

    def feed(self) -> None:
        """Send all tweets to the topic, and wait until the broker has them."""
        self._started = time.monotonic()
        with Sender(self._settings.kafka) as sender:
            for tweet in self._tweets:
                value = json.dumps(tweet, ensure_ascii=False).encode()
                sender.send(TweetMessage(tweet["id"].encode(), value))
            sender.flush()
            self.sent = sender.sent

    def new_findings(self) -> list[DemoEffect]:
        """Give the tweets that were found to report an adverse effect since the last call."""
        with self._engine.connect() as connection:
            rows = connection.execute(FINDINGS, {"ids": self._ids}).all()
        found: dict[str, DemoEffect] = {}
        for row in rows:
            mention = () if row.start is None else ((row.start, row.end, row.pt_name, row.pt_score),)
            before = found[row.tweet_id].mentions if row.tweet_id in found else ()
            found[row.tweet_id] = DemoEffect(row.tweet_id, row.text, row.probability, (*before, *mention))
        fresh = [finding for tweet_id, finding in found.items() if tweet_id not in self._shown]
        self._shown |= found.keys()
        return fresh

    def new_alerts(self) -> list[AlertPayload]:
        """Give this run's alerts that came to the Redis Stream since the last call."""
        mine = []
        for _, entries in cast(Any, self._redis.xread({self._settings.alerts.stream: self._position})):
            for entry_id, fields in entries:
                self._position = entry_id
                with suppress(PoisonError, KeyError):  # somebody else's entry
                    alert = read_payload(fields["alert"])
                    if alert.tweet_id in self._ids:
                        mine.append(alert)
        if mine:
            self._last_news = time.monotonic()
        self.alerts += len(mine)
        return mine

    def outcome(self) -> DemoSummary | None:
        """Count everything; None while something is still on its way."""
        with self._engine.connect() as connection:
            counts = connection.execute(COUNTS, {"ids": self._ids}).one()
        if counts.judged > self.judged:
            self.judged, self._last_news = counts.judged, time.monotonic()
        quiet = time.monotonic() - self._last_news > QUIET
        if (counts.judged < self.sent and not quiet) or counts.waiting or self.alerts < counts.raised:
            return None
        letters = self._end_of_dead_letters() - self._letters_before
        if counts.judged + letters < self.sent:
            return None
        return DemoSummary(
            tweets_in=self.sent,
            positive=counts.positive,
            mentions=counts.mentions,
            coded=counts.coded,
            alerts=self.alerts,
            dead_letters=letters,
            seconds=round(self._last_news - self._started, 3),
        )

    def missing(self) -> str:
        """Say what has not arrived yet."""
        with self._engine.connect() as connection:
            counts = connection.execute(COUNTS, {"ids": self._ids}).one()
        if counts.judged < self.sent:
            return f"{self.sent - counts.judged} of {self.sent} tweets are not in the database"
        return f"{counts.raised - self.alerts} of {counts.raised} alerts are not in the Redis Stream"

    def _newest_alert(self) -> str:
        try:
            found = cast(Any, self._redis.xinfo_stream(self._settings.alerts.stream))
        except redis.ResponseError:
            return "0-0"
        return str(found["last-generated-id"])

    def _end_of_dead_letters(self) -> int:
        from kafka import TopicPartition

        topic = self._settings.kafka.dead_letter_topic
        numbers = self._consumer.partitions_for_topic(topic) or ()
        places = [TopicPartition(topic, number) for number in numbers]
        return sum(end_offsets(self._consumer, places).values())
