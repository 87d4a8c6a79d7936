"""Old alerts leave the Redis Stream, and its append-only file."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import redis
from pydantic import SecretStr

from monitor.alerts.redis import trim_alerts, trimming
from monitor.embedded import free_port
from monitor.errors import RetryableError
from monitor.settings import AlertSettings, RedisSettings, Settings

DAY = timedelta(days=1)
NOW = datetime(2026, 11, 29, tzinfo=UTC)
STREAM = AlertSettings().stream


def fill(client: redis.Redis, *ages: float) -> None:
    """Add an entry for each age in days, the oldest first."""
    for age in sorted(ages, reverse=True):
        client.xadd(STREAM, {"alert_id": str(age)}, id=f"{int((NOW - age * DAY).timestamp() * 1000)}-*")


def ages(client: redis.Redis) -> list[float]:
    """Return the ages of the entries that are left."""
    return [float(fields[b"alert_id"]) for _, fields in client.xrange(STREAM)]


@pytest.fixture
def client(redis_url: str) -> redis.Redis:
    """A client of an empty Valkey."""
    return redis.Redis.from_url(redis_url)


@pytest.fixture
def here(redis_url: str) -> Settings:
    """Settings of this Valkey."""
    return Settings(redis=RedisSettings(url=SecretStr(redis_url)))


async def test_entries_before_a_time_are_removed(client: redis.Redis, here: Settings) -> None:
    fill(client, 40, 31, 30, 29, 0)
    assert await trim_alerts(here, NOW - 30 * DAY, dry_run=True) == 2
    assert len(ages(client)) == 5
    assert await trim_alerts(here, NOW - 30 * DAY) == 2
    assert ages(client) == [30, 29, 0]
    assert await trim_alerts(here, NOW - 30 * DAY) == 0


async def test_many_entries_are_removed_in_pieces(
    client: redis.Redis, here: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trimming, "AT_ONCE", 100)
    monkeypatch.setattr(trimming, "READ_AT_ONCE", 100)
    client.config_set("stream-node-max-entries", 64)
    try:
        fill(client, *(31 + number / 1000 for number in range(777)), 1)
    finally:
        client.config_set("stream-node-max-entries", 1)
    assert await trim_alerts(here, NOW - 30 * DAY, dry_run=True) == 777
    assert await trim_alerts(here, NOW - 30 * DAY) == 777
    assert ages(client) == [1]


async def test_the_append_only_file_is_due_to_be_rewritten(client: redis.Redis, here: Settings) -> None:
    fill(client, 40)
    await trim_alerts(here, NOW - 50 * DAY)
    assert not client.exists(f"{STREAM}:unpurged")
    await trim_alerts(here, NOW - 30 * DAY)
    assert client.exists(f"{STREAM}:unpurged")


async def test_an_empty_stream_is_not_created(client: redis.Redis, here: Settings) -> None:
    assert await trim_alerts(here, NOW) == 0
    assert await trim_alerts(here, NOW, dry_run=True) == 0
    assert client.keys() == []


async def test_a_redis_that_is_away_can_be_tried_again() -> None:
    away = Settings(redis=RedisSettings(url=SecretStr(f"redis://127.0.0.1:{free_port()}/0")))
    with pytest.raises(RetryableError):
        await trim_alerts(away, NOW)
