"""What the tests of the flow share: a view into database and Redis, and tweets for the dummy bundle."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
import redis
from kafka import KafkaProducer

from monitor.settings import Settings


@dataclass
class FlowResults:
    """What analysts and subscribers see of a flow."""

    settings: Settings
    connection: psycopg.Connection[tuple[Any, ...]]

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        return self.connection.execute(statement).fetchall()

    def scored(self) -> int:
        """Return the number of posts that are counted; those without an effect may have no rows."""
        return int(self.rows("SELECT coalesce(sum(seen), 0) FROM hourly_counts")[0][0])

    def alerts(self) -> list[dict[str, Any]]:
        """Return all alerts of the stream."""
        with redis.Redis.from_url(self.settings.redis.url.get_secret_value()) as client:
            entries = client.xrange(self.settings.alerts.stream)
        return [json.loads(fields[b"alert"]) for _, fields in entries if b"alert" in fields]


@pytest.fixture
def results(migrated: Settings) -> Iterator[FlowResults]:
    """The database and the alerts of this test."""
    with psycopg.connect(migrated.database.url.get_secret_value(), autocommit=True) as connection:
        yield FlowResults(migrated, connection)


def tweet_values(count: int, *, first: int = 0) -> list[bytes]:
    """Return tweets, every fifth of them with an effect that the dummy bundle finds."""
    return [
        json.dumps(
            {"id": str(n), "text": f"day {n} on zoloft, {'what a headache' if n % 5 == 0 else 'all is well'}"}
        ).encode()
        for n in range(first, first + count)
    ]


def send(settings: Settings, values: Sequence[bytes | None], *, timestamp_ms: int | None = None) -> None:
    """Send raw values to the topic; their timestamp is now by default."""
    producer = KafkaProducer(bootstrap_servers=settings.kafka.bootstrap_servers, max_request_size=5_000_000)
    futures = [
        producer.send(settings.kafka.topic, value=value, key=str(n).encode(), timestamp_ms=timestamp_ms)
        for n, value in enumerate(values)
    ]
    for future in futures:
        future.get(30)
    producer.close()
