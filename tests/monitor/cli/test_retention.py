"""`ade-monitor retention apply`, as its users see it."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
import redis

from monitor.compliance import retention_job
from monitor.settings import RetentionSettings, Settings
from monitor.store import Store
from tests.monitor.cli.conftest import RunCommand
from tests.monitor.store.batches import Tables, alert, positive_tweet, write
from tests.processes import running, wait_for

YEAR_MS = 365 * 86_400_000


def with_old_posts(settings: Settings, tables: Tables, **days: int) -> Settings:
    """Return settings with retention, after two posts were stored long ago and one today."""

    async def fill() -> None:
        store = Store(settings)
        long_ago = datetime(2020, 1, 1, tzinfo=UTC)
        tweets = [positive_tweet(tweet_id, posted_at=long_ago) for tweet_id in ("1", "2")]
        tweets.append(positive_tweet("3"))
        await write(store, tweets, alerts=[alert("a", "1")])
        await store.close()

    asyncio.run(fill())
    tables.run("UPDATE tweets SET first_seen_at = posted_at WHERE tweet_id <> '3'")
    tables.run("UPDATE alert_outbox SET published_at = '2020-01-01'")
    return settings.model_copy(update={"retention": RetentionSettings(**days)})


def add_entries(settings: Settings, count: int) -> None:
    """Add alerts to the stream that were published a year ago, and one of today."""
    now = int(time.time() * 1000)
    with redis.Redis.from_url(settings.redis.url.get_secret_value()) as client:
        for number in range(count):
            client.xadd(settings.alerts.stream, {"alert_id": str(number)}, id=f"{now - YEAR_MS}-{number}")
        client.xadd(settings.alerts.stream, {"alert_id": "new"}, id=f"{now}-0")


def entries(settings: Settings) -> int:
    with redis.Redis.from_url(settings.redis.url.get_secret_value()) as client:
        return int(client.xlen(settings.alerts.stream))


def test_old_posts_and_alerts_are_counted_first_and_then_removed(
    run: RunCommand, migrated: Settings, tables: Tables
) -> None:
    settings = with_old_posts(migrated, tables, posts_days=90, alerts_days=30)
    add_entries(settings, 2_500)
    rehearsed = run(settings, "retention", "apply", "--dry-run", "--json")
    assert rehearsed.status == 0, rehearsed.err
    assert json.loads(rehearsed.out) == {
        "dry_run": True, "posts": 2, "alerts": 2_500, "touched": {}, "problem": None,
    }  # fmt: skip
    assert (len(tables.rows("SELECT * FROM tweets")), entries(settings)) == (3, 2_501)
    ended = run(settings, "retention", "apply")
    assert ended.status == 0, ended.err
    assert ended.out.splitlines() == [
        "removed: 2 posts",
        "  predictions: 2",
        "  mentions: 2",
        "  alerts that were published: 1",
        "  alerts in Redis: 2,500",
    ]
    assert (tables.rows("SELECT tweet_id FROM tweets"), entries(settings)) == ([("3",)], 1)
    audited = "SELECT event, (touched ->> 'tweets')::int FROM compliance_events"
    assert tables.rows(audited) == [("retention", 2)]
    report = run(settings, "compliance", "report", "--json")
    assert json.loads(report.out)["events"] == [], "retention is not a deletion by anybody"


def test_without_retention_the_settings_are_named(run: RunCommand, migrated: Settings) -> None:
    ended = run(migrated, "retention", "apply")
    assert ended.status == 2
    assert "ADE_RETENTION__POSTS_DAYS" in ended.err


def test_a_second_process_is_noticed(run: RunCommand, migrated: Settings, tables: Tables) -> None:
    settings = with_old_posts(migrated, tables, posts_days=90, alerts_days=90)
    with psycopg.connect(settings.database.url.get_secret_value()) as other:
        other.execute(str(retention_job.TRY_LOCK_RUN).encode())
        ended = run(settings, "retention", "apply")
    assert ended.status == 1
    assert "another process" in ended.err
    assert len(tables.rows("SELECT * FROM tweets")) == 3


def test_posts_are_removed_even_if_redis_is_away(run: RunCommand, migrated: Settings, tables: Tables) -> None:
    from pydantic import SecretStr

    from monitor.embedded import free_port

    settings = with_old_posts(migrated, tables, posts_days=90, alerts_days=30)
    away = settings.redis.model_copy(update={"url": SecretStr(f"redis://127.0.0.1:{free_port()}/0")})
    ended = run(settings.model_copy(update={"redis": away}), "retention", "apply")
    assert ended.status == 1
    assert "old alerts were not removed" in ended.err
    assert len(tables.rows("SELECT * FROM tweets")) == 1


@pytest.mark.parametrize(
    "stop",
    [
        *(pytest.param(number, marks=pytest.mark.slow) for number in (signal.SIGINT, signal.SIGTERM)),
        signal.SIGKILL,
    ],
    ids=lambda stop: stop.name,
)
def test_a_command_that_is_stopped_keeps_whole_pages_and_the_next_one_goes_on(
    stop: signal.Signals, run: RunCommand, migrated: Settings, tables: Tables, tmp_path: Path
) -> None:
    tables.run(
        "INSERT INTO tweets (tweet_id, posted_at, first_seen_at) "
        "SELECT n::text, '2020-01-01', '2020-01-01' FROM generate_series(1, 30000) AS n"
    )
    settings = migrated.model_copy(update={"retention": RetentionSettings(posts_days=90, alerts_days=90)})

    def left() -> int:
        return int(tables.rows("SELECT count(*) FROM tweets")[0][0])

    with running(settings, tmp_path, "retention", "apply") as command:
        wait_for(lambda: left() < 30_000, watching=command)
        command.process.send_signal(stop)
        assert command.process.wait(60) != 0
    assert "Traceback" not in command.output()
    remaining = left()
    assert (remaining > 0, remaining % 1_000) == (True, 0)
    # The server notices a killed client when it next writes to it.
    wait_for(lambda: run(settings, "retention", "apply").status == 0)
    assert left() == 0
    removed = "SELECT sum((touched ->> 'tweets')::int) FROM compliance_events WHERE event = 'retention'"
    assert tables.rows(removed) == [(30_000,)]
