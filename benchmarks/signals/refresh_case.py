"""How long a refresh of the counts takes: `python -m benchmarks.signals.refresh_case`.

A Postgres of its own gets generated rows. Of ten mentions, two are in copies and one is in a follow-up, and
each of the others is a case of its own. Drugs and PTs are skewed as in real data (Zipf), 30% of the cases
name no drug, and 5% have no code. Rows of `mentions` are left out, since the refresh does not read them. So
are indexes that it does not use.

Three refreshes are timed: all days for the first time, then one day, then a change in each of 30 days.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psycopg
from pydantic import SecretStr

from monitor.embedded import Postgres
from monitor.settings import DatabaseSettings, Settings
from monitor.store.revisions import upgrade_database
from monitor.store.signals import read_window, refresh_counts

DAYS: Final = 365
FIRST: Final = "2025-12-01"
DRUGS: Final = 2_000
PTS: Final = 5_000
AT_ONCE: Final = 500_000

SKEWED: Final = "least({most}, floor(exp(random() * ln({most} + 1.0)))::int)"
"""A number from 1 to `most`, about as likely as 1/number."""

ROWS: Final = f"""
CREATE UNLOGGED TABLE generated AS SELECT
    n, lpad(to_hex(n), 16, '0') AS case_id, 'post ' || n AS tweet_id,
    timestamptz '{FIRST} 00:00Z' + interval '1 day' * (n::float8 * {DAYS} / %(mentions)s) AS at,
    CASE WHEN random() < 0.7 THEN 'drug ' || {SKEWED.format(most=DRUGS)} END AS drug,
    CASE WHEN random() < 0.95 THEN (10000000 + {SKEWED.format(most=PTS)})::text END AS ptid,
    (ARRAY['x', 'reddit', 'bluesky', 'forum'])[{SKEWED.format(most=4)}] AS platform,
    (ARRAY['en', 'es', 'de', 'fr', 'pt'])[{SKEWED.format(most=5)}] AS lang
FROM generate_series(%(first)s, %(last)s) AS n
"""
INSERTS: Final = (
    "INSERT INTO tweets (tweet_id, posted_at, lang, text, author_hash, platform) "
    "SELECT tweet_id, at, lang, repeat('words of a post ', 6), md5(n::text) || md5(tweet_id), platform "
    "FROM generated",
    "INSERT INTO cases (case_id, drug, effect, ptid, pt_name, first_at, last_at) "
    "SELECT case_id, drug, COALESCE('pt:' || ptid, 'words:' || n), ptid, 'PT ' || ptid, at, at "
    "FROM generated WHERE n % 10 > 2",
    "INSERT INTO case_posts (case_id, tweet_id, role) SELECT case_id, tweet_id, 'report' FROM generated "
    "WHERE n % 10 > 2",
    "INSERT INTO case_posts (case_id, tweet_id, role) "
    "SELECT lpad(to_hex(n + 1), 16, '0'), tweet_id, 'follow-up' FROM generated WHERE n % 10 = 2",
    "DROP TABLE generated",
)
UNUSED_INDEXES: Final = (
    "ix_tweets_words, ix_tweets_context, ix_tweets_author_hash, ix_tweets_referenced_id, "
    "ix_tweets_posted_at_tweet_id, ix_cases_effect_drug, ix_cases_last_at_case_id"
)


def fill(connection: psycopg.Connection[Any], mentions: int) -> None:
    """Write the rows without triggers and checks of foreign keys, as a restore does."""
    connection.execute("SET session_replication_role = replica; SET synchronous_commit = off")
    connection.execute(f"DROP INDEX {UNUSED_INDEXES}, ix_cases_first_at, ix_case_posts_tweet_id".encode())
    for first in range(1, mentions + 1, AT_ONCE):
        rows = {"mentions": mentions, "first": first, "last": min(mentions, first + AT_ONCE - 1)}
        connection.execute(psycopg.ClientCursor(connection).mogrify(ROWS, rows).encode())
        for statement in INSERTS:
            connection.execute(statement.encode())
    connection.execute("CREATE INDEX ix_cases_first_at ON cases (first_at)")
    connection.execute("CREATE INDEX ix_case_posts_tweet_id ON case_posts (tweet_id)")
    connection.execute(
        "INSERT INTO signal_changes (day) "
        "SELECT DISTINCT CAST(first_at AT TIME ZONE 'UTC' AS date) FROM cases"
    )
    connection.execute("SET session_replication_role = origin")
    for table in ("tweets", "cases", "case_posts"):
        connection.execute(f"VACUUM ANALYZE {table}".encode())
    connection.execute("CHECKPOINT")


@dataclass(frozen=True)
class Clock:
    """Takes the time of steps: of the wall clock, and of the processors for this process and the server.

    On a machine that does other work as well, only the seconds of processors can be compared.
    """

    folder: Path
    figures: dict[str, Any]

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Note the seconds of a step."""
        wall, busy = time.perf_counter(), self._busy_seconds()
        yield
        self.figures[f"{name}_s"] = round(time.perf_counter() - wall, 2)
        self.figures[f"{name}_cpu_s"] = round(self._busy_seconds() - busy, 2)

    def _busy_seconds(self) -> float:
        """Return the seconds of processors so far: of this process, the server, and its sessions (Linux)."""
        lines = (self.folder / "postgres" / "postgres" / "data" / "postmaster.pid").read_text()
        server = lines.split("\n", 1)[0]
        ticks = 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
            except OSError:
                continue  # a process that has just ended
            if stat.parent.name == server:
                ticks += sum(map(int, fields[11:15]))  # with its sessions that have ended
            elif fields[1] == server:
                ticks += sum(map(int, fields[11:13]))
        return time.process_time() + ticks / os.sysconf("SC_CLK_TCK")


def measure(mentions: int, sessions: int) -> dict[str, Any]:
    """Return the figures."""
    figures: dict[str, Any] = {"mentions": mentions, "sessions": sessions, "load": os.getloadavg()[0]}
    with tempfile.TemporaryDirectory() as folder:
        options = {"shared_buffers": "1GB", "max_wal_size": "8GB", "fsync": "off"}
        server = Postgres(Path(folder) / "postgres", start_timeout=120, options=options)
        server.start()
        try:
            settings = Settings(database=DatabaseSettings(url=SecretStr(server.url)))
            upgrade_database(settings)
            with psycopg.connect(server.url, autocommit=True) as connection:
                clock = Clock(Path(folder), figures)
                with clock.step("generate"):
                    fill(connection, mentions)
                _refresh(settings, connection, clock, sessions)
        finally:
            server.stop()
    return figures


def _refresh(settings: Settings, connection: psycopg.Connection[Any], clock: Clock, sessions: int) -> None:
    figures = clock.figures
    with clock.step("refresh_all"):
        refreshed = refresh_counts(settings, sessions=sessions)
    figures["days"], figures["cases"] = refreshed.days, refreshed.cases
    connection.execute("VACUUM ANALYZE signal_counts")
    rows, size = connection.execute(
        "SELECT count(*), pg_total_relation_size('signal_counts') FROM signal_counts"
    ).fetchone() or (0, 0)
    figures["rows"], figures["megabytes"] = rows, round(size / 1e6)
    connection.execute(f"UPDATE cases SET status = 'not-a-case' WHERE case_id = '{3:016x}'".encode())
    with clock.step("refresh_one_day"):
        assert refresh_counts(settings, sessions=sessions).days == 1
    connection.execute(
        "UPDATE cases SET status = 'not-a-case' WHERE case_id IN (SELECT max(case_id) FROM cases "
        f"WHERE first_at < '{FIRST}'::date + 30 GROUP BY date_trunc('day', first_at))".encode()
    )
    with clock.step("refresh_30_days"):
        refresh_counts(settings, sessions=sessions)
    with clock.step("read_year"):
        figures["pairs"] = len(read_window(settings).cases)


def main() -> None:
    """Print the figures as one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mentions", type=int, default=10_000_000)
    parser.add_argument("--sessions", type=int, default=2, help="ranges of days that are counted at once")
    parser.add_argument("--quick", action="store_true", help="200,000 mentions")
    options = parser.parse_args()
    print(json.dumps(measure(200_000 if options.quick else options.mentions, options.sessions)))


if __name__ == "__main__":
    main()
