"""The script that publishes alerts to Redis, and the errors of a Redis that refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
import redis
import redis.asyncio
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs

from monitor.alerts.ports import AlertRevision
from monitor.alerts.redis.publishing import RedisPublisher, seen_key
from monitor.errors import MonitorError, RetryableError, SettingsError
from monitor.settings import RedisSettings, Settings
from tests.monitor.alerts.conftest import Fill
from tests.monitor.alerts.payloads import STREAM, payload
from tests.monitor.alerts.relays import open_relay, published, wait_until, with_alerts
from tests.monitor.alerts.valkeys import RestartableValkey

Undo = Callable[[], Any]


async def test_an_entry_contains_the_json_of_the_alert(
    migrated: Settings, engine: AsyncEngine, fill: Fill, client: redis.Redis
) -> None:
    [alert_id] = fill(1)
    async with open_relay(migrated, engine) as relay:
        await relay.publish_pending()
    [(_, fields)] = client.xrange(STREAM)  # type: ignore[misc]
    assert fields["alert_id"] == alert_id
    assert json.loads(fields["alert"]) == payload(0)


async def test_every_alert_is_announced_on_the_channel(
    migrated: Settings, engine: AsyncEngine, fill: Fill, client: redis.Redis
) -> None:
    with client.pubsub(ignore_subscribe_messages=True) as subscription:
        subscription.subscribe(STREAM)
        await wait_until(
            lambda: subscription.get_message() is not None or bool(client.pubsub_numsub(STREAM)[0][1])
        )
        fill(1)
        async with open_relay(migrated, engine) as relay:
            await relay.publish_pending()
        messages: list[Any] = []
        await wait_until(lambda: bool(messages.append(subscription.get_message()) or any(messages)))
    [message] = [message for message in messages if message]
    assert json.loads(message["data"]) == payload(0)


async def test_an_alert_is_remembered_for_seen_ttl_seconds(
    migrated: Settings, engine: AsyncEngine, fill: Fill, client: redis.Redis
) -> None:
    [alert_id] = fill(1)
    async with open_relay(with_alerts(migrated, seen_ttl=90), engine) as relay:
        await relay.publish_pending()
    assert 0 < int(client.ttl(seen_key(STREAM, alert_id))) <= 90  # type: ignore[arg-type]


async def test_the_stream_is_trimmed_to_about_max_length(
    migrated: Settings, engine: AsyncEngine, fill: Fill, client: redis.Redis
) -> None:
    ids = fill(1_000)
    async with open_relay(with_alerts(migrated, max_length=100), engine) as relay:
        await relay.publish_pending()
    assert 100 <= client.xlen(STREAM) <= 400  # type: ignore[operator]
    assert published(client)[-1] == ids[-1]


async def test_a_server_that_lost_the_script_gets_it_again(
    migrated: Settings, engine: AsyncEngine, fill: Fill, outbox: psycopg.Connection[Any], client: redis.Redis
) -> None:
    ids = fill(3)
    async with open_relay(migrated, engine) as relay:
        await relay.publish_pending()
        client.script_flush()
        client.flushall()
        outbox.execute("UPDATE alert_outbox SET published_at = NULL")
        assert await relay.publish_pending() == 3
    assert published(client) == ids


async def test_all_keys_share_the_hash_tag_of_the_stream(
    migrated: Settings, engine: AsyncEngine, fill: Fill, client: redis.Redis
) -> None:
    [alert_id] = fill(1)
    async with open_relay(with_alerts(migrated, stream="{ade}:alerts"), engine) as relay:
        await relay.publish_pending()
    keys = ["{ade}:alerts", seen_key("{ade}:alerts", alert_id)]
    assert client.exists(*keys) == 2
    assert len({client.execute_command("CLUSTER", "KEYSLOT", key) for key in keys}) == 1


class Refusals:
    """Ways to make a Redis refuse alerts; each returns how to undo it."""

    @staticmethod
    def full(client: redis.Redis) -> Undo:
        client.config_set("maxmemory", "1")
        return lambda: client.config_set("maxmemory", "0")

    @staticmethod
    def replica(client: redis.Redis) -> Undo:
        client.replicaof("127.0.0.1", 1)
        return lambda: client.replicaof("NO", "ONE")

    @staticmethod
    def another_type(client: redis.Redis) -> Undo:
        client.set(STREAM, "not a stream")
        return lambda: client.delete(STREAM)

    @staticmethod
    def no_right_to_add(client: redis.Redis) -> Undo:
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
async def test_a_refused_alert_is_published_once_the_cause_is_fixed(
    refuse: Callable[[redis.Redis], Undo],
    error: type[MonitorError],
    word: str,
    migrated: Settings,
    engine: AsyncEngine,
    fill: Fill,
    valkey: RestartableValkey,
) -> None:
    ids = fill(2)
    with valkey.client() as client:
        undo = refuse(client)
        async with open_relay(valkey.settings(migrated), engine) as relay:
            with pytest.raises(error, match=word) as caught:
                await relay.publish_pending()
            undo()
            assert await relay.publish_pending() == 2
        assert published(client) == ids
    assert caught.value.advice


async def test_a_forbidden_channel_costs_only_the_announcement(
    migrated: Settings, engine: AsyncEngine, fill: Fill, valkey: RestartableValkey
) -> None:
    ids = fill(3)
    with valkey.client() as client:
        client.execute_command("ACL", "SETUSER", "default", "resetchannels", "&other")
        with capture_logs() as logs:
            async with open_relay(valkey.settings(migrated), engine) as relay:
                assert await relay.publish_pending() == 3
        assert published(client) == ids
    assert [entry["log_level"] for entry in logs if "channel" in entry] == ["warning"]


async def test_a_wrong_password_is_reported_without_the_password(
    migrated: Settings, engine: AsyncEngine, fill: Fill, redis_url: str
) -> None:
    fill(1)
    address = redis_url.rpartition("@")[2]
    wrong = RedisSettings(url=SecretStr(f"redis://:open-sesame@{address}"))
    async with open_relay(migrated.model_copy(update={"redis": wrong}), engine) as relay:
        with pytest.raises(SettingsError, match="ADE_REDIS__URL") as caught:
            await relay.publish_pending()
    assert "open-sesame" not in str(caught.value)


async def test_a_connection_that_does_not_close_in_time_is_an_outage(
    valkey: RestartableValkey, migrated: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(_: redis.asyncio.Connection) -> None:
        raise redis.TimeoutError("Timed out closing connection after 5.0")

    with valkey.client() as client:
        client.config_set("min-replicas-to-write", 1)  # refuses each change
        publisher = RedisPublisher(valkey.settings(migrated))
        with monkeypatch.context() as patch:
            patch.setattr(redis.asyncio.Connection, "disconnect", hang)
            with pytest.raises(RetryableError, match="closing connection"):
                await publisher.publish([AlertRevision("a", 1, payload(0))])
        await publisher.close()
