"""The network is slow, throttled, cut in a request, or swallows everything: nothing hangs for good."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from monitor.embedded import Postgres, Valkey
from monitor.settings import Settings
from tests.faults.conftest import APACHE, TANSU, behind_gate, on_fresh_topic
from tests.faults.damage import Damage
from tests.faults.load import PATIENCE, Load, stored_posts
from tests.faults.own_brokers import own_broker
from tests.faults.report import FaultReport
from tests.gate import Gate
from tests.processes import RunningCommand, running, wait_for

DELAY = 0.2  # seconds in each direction
THROTTLED = 50_000  # bytes a second
CUTS = 5
SPELL = 5.0  # seconds for which the network is slow, and then throttled
SILENCE = 18.0
"""Seconds for which new connections are silent, too: longer than all limits of Postgres and Redis here."""

VARIABLES = {
    "ADE_WORKER__RETRY_MAX_WAIT": "0.5",
    "ADE_WORKER__BATCH_SIZE": "64",
    "ADE_ALERTS__RELAY_INTERVAL": "0.5",
    "ADE_DATABASE__STATEMENT_TIMEOUT": "3",
}


@pytest.fixture(scope="module", params=["Postgres", "Redis", TANSU, APACHE])
def named_gate(
    request: pytest.FixtureRequest,
    postgres: Postgres,
    _valkey: Valkey,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[str, Gate]]:
    """A server by its name, and the gate in front of it."""
    name: str = request.param
    if name in (TANSU, APACHE):
        gate = Gate()
        with own_broker(name, tmp_path_factory.mktemp("broker"), gate=gate):
            yield name, gate
    else:
        gate = Gate(postgres.port if name == "Postgres" else _valkey.port)
        yield name, gate
    gate.shut()


@pytest.fixture
def gated(named_gate: tuple[str, Gate], migrated: Settings) -> tuple[str, Gate, Settings]:
    """The same, with settings that lead through the gate."""
    name, gate = named_gate
    if name == "Postgres":
        return name, gate, behind_gate(migrated, gate)
    if name == "Redis":
        url = migrated.redis.url.get_secret_value()
        url = url.replace(f":{urlsplit(url).port}", f":{gate.port}")
        return name, gate, migrated.model_copy(update={"redis": migrated.redis.at(url)})
    return name, gate, on_fresh_topic(migrated, f"127.0.0.1:{gate.port}")


def test_a_network_that_is_slow_or_cut_or_silent_loses_nothing(
    gated: tuple[str, Gate, Settings], migrated: Settings, report: FaultReport, tmp_path: Path
) -> None:
    name, gate, settings = gated
    with running(settings, tmp_path, "worker", **VARIABLES) as worker:
        with Load(settings, pause=0.3) as slow_load:
            wait_for(lambda: stored_posts(migrated) > 0, PATIENCE, watching=worker)
            slow_down_and_cut(gate, worker)
        slow_s = slow_load.wait_until_done(migrated, worker)
        slow = slow_load.damage(migrated)
        with Load(settings, first=slow_load.end, pause=0.3) as silent_load:
            wait_for(lambda: stored_posts(migrated) > slow_load.end, PATIENCE, watching=worker)
            fall_silent(gate)
        silent_s = silent_load.wait_until_done(migrated, worker)
        assert worker.stop() == 0, worker.output()
    network = f"network to {'the broker' if name in (TANSU, APACHE) else name}"
    broker = APACHE if name == APACHE else TANSU
    silent = silent_load.damage(migrated)
    fault = f"{network} slow, throttled, cut"
    report.add(fault, slow, broker=broker, runs=2 + CUTS, recovery_s=slow_s)
    report.add(f"{network} silent for {SILENCE:g} s", silent, broker=broker, recovery_s=silent_s)
    assert slow == silent == Damage(lost=0, doubled=0)


def slow_down_and_cut(gate: Gate, worker: RunningCommand) -> None:
    gate.delay = DELAY
    time.sleep(SPELL)
    gate.delay, gate.bytes_per_s = 0.0, THROTTLED
    time.sleep(SPELL)
    gate.bytes_per_s = None
    for _ in range(CUTS):
        cuts = gate.cuts
        gate.cut_after(700 + 500 * (cuts % CUTS))
        wait_for(lambda cuts=cuts: gate.cuts > cuts, PATIENCE, watching=worker)


def fall_silent(gate: Gate) -> None:
    gate.delay = 0.02  # so that most of the time, a request or an answer is on its way
    time.sleep(2)
    gate.silence()
    time.sleep(SILENCE)
    gate.delay = 0.0
    gate.open()
