"""One run of the sample tweets through a monitor: feed them, follow the results, and count them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.resources import files
from types import TracebackType
from typing import Final

from sqlalchemy import Connection, text

from monitor.alerts import AlertPayload, parse_payload
from monitor.alerts.redis import TailReader, connect, location_of
from monitor.errors import PoisonError
from monitor.feed import PostMessage, Sender
from monitor.kafka import broker_away_error, end_offsets, open_consumer
from monitor.settings import Settings
from monitor.store import reading_engine, translate_driver_errors

QUIET_TIME: Final = 3.0
"""Seconds without a new prediction, after which the missing tweets may be dead letters."""

COUNTS: Final = text("""
    SELECT
        (SELECT count(*) FROM predictions WHERE tweet_id = ANY(:ids)) AS scored,
        (SELECT count(*) FROM predictions WHERE tweet_id = ANY(:ids) AND label = 'ADE') AS positive,
        (SELECT count(*) FROM mentions WHERE tweet_id = ANY(:ids)) AS mentions,
        (SELECT count(*) FROM mentions WHERE tweet_id = ANY(:ids) AND ptid IS NOT NULL) AS coded,
        (SELECT count(*) FROM alert_outbox WHERE tweet_id = ANY(:ids) AND published_at IS NULL) AS waiting,
        (SELECT count(*) FROM alert_outbox WHERE tweet_id = ANY(:ids)) AS raised
""")
EFFECTS: Final = text("""
    SELECT t.tweet_id, t.text, p.probability, m.start, m."end", m.pt_name, m.pt_score
    FROM tweets t
    JOIN predictions p USING (tweet_id, posted_at)
    LEFT JOIN mentions m ON m.tweet_id = p.tweet_id AND m.posted_at = p.posted_at AND m.bundle = p.bundle
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
    """The counts of a run; `seconds` from the first tweet sent to the last alert read."""

    tweets_in: int
    positive: int
    mentions: int
    coded: int
    alerts: int
    dead_letters: int
    seconds: float

    def as_json(self) -> str:
        """Return the summary as JSON on one line."""
        return json.dumps(asdict(self))


class SampleRun:
    """Feeds the sample tweets and follows their results; a context manager.

    Args:
        settings: settings of a running monitor.

    Raises:
        RetryableError: a dependency does not answer.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._tweets = sample_tweets(datetime.now(UTC))
        self._ids = [tweet["id"] for tweet in self._tweets]
        self._engine = reading_engine(settings.database)
        self._alerts = TailReader(
            connect(settings.redis),
            settings.alerts.stream,
            from_start=False,
            location=location_of(settings.redis),
            block_ms=None,
        )
        self._alerts.read()  # from now on, it reads the alerts after this point
        self._resources = ExitStack()
        self._resources.callback(self._engine.dispose)
        self._resources.callback(self._alerts.close)
        self._consumer = self._resources.enter_context(open_consumer(settings.kafka))
        self._letters_before = self._end_of_dead_letters()
        self._returned: set[str] = set()
        self._started = self._last_progress = time.monotonic()
        self.sent = 0
        self.scored = 0
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
                sender.send(PostMessage(tweet["id"].encode(), value))
            sender.flush()
            self.sent = sender.sent

    def new_effects(self) -> list[DemoEffect]:
        """Return the tweets that were found to report an adverse effect since the last call.

        Raises:
            RetryableError: the database does not answer.
        """
        with self._connection() as connection:
            rows = connection.execute(EFFECTS, {"ids": self._ids}).all()
        effects: dict[str, DemoEffect] = {}
        for row in rows:
            mention = () if row.start is None else ((row.start, row.end, row.pt_name, row.pt_score),)
            before = effects[row.tweet_id].mentions if row.tweet_id in effects else ()
            effects[row.tweet_id] = DemoEffect(row.tweet_id, row.text, row.probability, (*before, *mention))
        new = [effect for tweet_id, effect in effects.items() if tweet_id not in self._returned]
        self._returned |= effects.keys()
        return new

    def new_alerts(self) -> list[AlertPayload]:
        """Return the alerts of this run that arrived in the Redis Stream since the last call.

        Raises:
            RetryableError: Redis does not answer.
        """
        alerts = []
        while entries := self._alerts.read():
            for entry in entries:
                self._alerts.acknowledge(entry)
                with suppress(PoisonError, KeyError):  # an entry of another program
                    alert = parse_payload(entry.fields["alert"])
                    if alert.tweet_id in self._ids:
                        alerts.append(alert)
        if alerts:
            self._last_progress = time.monotonic()
        self.alerts += len(alerts)
        return alerts

    def summary(self) -> DemoSummary | None:
        """Return the counts of the run, or None while some results are missing.

        Raises:
            RetryableError: the database or the broker does not answer.
        """
        with self._connection() as connection:
            counts = connection.execute(COUNTS, {"ids": self._ids}).one()
        if counts.scored > self.scored:
            self.scored, self._last_progress = counts.scored, time.monotonic()
        quiet = time.monotonic() - self._last_progress > QUIET_TIME
        if (counts.scored < self.sent and not quiet) or counts.waiting or self.alerts < counts.raised:
            return None
        letters = self._end_of_dead_letters() - self._letters_before
        if counts.scored + letters < self.sent:
            return None
        return DemoSummary(
            tweets_in=self.sent,
            positive=counts.positive,
            mentions=counts.mentions,
            coded=counts.coded,
            alerts=self.alerts,
            dead_letters=letters,
            seconds=round(self._last_progress - self._started, 3),
        )

    def describe_missing(self) -> str:
        """Return what has not arrived yet, as part of a sentence."""
        with self._connection() as connection:
            counts = connection.execute(COUNTS, {"ids": self._ids}).one()
        if counts.scored < self.sent:
            return f"{self.sent - counts.scored} of {self.sent} tweets are not in the database"
        return f"{counts.raised - self.alerts} of {counts.raised} alerts are not in the Redis Stream"

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        with translate_driver_errors(self._settings.database), self._engine.connect() as connection:
            yield connection

    def _end_of_dead_letters(self) -> int:
        from kafka import TopicPartition
        from kafka.errors import KafkaError

        topic = self._settings.kafka.dead_letter_topic
        try:
            numbers = self._consumer.partitions_for_topic(topic) or ()
            partitions = [TopicPartition(topic, number) for number in numbers]
            return sum(end_offsets(self._consumer, partitions).values())
        except KafkaError as error:
            raise broker_away_error(self._settings.kafka, error) from None


def sample_tweets(now: datetime) -> list[dict[str, str]]:
    """Return the sample tweets, which the project wrote, as if they were posted at `now`.

    About ten of them report an adverse effect. Their ids are `demo-<epoch seconds of now>-<number>`. These
    differ for each run, so that each run scores the tweets again.
    """
    lines = files("monitor.embedded").joinpath("sample_tweets.jsonl").read_text(encoding="utf-8").splitlines()
    posted = now.astimezone(UTC).isoformat()
    return [
        {**tweet, "id": f"demo-{int(now.timestamp())}-{tweet['id']}", "created_at": posted}
        for tweet in map(json.loads, lines)
    ]
