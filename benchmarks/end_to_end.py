"""The whole way on this machine: a backlog in Kafka, one worker, rows in Postgres.

    python benchmarks/end_to_end.py [--quick] [--bundle default] [--tweets N] [--backlog N]

Starts an embedded stack of its own in a temporary folder, and measures three things for the bundle and
for the dummy model, which costs nothing and so shows what the way around the model can carry:

- tweets a second while a backlog is worked off, from the first written batch to the last;
- seconds from the producer's send to the committed row, p50 and p95, at half of that rate
  (Postgres' own commit timestamps against the tweets' `created_at`);
- peak memory of the worker; and whether it stays flat over a long backlog (dummy model).

The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import psycopg
from kafka import KafkaProducer
from pydantic import SecretStr

from monitor.embedded.postgres import Postgres
from monitor.embedded.stack import EmbeddedStack
from monitor.embedded.workers import SupervisedWorker
from monitor.settings import DatabaseSettings, KafkaSettings, ModelSettings, RedisSettings, Settings
from monitor.store.migrate import upgrade
from monitor.topics import ensure_topics

PATIENCE = 1800.0


@dataclass(frozen=True)
class Bench:
    """A started stack, and a connection to its database."""

    stack: EmbeddedStack
    connection: psycopg.Connection[tuple[Any, ...]]
    texts: list[str]

    def settings(self, case: str, bundle: str) -> Settings:
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
            model=ModelSettings(bundle=bundle),
        )

    def written(self, settings: Settings) -> int:
        """Count the messages that are done."""
        row = self.connection.execute(
            "SELECT coalesce(sum(next_offset), 0) FROM progress WHERE topic = %s", [settings.kafka.topic]
        ).fetchone()
        return int(row[0]) if row else 0

    def feed(self, settings: Settings, count: int, *, rate: float | None = None) -> None:
        """Send `count` tweets, as fast as can be or `rate` a second."""
        producer = KafkaProducer(
            bootstrap_servers=settings.kafka.bootstrap_servers, linger_ms=0 if rate else 20
        )
        started = time.monotonic()
        for n, text in zip(range(count), itertools.cycle(self.texts), strict=False):
            if rate and (early := started + n / rate - time.monotonic()) > 0:
                time.sleep(early)
            ident = f"{settings.kafka.topic}-{'paced' if rate else 'backlog'}-{n}"
            tweet = {"id": ident, "text": f"{text} {n}", "created_at": datetime.now(UTC).isoformat()}
            producer.send(settings.kafka.topic, value=json.dumps(tweet).encode(), key=ident.encode())
        producer.flush()
        producer.close()


def memory_mb(pid: int, field: str) -> float:
    """Read VmRSS (now) or VmHWM (peak) of a process, in MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) / 1024
    return 0.0


@contextmanager
def working(bench: Bench, settings: Settings, case: str) -> Iterator[SupervisedWorker]:
    """Run a worker while the body runs."""
    worker = SupervisedWorker(settings, bench.stack.logs / f"{case}.log", f"worker of {case}", print)
    worker.tend()
    try:
        yield worker
    finally:
        worker.stop()


def await_written(bench: Bench, settings: Settings, worker: SupervisedWorker, goal: int) -> dict[str, Any]:
    """Wait until `goal` messages are written; sample time, progress and memory on the way."""
    samples: list[tuple[float, int, float]] = []
    deadline = time.monotonic() + PATIENCE
    while not samples or samples[-1][1] < goal:
        worker.tend()
        if time.monotonic() > deadline or worker.pid is None:
            raise SystemExit(f"the worker did not get there:\n{worker.last_lines()}")
        done = bench.written(settings)
        if done:
            samples.append((time.monotonic(), done, memory_mb(worker.pid, "VmRSS")))
        time.sleep(0.05)
    (begin, first, _), (end, last, _) = samples[0], samples[-1]
    assert worker.pid is not None
    middle = max((first + last) / 2, first)
    return {
        "tweets_per_s": round((last - first) / max(end - begin, 1e-9), 1),
        "rss_first_half_mb": round(max(rss for _, done, rss in samples if done <= middle), 1),
        "rss_second_half_mb": round(max(rss for _, done, rss in samples if done >= middle), 1),
        "peak_mb": round(memory_mb(worker.pid, "VmHWM"), 1),
    }


def latencies_s(bench: Bench, topic: str) -> list[float]:
    """Give the seconds from send to commit of the paced tweets, shortest first."""
    rows = bench.connection.execute(
        "SELECT extract(epoch FROM pg_xact_commit_timestamp(p.xmin) - t.posted_at) "
        "FROM predictions p JOIN tweets t USING (tweet_id) WHERE p.topic = %s AND p.tweet_id LIKE %s",
        [topic, "%-paced-%"],
    ).fetchall()
    return sorted(float(row[0]) for row in rows)


def measure(bench: Bench, case: str, bundle: str, tweets: int, paced_seconds: float) -> dict[str, Any]:
    """Work off a backlog of `tweets`, then take tweets at half that rate, with one worker."""
    settings = bench.settings(case, bundle)
    ensure_topics(settings.kafka)
    bench.feed(settings, tweets)
    with working(bench, settings, case) as worker:
        result = await_written(bench, settings, worker, tweets)
        rate = max(min(result["tweets_per_s"] / 2, 1_000), 5)
        paced = max(int(rate * paced_seconds), 20)
        bench.feed(settings, paced, rate=rate)
        await_written(bench, settings, worker, tweets + paced)
    seconds = latencies_s(bench, settings.kafka.topic)
    cuts = statistics.quantiles(seconds, n=20)
    result |= {"paced_per_s": round(rate, 1), "p50_s": round(cuts[9], 3), "p95_s": round(cuts[18], 3)}
    print(f"{case:>8}: {result}")
    return result


def main() -> None:
    """Read the options, measure both cases, print the ratios."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--quick", action="store_true", help="small numbers; ends within 50 s")
    options.add_argument("--bundle", default="default")
    options.add_argument("--tweets", type=int, help="backlog of the bundle [3000, quick 400]")
    options.add_argument("--backlog", type=int, help="backlog of the dummy model [100000, quick 8000]")
    given = options.parse_args()
    tweets = given.tweets or (400 if given.quick else 3_000)
    backlog = given.backlog or (8_000 if given.quick else 100_000)
    paced_seconds = 4 if given.quick else 20
    sample = resources.files("monitor").joinpath("samples/tweets.jsonl").read_text(encoding="utf-8")
    texts = [json.loads(line)["text"] for line in sample.splitlines() if line.strip()]
    with tempfile.TemporaryDirectory(prefix="ade-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        stack = EmbeddedStack(Path(folder) / "data")
        stack.postgres = Postgres(stack.data_dir, options={"track_commit_timestamp": "on"})
        stack.start()
        try:
            with psycopg.connect(stack.endpoints.database_url, autocommit=True) as connection:
                bench = Bench(stack, connection, texts)
                upgrade(bench.settings("none", "dummy"))
                dummy = measure(bench, "dummy", "dummy", backlog, paced_seconds)
                bundle = measure(bench, "bundle", given.bundle, tweets, paced_seconds)
        finally:
            stack.stop()
    ratio = bundle["tweets_per_s"] / dummy["tweets_per_s"]
    growth = dummy["rss_second_half_mb"] / dummy["rss_first_half_mb"]
    print(f"{given.bundle} carries {ratio:.3f} of what the dummy model carries")
    print(f"memory in the second half of a backlog of {backlog}: x{growth:.2f} of the first half's")
    print(
        json.dumps(
            {
                "benchmark": "end_to_end",
                "baseline": "dummy model",
                "tweets": tweets,
                "backlog": backlog,
                "bundle": bundle,
                "dummy": dummy,
                "bundle_to_dummy": round(ratio, 4),
                "memory_growth": round(growth, 3),
            }
        )
    )


if __name__ == "__main__":
    main()
