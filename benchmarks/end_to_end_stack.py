"""An embedded stack for measuring: tweets in at any rate, a worker beside it, and what it wrote when."""

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
from typing import Any

import psycopg
from kafka import KafkaProducer
from process_memory import memory_mb
from pydantic import SecretStr

from monitor.embedded.postgres import Postgres
from monitor.embedded.stack import EmbeddedStack
from monitor.embedded.workers import SupervisedWorker
from monitor.settings import DatabaseSettings, KafkaSettings, ModelSettings, RedisSettings, Settings
from monitor.store.revisions import upgrade_database

PATIENCE = 1800.0
LOOK = 0.1  # seconds between two looks at the database, whose own clock does the timing


@dataclass(frozen=True)
class Bench:
    """A started stack, and a connection to its database."""

    stack: EmbeddedStack
    connection: psycopg.Connection[tuple[Any, ...]]
    texts: list[str]

    def settings(self, case: str, model: ModelSettings) -> Settings:
        """Point a worker at the stack, with a topic and a group of its own."""
        ends = self.stack.endpoints
        return Settings(
            kafka=KafkaSettings(
                bootstrap_servers=ends.bootstrap_servers,
                topic=f"tweets-{case}",
                group_id=f"bench-{case}",
                session_timeout=6,
                heartbeat_interval=1,
                rebalance_timeout=6,
            ),
            database=DatabaseSettings(url=SecretStr(ends.database_url)),
            redis=RedisSettings(url=SecretStr(ends.redis_url)),
            model=model,
        )

    def some_texts(self, first: int, count: int) -> list[str]:
        """Give the texts numbered from `first` on; the number keeps any two from being the same."""
        return [f"{self.texts[n % len(self.texts)]} {n}" for n in range(first, first + count)]

    def feed(self, settings: Settings, first: int, count: int, *, rate: float | None = None) -> float:
        """Send the texts from `first` on as tweets, as fast as can be or `rate` a second.

        Returns:
            When the first one was sent, in epoch seconds.
        """
        producer = KafkaProducer(
            bootstrap_servers=settings.kafka.bootstrap_servers, linger_ms=0 if rate else 20
        )
        producer.partitions_for(settings.kafka.topic)  # waits until it is connected
        began, started = time.time(), time.monotonic()
        for n, text in zip(itertools.count(first), self.some_texts(first, count), strict=False):
            if rate and (early := started + (n - first) / rate - time.monotonic()) > 0:
                time.sleep(early)
            ident = f"{settings.kafka.topic}-{'paced' if rate else 'backlog'}-{n:09}"
            tweet = {"id": ident, "text": text, "created_at": datetime.now(UTC).isoformat()}
            producer.send(settings.kafka.topic, value=json.dumps(tweet).encode(), key=ident.encode())
        producer.flush()
        producer.close()
        return began

    def written(self, settings: Settings) -> int:
        """Count the messages that are done."""
        row = self.connection.execute(
            "SELECT coalesce(sum(next_offset), 0) FROM progress WHERE topic = %s", [settings.kafka.topic]
        ).fetchone()
        return int(row[0]) if row else 0

    def commits(self, settings: Settings, first: int, count: int) -> list[tuple[float, int]]:
        """Give when batches of these tweets were committed, in epoch seconds, and how many each had."""
        topic = settings.kafka.topic
        rows = self.connection.execute(
            "SELECT extract(epoch FROM pg_xact_commit_timestamp(xmin)) AS at, count(*) FROM predictions "
            "WHERE topic = %s AND tweet_id BETWEEN %s AND %s GROUP BY at ORDER BY at",
            [topic, f"{topic}-backlog-{first:09}", f"{topic}-backlog-{first + count - 1:09}"],
        ).fetchall()
        return [(float(at), int(tweets)) for at, tweets in rows]

    def latencies_s(self, settings: Settings) -> list[float]:
        """Give the seconds from send to commit of the paced tweets, shortest first."""
        rows = self.connection.execute(
            "SELECT extract(epoch FROM pg_xact_commit_timestamp(p.xmin) - t.posted_at) "
            "FROM predictions p JOIN tweets t USING (tweet_id) WHERE p.topic = %s AND p.tweet_id LIKE %s",
            [settings.kafka.topic, "%-paced-%"],
        ).fetchall()
        return sorted(float(row[0]) for row in rows)

    def await_written(self, settings: Settings, worker: SupervisedWorker, goal: int) -> list[float]:
        """Wait until `goal` messages are written; gives the worker's memory on the way, in MB."""
        memory: list[float] = []
        deadline = time.monotonic() + PATIENCE
        done = 0
        while done < goal:
            worker.supervise()
            if time.monotonic() > deadline or worker.pid is None:
                raise SystemExit(f"the worker did not get there:\n{worker.last_lines()}")
            if done := self.written(settings):
                memory.append(memory_mb("VmRSS", worker.pid))
            time.sleep(LOOK)
        return memory


@contextmanager
def started_bench(texts: list[str]) -> Iterator[Bench]:
    """Run a stack in a temporary folder while the body runs."""
    with tempfile.TemporaryDirectory(prefix="ade-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        stack = EmbeddedStack(Path(folder) / "data")
        stack.postgres = Postgres(stack.data_dir, options={"track_commit_timestamp": "on"})
        stack.start()
        try:
            with psycopg.connect(stack.endpoints.database_url, autocommit=True) as connection:
                bench = Bench(stack, connection, texts)
                upgrade_database(bench.settings("none", ModelSettings(bundle="dummy")))
                yield bench
        finally:
            stack.stop()


@contextmanager
def working(bench: Bench, settings: Settings, case: str) -> Iterator[SupervisedWorker]:
    """Run a worker while the body runs."""
    worker = SupervisedWorker(settings, bench.stack.logs / f"{case}.log", f"worker of {case}", print)
    worker.supervise()
    try:
        yield worker
    finally:
        worker.stop()


def cpu_seconds(pid: int) -> float:
    """Read the CPU time that a process has taken, all its threads together."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
