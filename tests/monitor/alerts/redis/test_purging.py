"""Retracted alerts leave the files of Redis, too."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import redis
from structlog.testing import capture_logs

from monitor.alerts import AlertRevision
from monitor.alerts.redis import RedisPublisher
from monitor.alerts.redis.purging import unpurged_key
from monitor.settings import Settings
from tests.monitor.alerts.payloads import STREAM, payload, retraction
from tests.monitor.alerts.relays import wait_until, with_alerts
from tests.monitor.alerts.valkeys import RestartableValkey


@pytest.fixture
def valkey_client(valkey: RestartableValkey) -> Iterator[redis.Redis]:
    with valkey.client() as client:
        client.config_set("rdbcompression", "no")  # or the test could not find a text in the file
        yield client


@pytest.fixture
async def publisher(valkey: RestartableValkey) -> AsyncIterator[RedisPublisher]:
    made = RedisPublisher(valkey.settings(with_alerts(Settings(), rewrite_interval=60)))
    yield made
    await made.close()


def text_of(number: int) -> str:
    return f"i can't stop shaking {number:04d}"


async def publish(publisher: RedisPublisher, *numbers: int) -> None:
    revisions = [
        AlertRevision(payload(number)["alert_id"], 1, payload(number, text=text_of(number)))
        for number in numbers
    ]
    assert (await publisher.publish(revisions)).error is None


async def retract(publisher: RedisPublisher, number: int) -> None:
    revision = AlertRevision(payload(number)["alert_id"], 2, retraction(number), retracts=True)
    assert (await publisher.publish([revision])).error is None


def files_with(folder: Path, number: int) -> list[Path]:
    """Return the files that have the text of this alert."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path for path in files if text_of(number).encode() in path.read_bytes()]


def is_written(client: redis.Redis) -> bool:
    """Return True if no rewrite of the append-only file is in progress."""
    state = client.info("persistence")
    return not state["aof_rewrite_in_progress"] and not state["aof_rewrite_scheduled"]  # type: ignore[index]


async def test_a_retracted_alert_leaves_the_memory_and_the_files_and_others_stay(
    valkey: RestartableValkey, valkey_client: redis.Redis, publisher: RedisPublisher
) -> None:
    await publish(publisher, *range(20))
    await retract(publisher, 7)
    assert files_with(valkey.folder, 7)
    await publisher.purge()
    await wait_until(lambda: is_written(valkey_client) and not files_with(valkey.folder, 7))
    assert files_with(valkey.folder, 8)
    assert valkey_client.exists(unpurged_key(STREAM)) == 0


async def test_a_rewrite_waits_for_the_interval_and_is_not_forgotten(
    valkey_client: redis.Redis, publisher: RedisPublisher
) -> None:
    await publish(publisher, 1, 2)
    await retract(publisher, 1)
    await publisher.purge()
    await retract(publisher, 2)
    await publisher.purge()
    assert valkey_client.get(unpurged_key(STREAM)) == "1"
    await wait_until(lambda: is_written(valkey_client))
    valkey_client.delete(f"{STREAM}:rewritten")  # as after the interval
    await retract(publisher, 2)
    await publisher.purge()
    await wait_until(lambda: is_written(valkey_client))
    assert valkey_client.exists(unpurged_key(STREAM)) == 0


async def test_a_rewrite_during_another_one_comes_later(
    valkey_client: redis.Redis, publisher: RedisPublisher
) -> None:
    valkey_client.config_set("rdb-key-save-delay", "100000")  # microseconds for each key: a slow rewrite
    await publish(publisher, *range(20))
    valkey_client.bgrewriteaof()
    await retract(publisher, 1)
    await publisher.purge()
    assert valkey_client.get(unpurged_key(STREAM)) == "1"
    valkey_client.config_set("rdb-key-save-delay", "0")


async def test_without_removals_nothing_is_rewritten(
    valkey: RestartableValkey, publisher: RedisPublisher
) -> None:
    await publish(publisher, 1)
    before = sorted(path.name for path in valkey.folder.rglob("*"))
    await publisher.purge()
    assert sorted(path.name for path in valkey.folder.rglob("*")) == before


async def test_a_server_without_an_append_only_file_gets_none(
    valkey: RestartableValkey, valkey_client: redis.Redis, publisher: RedisPublisher
) -> None:
    valkey_client.config_set("appendonly", "no")
    await publish(publisher, 1)
    await retract(publisher, 1)
    before = sorted(path.name for path in valkey.folder.rglob("*"))
    await publisher.purge()
    assert sorted(path.name for path in valkey.folder.rglob("*")) == before
    assert valkey_client.exists(unpurged_key(STREAM)) == 0


async def test_a_forbidden_rewrite_is_one_warning_with_advice(
    valkey_client: redis.Redis, publisher: RedisPublisher
) -> None:
    valkey_client.execute_command("ACL", "SETUSER", "default", "-bgrewriteaof")
    with capture_logs() as logs:
        for number in (1, 2):
            await publish(publisher, number)
            await retract(publisher, number)
            valkey_client.delete(f"{STREAM}:rewritten")
            await publisher.purge()
    warnings = [entry for entry in logs if entry["log_level"] == "warning"]
    assert ["BGREWRITEAOF" in entry["advice"] for entry in warnings] == [True]
    assert valkey_client.get(unpurged_key(STREAM)) == "2"
