"""The relay publishes every alert once, whatever dies, and lets nothing else suffer for it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
import pytest
import redis
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs

from monitor.alerts import Relay
from monitor.alerts.redis import RedisPublisher
from monitor.alerts.redis.publishing import seen_key
from monitor.errors import MonitorError, RetryableError, SettingsError
from monitor.settings import AlertSettings, RedisSettings, Settings
from monitor.store.connections import async_engine
from tests.monitor.alerts.payloads import payload
from tests.monitor.alerts.valkeys import RestartableValkey
from tests.processes import child_environment

Fill = Callable[[int], list[str]]
STREAM = "ade:alerts"
NEVER = 3600.0  # seconds; an interval that no test waits for


@pytest.fixture
def stream(redis_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_url, decode_responses=True) as client:
        yield client


def published(client: redis.Redis, stream: str = STREAM) -> list[str]:
    return [fields["alert_id"] for _, fields in client.xrange(stream)]  # type: ignore[union-attr]


def unmarked(outbox: psycopg.Connection[Any]) -> int:
    row = outbox.execute("SELECT count(*) FROM alert_outbox WHERE published_at IS NULL").fetchone()
    assert row
    return int(row[0])


def with_alerts(settings: Settings, **alerts: Any) -> Settings:
    return settings.model_copy(update={"alerts": AlertSettings(**alerts)})


@asynccontextmanager
async def relay_of(settings: Settings, engine: AsyncEngine) -> AsyncIterator[Relay]:
    relay = Relay(settings, engine, RedisPublisher(settings))
    yield relay
    await relay.close()


@asynccontextmanager
async def running(relay: Relay) -> AsyncIterator[None]:
    task = asyncio.create_task(relay.run())
    yield
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def until(what: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not what():  # noqa: ASYNC110 - what is waited for happens in servers
            await asyncio.sleep(0.02)


async def test_alerts_are_published_in_order_and_marked(
    migrated: Settings, engine: AsyncEngine, fill: Fill, outbox: psycopg.Connection[Any], stream: redis.Redis
) -> None:
    ids = fill(450)
    async with relay_of(migrated, engine) as relay:
        assert await relay.publish_pending() == 450
        assert await relay.publish_pending() == 0
    assert published(stream) == ids
    assert unmarked(outbox) == 0
    _, fields = stream.xrange(STREAM, count=1)[0]  # type: ignore[index]
    assert json.loads(fields["alert"]) == payload(0)


async def test_every_alert_is_told_on_the_channel(
    migrated: Settings, engine: AsyncEngine, fill: Fill, stream: redis.Redis
) -> None:
    with stream.pubsub(ignore_subscribe_messages=True) as heard:
        heard.subscribe(STREAM)
        await until(lambda: heard.get_message() is not None or bool(stream.pubsub_numsub(STREAM)[0][1]))
        fill(1)
        async with relay_of(migrated, engine) as relay:
            await relay.publish_pending()
        messages: list[Any] = []
        await until(lambda: bool(messages.append(heard.get_message()) or any(messages)))
    [message] = [message for message in messages if message]
    assert json.loads(message["data"]) == payload(0)


BREAKS = {
    "before it publishes": "monitor.alerts.redis.RedisPublisher.publish = die",
    "after it has published": "monitor.alerts.relay.Relay._mark = die",
    "after it has marked, before the commit": (
        "mark = monitor.alerts.relay.Relay._mark\n"
        "async def mark_and_die(*given):\n    await mark(*given)\n    await die()\n"
        "monitor.alerts.relay.Relay._mark = mark_and_die"
    ),
}
DYING_RELAY = """
import asyncio, os, signal
import monitor.alerts.redis
import monitor.alerts.relay
from monitor.settings import load_settings
from monitor.store.connections import async_engine

async def die(*given):
    os.kill(os.getpid(), signal.SIGKILL)

{break_}
settings = load_settings().settings

async def main():
    publisher = monitor.alerts.redis.RedisPublisher(settings)
    relay = monitor.alerts.relay.Relay(settings, async_engine(settings.database), publisher)
    await relay.publish_pending()

asyncio.run(main())
"""


@pytest.mark.parametrize("when", BREAKS)
async def test_a_relay_that_is_killed_loses_and_doubles_nothing(
    when: str,
    migrated: Settings,
    engine: AsyncEngine,
    fill: Fill,
    outbox: psycopg.Connection[Any],
    stream: redis.Redis,
) -> None:
    ids = fill(20)
    code = DYING_RELAY.format(break_=BREAKS[when])
    died = await asyncio.create_subprocess_exec(sys.executable, "-c", code, env=child_environment(migrated))
    assert await died.wait() == -signal.SIGKILL
    assert published(stream) == ([] if when == "before it publishes" else ids)
    # The server needs a moment to see that the killed client is gone, and then lets its rows go.
    await until(
        lambda: (
            len(
                outbox.execute(
                    "SELECT 1 FROM alert_outbox WHERE published_at IS NULL FOR UPDATE SKIP LOCKED"
                ).fetchall()
            )
            == 20
        )
    )
    async with relay_of(migrated, engine) as relay:
        assert await relay.publish_pending() == 20
    assert published(stream) == ids
    assert unmarked(outbox) == 0


async def test_relays_that_share_an_outbox_publish_each_alert_once(
    migrated: Settings, engine: AsyncEngine, fill: Fill, outbox: psycopg.Connection[Any], stream: redis.Redis
) -> None:
    ids = fill(900)
    other_engine = async_engine(migrated.database)
    async with relay_of(migrated, engine) as one, relay_of(migrated, other_engine) as other:
        counts = await asyncio.gather(*(relay.publish_pending() for relay in (one, other, one, other)))
    await other_engine.dispose()
    assert sum(counts) == 900
    assert sorted(published(stream)) == ids
    assert unmarked(outbox) == 0


async def test_an_alert_is_forgotten_after_its_time_and_not_before(
    migrated: Settings, engine: AsyncEngine, fill: Fill, stream: redis.Redis
) -> None:
    [alert_id] = fill(1)
    async with relay_of(with_alerts(migrated, seen_ttl=90), engine) as relay:
        await relay.publish_pending()
    assert 0 < int(stream.ttl(seen_key(STREAM, alert_id))) <= 90  # type: ignore[arg-type]


async def test_a_server_that_lost_its_scripts_gets_them_again(
    migrated: Settings, engine: AsyncEngine, fill: Fill, outbox: psycopg.Connection[Any], stream: redis.Redis
) -> None:
    ids = fill(3)
    async with relay_of(migrated, engine) as relay:
        await relay.publish_pending()
        stream.script_flush()
        stream.flushall()
        outbox.execute("UPDATE alert_outbox SET published_at = NULL")
        assert await relay.publish_pending() == 3
    assert published(stream) == ids


async def test_the_keys_of_an_alert_share_the_hash_tag_of_the_stream(
    migrated: Settings, engine: AsyncEngine, fill: Fill, stream: redis.Redis
) -> None:
    [alert_id] = fill(1)
    async with relay_of(with_alerts(migrated, stream="{ade}:alerts"), engine) as relay:
        await relay.publish_pending()
    keys = ["{ade}:alerts", seen_key("{ade}:alerts", alert_id)]
    assert stream.exists(*keys) == 2
    assert len({stream.execute_command("CLUSTER", "KEYSLOT", key) for key in keys}) == 1


class Refusals:
    """Ways to make a Redis refuse, and to mend it."""

    @staticmethod
    def full(client: redis.Redis) -> Callable[[], Any]:
        client.config_set("maxmemory", "1")
        return lambda: client.config_set("maxmemory", "0")

    @staticmethod
    def replica(client: redis.Redis) -> Callable[[], Any]:
        client.replicaof("127.0.0.1", 1)
        return lambda: client.replicaof("NO", "ONE")

    @staticmethod
    def another_type(client: redis.Redis) -> Callable[[], Any]:
        client.set(STREAM, "no stream")
        return lambda: client.delete(STREAM)

    @staticmethod
    def no_right_to_add(client: redis.Redis) -> Callable[[], Any]:
        client.execute_command("ACL", "SETUSER", "default", "-xadd")
        return lambda: client.execute_command("ACL", "SETUSER", "default", "+xadd")


@pytest.mark.parametrize(
    ("refuse", "error", "word"),
    [
        (Refusals.full, RetryableError, "maxmemory"),
        (Refusals.replica, RetryableError, "replica"),
        (Refusals.another_type, SettingsError, "ADE_ALERTS__STREAM"),
        (Refusals.no_right_to_add, SettingsError, "ACL"),
    ],
)
async def test_a_refused_alert_is_published_after_the_mend(
    refuse: Callable[[redis.Redis], Callable[[], Any]],
    error: type[MonitorError],
    word: str,
    migrated: Settings,
    engine: AsyncEngine,
    fill: Fill,
    valkey: RestartableValkey,
) -> None:
    ids = fill(2)
    with valkey.client() as client:
        mend = refuse(client)
        async with relay_of(valkey.of(migrated), engine) as relay:
            with pytest.raises(error, match=word):
                await relay.publish_pending()
            mend()
            assert await relay.publish_pending() == 2
        assert published(client) == ids


async def test_a_channel_that_is_not_allowed_costs_the_hint_alone(
    migrated: Settings, engine: AsyncEngine, fill: Fill, valkey: RestartableValkey
) -> None:
    ids = fill(3)
    with valkey.client() as client:
        client.execute_command("ACL", "SETUSER", "default", "resetchannels", "&other")
        with capture_logs() as logs:
            async with relay_of(valkey.of(migrated), engine) as relay:
                assert await relay.publish_pending() == 3
        assert published(client) == ids
    assert [entry["log_level"] for entry in logs if "channel" in entry] == ["warning"]


async def test_a_wrong_password_is_named_and_not_shown(
    migrated: Settings, engine: AsyncEngine, fill: Fill, redis_url: str
) -> None:
    fill(1)
    address = redis_url.rpartition("@")[2]
    wrong = RedisSettings(url=SecretStr(f"redis://:open-sesame@{address}"))
    async with relay_of(migrated.model_copy(update={"redis": wrong}), engine) as relay:
        with pytest.raises(SettingsError, match="ADE_REDIS__URL") as caught:
            await relay.publish_pending()
    assert "open-sesame" not in str(caught.value)


async def test_a_running_relay_publishes_at_start_and_when_nudged(
    migrated: Settings, engine: AsyncEngine, fill: Fill, outbox: psycopg.Connection[Any]
) -> None:
    fill(1)
    async with relay_of(with_alerts(migrated, relay_interval=NEVER), engine) as relay, running(relay):
        await until(lambda: unmarked(outbox) == 0)
        outbox.execute("UPDATE alert_outbox SET published_at = NULL")
        relay.nudge()
        await until(lambda: unmarked(outbox) == 0)


async def test_a_running_relay_looks_by_itself(
    migrated: Settings, engine: AsyncEngine, fill: Fill, outbox: psycopg.Connection[Any]
) -> None:
    async with relay_of(with_alerts(migrated, relay_interval=0.1), engine) as relay, running(relay):
        fill(1)
        await until(lambda: unmarked(outbox) == 0)


async def test_a_running_relay_outlives_redis_and_says_so_once(
    migrated: Settings,
    engine: AsyncEngine,
    fill: Fill,
    outbox: psycopg.Connection[Any],
    valkey: RestartableValkey,
) -> None:
    valkey.stop()
    ids = fill(5)
    settings = valkey.of(with_alerts(migrated, relay_interval=0.05))
    with capture_logs() as logs:
        async with relay_of(settings, engine) as relay, running(relay):
            await until(lambda: bool(logs))
            await asyncio.sleep(0.5)
            assert unmarked(outbox) == 5
            valkey.start()
            await until(lambda: unmarked(outbox) == 0)
            await until(lambda: logs[-1]["log_level"] == "info")
    assert [entry["log_level"] for entry in logs if entry["log_level"] != "debug"] == ["warning", "info"]
    with valkey.client() as client:
        assert published(client) == ids


async def test_a_running_relay_outlives_a_database_that_cannot_be_used(
    migrated: Settings, engine: AsyncEngine, fill: Fill, outbox: psycopg.Connection[Any], stream: redis.Redis
) -> None:
    ids = fill(2)
    outbox.execute("ALTER TABLE alert_outbox RENAME TO away")
    with capture_logs() as logs:
        async with relay_of(with_alerts(migrated, relay_interval=0.05), engine) as relay, running(relay):
            await until(lambda: bool(logs))
            outbox.execute("ALTER TABLE away RENAME TO alert_outbox")
            await until(lambda: published(stream) == ids)
