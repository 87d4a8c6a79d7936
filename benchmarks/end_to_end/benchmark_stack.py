"""An embedded stack for measuring: sends tweets at any rate, and reads when they were committed."""

from __future__ import annotations

import itertools
import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import psycopg
from kafka import KafkaProducer
from pydantic import SecretStr

from benchmarks.measured_process import memory_mb
from monitor.embedded import EmbeddedStack, Postgres, SupervisedWorker
from monitor.settings import (
    DatabaseSettings,
    EmbeddedSettings,
    EnrichSettings,
    KafkaSettings,
    ModelSettings,
    RedisSettings,
    Settings,
    WorkerSettings,
)
from monitor.store import upgrade_database

PATIENCE: Final = 1800.0  # seconds that a backlog may take
POLL_INTERVAL: Final = 0.1  # seconds between two queries; timing uses the clock of the database


@dataclass(frozen=True)
class BenchmarkStack:
    """A started stack, a connection to its database, and the texts of its tweets.

    Attributes:
        lang: language of the tweets; with None, the worker detects it.
    """

    stack: EmbeddedStack
    connection: psycopg.Connection[tuple[Any, ...]]
    texts: list[str]
    lang: str | None = None

    def settings(self, case: str, model: ModelSettings, enrich: EnrichSettings | None = None) -> Settings:
        """Return settings for a worker on this stack, with its own topic and consumer group."""
        endpoints = self.stack.endpoints
        return Settings(
            kafka=KafkaSettings(
                bootstrap_servers=endpoints.bootstrap_servers,
                topic=f"tweets-{case}",
                group_id=f"bench-{case}",
                session_timeout=6,
                heartbeat_interval=1,
                rebalance_timeout=6,
            ),
            database=DatabaseSettings(url=SecretStr(endpoints.database_url)),
            redis=RedisSettings(url=SecretStr(endpoints.redis_url)),
            model=model,
            enrich=enrich or EnrichSettings(),
            worker=WorkerSettings(languages=()),  # every tweet is waited for
        )

    def some_texts(self, first: int, count: int) -> list[str]:
        """Return the texts with the numbers from `first` on. The number makes every text different."""
        return [f"{self.texts[n % len(self.texts)]} {n}" for n in range(first, first + count)]

    def send(self, settings: Settings, first: int, count: int, *, rate: float | None = None) -> float:
        """Send the texts from `first` on as tweets, as fast as possible or `rate` per second.

        Returns:
            When the first one was sent, in epoch seconds.
        """
        producer = KafkaProducer(
            bootstrap_servers=settings.kafka.bootstrap_servers, linger_ms=0 if rate else 20
        )
        producer.partitions_for(settings.kafka.topic)  # waits for the connection
        first_sent, started = time.time(), time.monotonic()
        for n, text in zip(itertools.count(first), self.some_texts(first, count), strict=False):
            if rate and (early := started + (n - first) / rate - time.monotonic()) > 0:
                time.sleep(early)
            tweet_id = f"{settings.kafka.topic}-{'paced' if rate else 'backlog'}-{n:09}"
            created_at = datetime.now(UTC).isoformat()
            tweet = {"id": tweet_id, "text": text, "created_at": created_at, "lang": self.lang}
            producer.send(settings.kafka.topic, value=json.dumps(tweet).encode(), key=tweet_id.encode())
        producer.flush()
        producer.close()
        return first_sent

    def written(self, settings: Settings) -> int:
        """Count the messages that are written."""
        row = self.connection.execute(
            "SELECT coalesce(sum(next_offset), 0) FROM progress WHERE topic = %s", [settings.kafka.topic]
        ).fetchone()
        return int(row[0]) if row else 0

    def commits(self, settings: Settings, first: int, count: int) -> list[tuple[float, int]]:
        """Return when batches of these tweets were committed, in epoch seconds, and their sizes."""
        topic = settings.kafka.topic
        rows = self.connection.execute(
            "SELECT extract(epoch FROM pg_xact_commit_timestamp(xmin)) AS at, count(*) FROM predictions "
            "WHERE topic = %s AND tweet_id BETWEEN %s AND %s GROUP BY at ORDER BY at",
            [topic, f"{topic}-backlog-{first:09}", f"{topic}-backlog-{first + count - 1:09}"],
        ).fetchall()
        return [(float(at), int(tweets)) for at, tweets in rows]

    def latencies_s(self, settings: Settings) -> list[float]:
        """Return the seconds from send to commit of the paced tweets, shortest first."""
        rows = self.connection.execute(
            "SELECT extract(epoch FROM pg_xact_commit_timestamp(p.xmin) - t.posted_at) "
            "FROM predictions p JOIN tweets t USING (tweet_id) WHERE p.topic = %s AND p.tweet_id LIKE %s",
            [settings.kafka.topic, "%-paced-%"],
        ).fetchall()
        return sorted(float(row[0]) for row in rows)

    def await_written(self, settings: Settings, worker: SupervisedWorker, goal: int) -> list[float]:
        """Wait until `goal` messages are written, and return the worker's memory meanwhile, in MB."""
        memory: list[float] = []
        deadline = time.monotonic() + PATIENCE
        written = 0
        while written < goal:
            worker.supervise()
            if time.monotonic() > deadline or worker.pid is None:
                raise SystemExit(f"the worker did not process the backlog:\n{worker.last_lines()}")
            if written := self.written(settings):
                memory.append(memory_mb("VmRSS", worker.pid))
            time.sleep(POLL_INTERVAL)
        return memory


@contextmanager
def started_stack(texts: list[str], lang: str | None = None, **options: Any) -> Iterator[BenchmarkStack]:
    """Run a stack in a temporary folder while the body runs.

    Args:
        texts: of the tweets.
        lang: of the tweets; with None, the worker detects it.
        options: more settings of the section `embedded`, such as the broker.
    """
    with tempfile.TemporaryDirectory(prefix="ade-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        embedded = EmbeddedStack(EmbeddedSettings(data_dir=Path(folder) / "data", **options))
        embedded.postgres = Postgres(embedded.data_dir, options={"track_commit_timestamp": "on"})
        embedded.start()
        try:
            with psycopg.connect(embedded.endpoints.database_url, autocommit=True) as connection:
                stack = BenchmarkStack(embedded, connection, texts, lang)
                upgrade_database(stack.settings("none", ModelSettings(bundle="dummy")))
                yield stack
        finally:
            embedded.stop()


@contextmanager
def running_worker(stack: BenchmarkStack, settings: Settings, case: str) -> Iterator[SupervisedWorker]:
    """Run a worker while the body runs."""
    worker = SupervisedWorker(settings, stack.stack.logs / f"{case}.log", f"worker of {case}", print)
    worker.supervise()
    try:
        yield worker
    finally:
        worker.stop()


def cpu_seconds(pid: int) -> float:
    """Read the CPU time of a process, of all its threads together."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
