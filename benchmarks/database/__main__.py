"""The command `python -m benchmarks.database`."""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import psycopg
from pydantic import SecretStr
from rich.console import Console
from rich.table import Table

import benchmarks.database
from benchmarks.database.timed_queries import documented_queries, time_query
from models import Mention, TweetPrediction
from monitor.embedded import Postgres
from monitor.records import Origin, Post, ReceivedPost, ScoredPost
from monitor.settings import DatabaseSettings, Settings
from monitor.store import Store, upgrade_database
from monitor.store.signals import refresh_counts
from tests.generated_mentions import add_mentions
from tests.monitor.store.batches import raised

AT_ONCE: Final = 200_000
TIMEOUT_S: Final = 600
BATCH: Final = 512
SIZES_SQL: Final = (
    "SELECT COALESCE(parent.relname, c.relname), sum(pg_total_relation_size(c.oid))::bigint "
    "FROM pg_class AS c LEFT JOIN pg_inherits ON inhrelid = c.oid "
    "LEFT JOIN pg_class AS parent ON parent.oid = inhparent "
    "WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace GROUP BY 1 ORDER BY 2 DESC"
)
"""The size of each table, with its partitions, in bytes."""


def measure(settings: Settings, before: int, mentions: int, options: argparse.Namespace) -> dict[str, Any]:
    """Fill the database up to a number of mentions, and measure it.

    Args:
        settings: of the database.
        before: number of mentions that it has.
        mentions: number of mentions afterwards.
        options: of the command.
    """
    url = settings.database.url.get_secret_value()
    with psycopg.connect(url, autocommit=True) as connection:
        started = time.perf_counter()
        for first in range(before, mentions, AT_ONCE):
            add_mentions(connection, min(AT_ONCE, mentions - first), first=first)
        load_s = time.perf_counter() - started
        connection.execute("VACUUM ANALYZE")
        queries = documented_queries(settings, connection)
        times = {name: time_query(query, options.repeats) for name, query in queries.items()}
        disk = {name: size for name, size in connection.execute(SIZES_SQL).fetchall() if size > 1_000_000}
        written = asyncio.run(write_batches(settings, options.batches, first=mentions))
        started = time.perf_counter()
        refresh_counts(settings)
        refresh_s = time.perf_counter() - started
        day = datetime.now(UTC) - timedelta(days=50)
        connection.execute("UPDATE cases SET status = 'open' WHERE first_at::date = %s", [day.date()])
        started = time.perf_counter()
        refresh_counts(settings)
        day_s = time.perf_counter() - started
    return {
        "mentions": mentions,
        "loaded_per_s": round((mentions - before) / load_s),
        "written_per_s": round(written),
        "refresh_s": round(refresh_s, 2),
        "refresh_day_s": round(day_s, 2),
        "disk_mb_per_million": round(sum(disk.values()) / mentions, 1),
        "disk_mb": {name: round(size / 1e6, 1) for name, size in disk.items()},
        "queries": times,
    }


async def write_batches(settings: Settings, batches: int, *, first: int) -> float:
    """Write batches of positive posts as a worker does, and return the posts per second."""
    store = Store(settings)
    started = time.perf_counter()
    for number in range(batches):
        start = first + number * BATCH
        rows = [_positive(start + offset) for offset in range(BATCH)]
        await store.write_batch(
            rows, bundle="generated-1", raise_alerts=lambda _: raised(), progress=[], group="benchmark"
        )
    seconds = time.perf_counter() - started
    await store.close()
    return batches * BATCH / seconds


def _positive(number: int) -> ScoredPost:
    text = f"day {number % 90} on zoloft and shaking again, number {number}"
    start = text.index("shaking")
    mention = Mention(start, start + 7, "shaking", 0.9, "10044565", "Tremor", 0.8)
    post = Post(f"written {number}", text, created_at=datetime.now(UTC), lang="en", platform="x")
    received = ReceivedPost(post, Origin("benchmark", 0, number, datetime.now(UTC)))
    return ScoredPost(received, TweetPrediction("ADE", 0.9, (mention,)))


def figures_table(sizes: Sequence[dict[str, Any]]) -> Table:
    """Return the figures of each size next to each other."""
    table = Table(title="p50 / p95 in milliseconds")
    table.add_column("query")
    for size in sizes:
        table.add_column(f"{size['mentions']:,} mentions", justify="right")
    for name in sizes[0]["queries"]:
        times = [size["queries"][name] for size in sizes]
        table.add_row(name, *(f"{row['p50_ms']:,.1f} / {row['p95_ms']:,.1f}" for row in times))
    for name in ("loaded_per_s", "written_per_s", "refresh_s", "refresh_day_s", "disk_mb_per_million"):
        table.add_row(name, *(f"{size[name]:,}" for size in sizes))
    return table


def read_options() -> argparse.Namespace:
    """Read the options of the command."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.database",
        description=benchmarks.database.__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="4,000 and 8,000 mentions; within 50 s")
    parser.add_argument(
        "--millions", type=float, nargs="+", help="sizes in million mentions, growing [1; quick 0.004 0.008]"
    )
    parser.add_argument("--repeats", type=int, help="runs of each query [30; quick 2]")
    parser.add_argument("--batches", type=int, help="batches of 512 posts that are written [40; quick 1]")
    parser.add_argument("--buffers", default="1GB", help="shared_buffers of the server [1GB]")
    options = parser.parse_args()
    options.millions = options.millions or ([0.004, 0.008] if options.quick else [1.0])
    options.repeats = options.repeats or (2 if options.quick else 30)
    options.batches = options.batches or (1 if options.quick else 40)
    return options


def main() -> None:
    """Read the options, measure each size, and print the table and the JSON object."""
    options = read_options()
    sizes: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="ade-bench-") as folder:
        server = Postgres(Path(folder) / "postgres", start_timeout=120.0)
        server.start()
        try:
            with psycopg.connect(server.url, autocommit=True) as admin:
                admin.execute("ALTER SYSTEM SET random_page_cost = 1.1")
                admin.execute(f"ALTER SYSTEM SET shared_buffers = '{options.buffers}'".encode())
            server.stop()
            server.start()  # on another port
            database = DatabaseSettings(url=SecretStr(server.url), statement_timeout=TIMEOUT_S)
            settings = Settings(database=database)
            upgrade_database(settings)
            for millions in options.millions:
                before = sizes[-1]["mentions"] if sizes else 0
                sizes.append(measure(settings, before, 8 * round(millions * 125_000), options))
        finally:
            server.stop()
    Console(width=130).print(figures_table(sizes))
    print(json.dumps({"benchmark": "database", "buffers": options.buffers, "sizes": sizes}))


if __name__ == "__main__":
    main()
