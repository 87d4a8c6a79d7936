"""How long the weekly random sample takes: `python -m benchmarks.signals.sample_case`.

A Postgres of its own gets generated posts of 20 weeks, with their predictions: 70% positive ones with a
mention, and 30% negative ones that chance has kept. Every tenth post is a copy, and every tenth was scored by
two bundles. Drugs and languages are skewed as in real data (Zipf). Indexes that the draw does not use are
left out.

Timed are the draw of the last week with its strata, the same command again, and the queue of the most
uncertain mentions of that week.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import psycopg
from pydantic import SecretStr

from benchmarks.signals.refresh_case import Clock
from monitor.embedded import Postgres
from monitor.review import take_sample
from monitor.settings import DatabaseSettings, Settings
from monitor.store.reviews import SampleRequest, Strategy
from monitor.store.revisions import upgrade_database

FIRST: Final = datetime(2026, 1, 5, tzinfo=UTC)
WEEKS: Final = 20
QUICK_POSTS: Final = 50_000

_ROWS: Final = """
CREATE UNLOGGED TABLE generated AS SELECT
    n, 'post ' || n AS tweet_id,
    timestamptz '{first:%Y-%m-%d} 00:00Z' + interval '1 week' * (n::float8 * {weeks} / ({posts} + 1)) AS at,
    (ARRAY['en', 'es', 'de', 'fr', 'pt'])[least(5, floor(exp(random() * ln(6.0)))::int)] AS lang,
    'drug ' || least(500, floor(exp(random() * ln(501.0)))::int) AS drug,
    random() AS probability
FROM generate_series(1, {posts}) AS n
"""
_INSERTS: Final = (
    "INSERT INTO tweets (tweet_id, posted_at, lang, text) "
    "SELECT tweet_id, at, lang, repeat('words of a post ', 6) FROM generated",
    "INSERT INTO predictions (tweet_id, posted_at, bundle, label, probability, inclusion, predicted_at) "
    "SELECT tweet_id, at, bundle, CASE WHEN probability < 0.3 THEN 'NoADE' ELSE 'ADE' END, probability, "
    "CASE WHEN probability < 0.3 THEN 0.001 ELSE 1 END, at + number * interval '1 day' "
    "FROM generated, (VALUES (0, 'first'), (1, 'second')) AS b (number, bundle) "
    "WHERE number = 0 OR n % 10 = 1",
    'INSERT INTO mentions (tweet_id, posted_at, bundle, start, "end", text, score, ptid, pt_name, pt_score, '
    "drug) SELECT tweet_id, at, bundle, 0, 5, 'words', 0.9, '10044565', 'Tremor', random(), drug "
    "FROM generated JOIN predictions USING (tweet_id) WHERE label = 'ADE'",
    'INSERT INTO post_drugs (tweet_id, posted_at, version, part, start, "end", drug, text, naming, place) '
    "SELECT tweet_id, at, 1, 0, 0, 5, drug, 'words', 'generic', 'text' FROM generated WHERE n % 3 > 0",
    "INSERT INTO post_copies (tweet_id, first_id, kind, similarity) "
    "SELECT tweet_id, 'post ' || n - 1, 'repost', 1 FROM generated WHERE n % 10 = 0",
    "DROP TABLE generated",
)
_UNUSED_INDEXES: Final = "ix_tweets_words, ix_tweets_context, ix_tweets_author_hash, ix_tweets_referenced_id"


def fill(connection: psycopg.Connection[Any], posts: int) -> None:
    """Write the rows without triggers and checks of foreign keys, as a restore does."""
    connection.execute("SET session_replication_role = replica; SET synchronous_commit = off")
    connection.execute(f"DROP INDEX {_UNUSED_INDEXES}".encode())
    connection.execute(_ROWS.format(first=FIRST, weeks=WEEKS, posts=posts).encode())
    for statement in _INSERTS:
        connection.execute(statement.encode())
    connection.execute("SET session_replication_role = origin")
    connection.execute("VACUUM ANALYZE tweets, predictions, mentions, post_drugs, post_copies")
    connection.execute("CHECKPOINT")


def measure(posts: int) -> dict[str, Any]:
    """Return the figures."""
    figures: dict[str, Any] = {"posts": posts, "weeks": WEEKS, "load": os.getloadavg()[0]}
    with tempfile.TemporaryDirectory() as folder:
        options = {"shared_buffers": "512MB", "max_wal_size": "4GB", "fsync": "off"}
        server = Postgres(Path(folder) / "postgres", start_timeout=120, options=options)
        server.start()
        try:
            settings = Settings(database=DatabaseSettings(url=SecretStr(server.url)))
            upgrade_database(settings)
            clock = Clock(Path(folder), figures)
            with psycopg.connect(server.url, autocommit=True) as connection, clock.step("generate"):
                fill(connection, posts)
            end = FIRST + timedelta(weeks=WEEKS)
            week = (end - timedelta(weeks=1), end)
            for name, strategy in (
                ("draw", Strategy.RANDOM),
                ("draw_again", Strategy.RANDOM),
                ("uncertain", Strategy.UNCERTAIN),
            ):
                with clock.step(name):
                    sample = take_sample(settings, SampleRequest(strategy, *week))
                figures[f"{name}_posts"] = sample.posts
        finally:
            server.stop()
    return figures


def main() -> None:
    """Read the options and print the figures as a JSON line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--posts", type=int, default=1_000_000)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_POSTS:,} posts")
    options = parser.parse_args()
    print(json.dumps(measure(QUICK_POSTS if options.quick else options.posts)))


if __name__ == "__main__":
    main()
