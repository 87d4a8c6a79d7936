"""A replica becomes the primary: the relay and the readers follow, and alerts may require a replica."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
from sqlalchemy.ext.asyncio import AsyncEngine

from monitor.alerts.redis import publishing
from monitor.alerts.redis.group import open_reader
from monitor.errors import RetryableError
from monitor.settings import Settings
from tests.gate import Gate
from tests.monitor.alerts.conftest import Fill
from tests.monitor.alerts.payloads import STREAM
from tests.monitor.alerts.relays import open_relay, published, unpublished, with_alerts
from tests.monitor.alerts.valkeys import RestartableValkey, restartable_valkey
from tests.processes import wait_for


@pytest.fixture
def other(tmp_path: Path) -> Iterator[RestartableValkey]:
    """Another Valkey than `valkey`."""
    with restartable_valkey(tmp_path / "other") as server:
        yield server


@pytest.fixture
def gate(valkey: RestartableValkey) -> Iterator[Gate]:
    """The name that leads to the primary."""
    gate = Gate(valkey.port)
    yield gate
    gate.shut()


def through(settings: Settings, gate: Gate) -> Settings:
    return settings.model_copy(update={"redis": settings.redis.at(f"redis://127.0.0.1:{gate.port}/0")})


def fail_over(gate: Gate, old: redis.Redis, new: RestartableValkey) -> None:
    """Make the old primary a replica of the new one. Existing connections still lead to the old one."""
    old.replicaof("127.0.0.1", new.port)
    gate.target = new.port


async def test_alerts_go_to_the_new_primary(
    migrated: Settings,
    engine: AsyncEngine,
    fill: Fill,
    outbox: psycopg.Connection[Any],
    valkey: RestartableValkey,
    other: RestartableValkey,
    gate: Gate,
) -> None:
    ids = fill(2)
    with valkey.client() as old, other.client() as new:
        async with open_relay(through(migrated, gate), engine) as relay:
            assert await relay.publish_pending() == 2
            old.flushall()  # it would answer for alerts that it knows
            fail_over(gate, old, other)
            outbox.execute("UPDATE alert_outbox SET published_at = NULL")
            with pytest.raises(RetryableError, match="replica"):
                await relay.publish_pending()
            assert await relay.publish_pending() == 2
        assert published(new) == ids


def test_a_reader_of_a_group_reads_on_at_the_new_primary(
    migrated: Settings, valkey: RestartableValkey, other: RestartableValkey, gate: Gate
) -> None:
    reader = open_reader(
        through(migrated, gate),
        group="g",
        consumer="one",
        claim_after=3600,
        from_start=True,
        notify=lambda _: None,
    )
    assert reader.read() == []
    with valkey.client() as old, other.client() as new:
        new.xadd(STREAM, {"alert_id": "a"})
        fail_over(gate, old, other)
        with pytest.raises(RetryableError, match="replica"):
            reader.read()
        assert reader.read() == []  # it creates its group where it was
        new.xadd(STREAM, {"alert_id": "b"})
        assert [entry.fields["alert_id"] for entry in reader.read()] == ["a", "b"]
    reader.close()


async def test_alerts_count_as_published_once_enough_replicas_have_them(
    migrated: Settings,
    engine: AsyncEngine,
    fill: Fill,
    outbox: psycopg.Connection[Any],
    valkey: RestartableValkey,
    other: RestartableValkey,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ids = fill(3)
    settings = valkey.settings(with_alerts(migrated, replicas=1))
    with valkey.client() as primary, other.client() as replica:
        async with open_relay(settings, engine) as relay:
            with monkeypatch.context() as patch:
                patch.setattr(publishing, "REPLICA_TIMEOUT_MS", 100)
                with pytest.raises(RetryableError, match=r"0 instead of 1.*ADE_ALERTS__REPLICAS"):
                    await relay.publish_pending()
            assert unpublished(outbox) == 3
            replica.replicaof("127.0.0.1", valkey.port)
            wait_for(lambda: primary.info("replication")["connected_slaves"] == 1)
            wait_for(lambda: replica.info("replication")["master_link_status"] == "up")
            assert await relay.publish_pending() == 3
        assert published(primary) == ids
        assert published(replica) == ids
