"""Redis restarts, loses its data, hangs, is full or fails over: each alert is in the stream once."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import redis

from monitor.settings import Settings
from tests.faults.conftest import TANSU
from tests.faults.damage import Damage
from tests.faults.load import PATIENCE, Load, alerts_in_stream
from tests.faults.report import FaultReport
from tests.gate import Gate
from tests.monitor.alerts.valkeys import RestartableValkey, restartable_valkey
from tests.processes import RunningCommand, running, wait_for

VARIABLES = {"ADE_ALERTS__RELAY_INTERVAL": "0.3"}


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[RestartableValkey]:
    """A Valkey that the case may break."""
    with restartable_valkey(tmp_path / "valkey") as server:
        yield server


def through(settings: Settings, gate: Gate) -> Settings:
    """Return settings whose Redis is reached through a gate."""
    return settings.model_copy(update={"redis": settings.redis.at(f"redis://127.0.0.1:{gate.port}/0")})


def take_all(valkey: RestartableValkey) -> set[str]:
    """Empty Redis, and return the posts whose alerts it had at that moment."""
    with valkey.client() as client, client.pipeline(transaction=True) as pipeline:
        pipeline.xrange("ade:alerts")
        pipeline.flushall()
        entries, _ = pipeline.execute()
    return {json.loads(fields["alert"])["tweet_id"] for _, fields in entries if "alert" in fields}


Break = Callable[[RestartableValkey, RunningCommand], set[str]]
"""Breaks Redis and lets it work again. Returns the posts of the alerts that it lost."""


def restart(valkey: RestartableValkey, _: RunningCommand) -> set[str]:
    valkey.stop()
    time.sleep(1)
    valkey.start()
    return set()


def restart_without_data(valkey: RestartableValkey, _: RunningCommand) -> set[str]:
    with valkey.client() as client:
        client.execute_command("CLIENT", "PAUSE", "60000", "WRITE")
        lost = alerts_of(client)
    valkey.stop()
    for file in sorted(valkey.folder.rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() else file.unlink()
    valkey.start()
    return lost


def empty(valkey: RestartableValkey, _: RunningCommand) -> set[str]:
    return take_all(valkey)


def hang(valkey: RestartableValkey, _: RunningCommand) -> set[str]:
    with valkey.client() as client:
        client.execute_command("CLIENT", "PAUSE", "7000", "ALL")  # longer than a command may take
    time.sleep(8)
    return set()


def fill_up(valkey: RestartableValkey, worker: RunningCommand) -> set[str]:
    before = worker.output().count("is full")
    with valkey.client() as client:
        client.config_set("maxmemory", "1")
        wait_for(lambda: worker.output().count("is full") > before, PATIENCE, watching=worker)
        client.config_set("maxmemory", "0")
    return set()


def alerts_of(client: redis.Redis) -> set[str]:
    entries: Any = client.xrange("ade:alerts")
    return {json.loads(fields["alert"])["tweet_id"] for _, fields in entries if "alert" in fields}


FAULTS: Final[tuple[tuple[str, Break, int], ...]] = (
    ("Redis restarts, with its data", restart, 3),
    ("Redis restarts, without its data", restart_without_data, 1),
    ("Redis is emptied", empty, 3),
    ("Redis hangs for 7 s", hang, 1),
    ("Redis is full", fill_up, 1),
)
"""Each fault with the number of times that it happens."""


def test_alerts_are_in_the_stream_once(
    migrated: Settings, valkey: RestartableValkey, report: FaultReport, tmp_path: Path
) -> None:
    settings = valkey.settings(migrated)
    lost: set[str] = set()
    damages: dict[str, Damage] = {}
    sent = 0
    with running(settings, tmp_path, "worker", **VARIABLES) as worker:
        for fault, break_once, runs in FAULTS:
            with Load(settings, first=sent) as load:
                for _ in range(runs):
                    wait_for(lambda: bool(alerts_in_stream(settings)), PATIENCE, watching=worker)
                    lost |= break_once(valkey, worker)
            recovery_s = load.wait_until_done(settings, worker, before=lost)
            sent = load.end
            damages[fault] = load.damage(settings, before=lost)
            report.add(fault, damages[fault], broker=TANSU, runs=runs, recovery_s=recovery_s)
        assert worker.stop() == 0, worker.output()
    assert set(damages.values()) == {Damage(lost=0, doubled=0)}, damages


def test_a_failover_to_a_replica_loses_and_doubles_no_alert(
    migrated: Settings, valkey: RestartableValkey, report: FaultReport, tmp_path: Path
) -> None:
    gate = Gate(valkey.port)
    with restartable_valkey(tmp_path / "replica") as replica, valkey.client() as old, replica.client() as new:
        new.replicaof("127.0.0.1", valkey.port)
        wait_for(lambda: new.info("replication")["master_link_status"] == "up", PATIENCE)
        settings = through(migrated, gate)
        with running(settings, tmp_path, "worker", ADE_ALERTS__REPLICAS="1", **VARIABLES) as worker:
            with Load(settings) as load:
                wait_for(lambda: bool(alerts_in_stream(settings)), PATIENCE, watching=worker)
                # The old primary stops copying some time before anybody notices.
                new.replicaof("NO", "ONE")
                wait_for(lambda: "0 instead of 1" in worker.output(), PATIENCE, watching=worker)
                gate.target = replica.port
                old.replicaof("127.0.0.1", replica.port)
            recovery_s = load.wait_until_done(replica.settings(migrated), worker)
            assert worker.stop() == 0, worker.output()
        damage = load.damage(replica.settings(migrated))
        gate.shut()
    report.add("failover of Redis to its replica", damage, broker=TANSU, recovery_s=recovery_s)
    assert (damage.lost, damage.doubled) == (0, 0)
