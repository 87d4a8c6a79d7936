"""Samples of a running worker: of its process, and of what it holds in Postgres and Redis."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psycopg
import redis

from benchmarks.measured_process import memory_mb
from monitor.settings import Settings

CONNECT_TIMEOUT: Final = 2  # seconds

COUNTS: Final = """
    SELECT
        (SELECT count(*) FROM pg_stat_activity
         WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()),
        (SELECT count(*) FROM alert_outbox WHERE published_at IS NULL),
        (SELECT coalesce(sum(next_offset), 0) FROM progress WHERE topic = %s)
"""


@dataclass(frozen=True)
class Sample:
    """A worker at one moment. What could not be read, because its server is away, is None.

    Attributes:
        at: seconds on the monotonic clock.
        pid: process id of the worker.
        memory_mb: its resident memory.
        handles: its open files and sockets.
        threads: its threads.
        database_connections: its connections to Postgres.
        redis_connections: its connections to Redis.
        outbox: alerts that wait to be published.
        lag: posts that were sent and are not stored.
        broker_mb: memory of the broker, for information: Tansu keeps all topics in memory.
    """

    at: float
    pid: int
    memory_mb: float
    handles: int
    threads: int
    database_connections: int | None
    redis_connections: int | None
    outbox: int | None
    lag: int | None
    broker_mb: float


QUANTITIES: Final = (
    "memory_mb",
    "handles",
    "threads",
    "database_connections",
    "redis_connections",
    "outbox",
    "lag",
)
"""The fields of a sample whose trend is looked for."""


class Sampler:
    """Takes samples, over connections of its own, which it does not count.

    Args:
        settings: of the worker.
    """

    def __init__(self, settings: Settings) -> None:
        self._topic = settings.kafka.topic
        self._database_url = settings.database.url.get_secret_value()
        self._database: psycopg.Connection[tuple[Any, ...]] | None = None
        self._redis = redis.Redis.from_url(
            settings.redis.url.get_secret_value(),
            single_connection_client=True,
            socket_timeout=CONNECT_TIMEOUT,
            socket_connect_timeout=CONNECT_TIMEOUT,
        )

    def sample(self, pid: int, sent: int, broker_pid: int) -> Sample | None:
        """Return a sample of a process, or None if it has just ended.

        Args:
            pid: of the worker.
            sent: posts that the broker has confirmed so far.
            broker_pid: of the broker.
        """
        connections, outbox, stored = self._database_counts()
        redis_connections = self._redis_connections()
        try:
            handles = sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
            status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None
        fields = dict(line.partition(":")[::2] for line in status.splitlines())
        if "VmRSS" not in fields:  # it has ended, and nobody has asked for its status yet
            return None
        return Sample(
            at=time.monotonic(),
            pid=pid,
            memory_mb=int(fields["VmRSS"].split()[0]) / 1024,
            handles=handles,
            threads=int(fields["Threads"]),
            database_connections=connections,
            redis_connections=redis_connections,
            outbox=outbox,
            lag=None if stored is None else max(0, sent - stored),
            broker_mb=memory_mb("VmRSS", broker_pid) if broker_pid else 0.0,
        )

    def stored(self) -> int | None:
        """Return how many posts of the topic were read and stored, or None if Postgres is away."""
        return self._database_counts()[2]

    def close(self) -> None:
        """Close the connections."""
        self._redis.close()
        if self._database is not None:
            self._database.close()

    def _database_counts(self) -> tuple[int | None, int | None, int | None]:
        """Return connections, alerts in the outbox, and stored posts."""
        try:
            if self._database is None:
                self._database = psycopg.connect(
                    self._database_url, autocommit=True, connect_timeout=CONNECT_TIMEOUT
                )
            row = self._database.execute(COUNTS, [self._topic]).fetchone()
        except psycopg.Error:
            if self._database is not None:
                self._database.close()
                self._database = None
            return None, None, None
        return (int(row[0]), int(row[1]), int(row[2])) if row else (None, None, None)

    def _redis_connections(self) -> int | None:
        with contextlib.suppress(redis.RedisError, OSError):
            clients: Any = self._redis.info("clients")
            return int(clients["connected_clients"]) - 1
        return None
