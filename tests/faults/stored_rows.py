"""What a run leaves in the database and in the stream of alerts, compared with a run without faults."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import psycopg
import redis
from pydantic import SecretStr

from monitor.settings import DatabaseSettings, Settings
from tests.faults.damage import Damage

TABLES: Final = {
    "tweets": "SELECT tweet_id, author_hash, posted_at FROM tweets",
    "predictions": "SELECT tweet_id, version, label FROM predictions",
    "mentions": 'SELECT tweet_id, version, start, "end", ptid, drug, drug_score, drug_place, case_id, '
    "tags::text FROM mentions",
    "post_drugs": 'SELECT tweet_id, version, part, start, "end", drug, place FROM post_drugs',
    "post_facts": 'SELECT tweet_id, version, kind, start, "end", value FROM post_facts',
    "post_copies": "SELECT tweet_id, first_id, kind, similarity FROM post_copies",
    "cases": "SELECT case_id, drug, effect, ptid, first_at, last_at, status FROM cases",
    "case_posts": "SELECT case_id, tweet_id, role, missing::text FROM case_posts",
    "seen_pairs": "SELECT drug, effect, first_at FROM seen_pairs",
    "hourly_counts": "SELECT hour, seen, positive FROM hourly_counts",
    "hourly_drug_counts": "SELECT hour, drug, seen, positive FROM hourly_drug_counts",
    "hourly_effect_counts": "SELECT hour, drug, ptid, platform, posts FROM hourly_effect_counts "
    "WHERE posts > 0",
    "alert_cooldowns": "SELECT key FROM alert_cooldowns",
    "alert_outbox": "SELECT alert_id, tweet_id, action, revision FROM alert_outbox",
}
"""The rows that must be the same, without the times of their writing."""

Rows = Counter[tuple[Any, ...]]


def stored_rows(settings: Settings) -> Rows:
    """Return all rows and all alerts of the stream, each after the name of its table, with their numbers."""
    rows: Rows = Counter()
    with psycopg.connect(settings.database.url.get_secret_value()) as connection:
        for table, statement in TABLES.items():
            rows.update((table, *row) for row in connection.execute(statement))
    rows.update(("stream", *alert) for alert in map(_of_alert, stream_alerts(settings)))
    return rows


def stream_alerts(settings: Settings) -> list[dict[str, Any]]:
    """Return the alerts of the stream."""
    with redis.Redis.from_url(settings.redis.url.get_secret_value()) as client:
        entries: Any = client.xrange(settings.alerts.stream)
    return [json.loads(fields[b"alert"]) for _, fields in entries if b"alert" in fields]


def _of_alert(alert: dict[str, Any]) -> tuple[Any, ...]:
    rules, tags = ", ".join(alert["rules"]), ", ".join(alert["tags"])
    drug = alert["drug"] and alert["drug"]["name"]
    return (alert["alert_id"], alert["tweet_id"], rules, tags, alert["severity"], drug, alert["case_id"])


def waiting_alerts(settings: Settings) -> int:
    """Return how many alerts of the outbox are not in the stream yet."""
    with psycopg.connect(settings.database.url.get_secret_value()) as connection:
        [(waiting,)] = connection.execute("SELECT count(*) FROM alert_outbox WHERE published_at IS NULL")
    return int(waiting)


def difference(expected: Rows, rows: Rows) -> Damage:
    """Return how many rows are missing, and how many there are in addition. A changed row is one of each."""
    return Damage(lost=(expected - rows).total(), doubled=(rows - expected).total())


def explained(expected: Rows, rows: Rows) -> str:
    """Return some of the different rows, for the message of a failure."""
    missing, added = list(expected - rows)[:8], list(rows - expected)[:8]
    return f"missing: {missing}\nin addition: {added}"


@contextmanager
def own_tables(settings: Settings) -> Iterator[Settings]:
    """Create an empty database and a stream of alerts for a further run, and return settings with both.

    Args:
        settings: with a server whose template of a migrated database exists.
    """
    name = f"test_{uuid.uuid4().hex[:12]}"
    url = settings.database.url.get_secret_value()
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE migrated_template")
        database = DatabaseSettings(url=SecretStr(f"{url.rpartition('/')[0]}/{name}"))
        alerts = settings.alerts.model_copy(update={"stream": f"ade:{name}", "channel": f"ade:{name}"})
        yield settings.model_copy(update={"database": database, "alerts": alerts})
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
