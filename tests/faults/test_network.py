"""The network is slow, throttled, cut in a request, or swallows everything: nothing hangs for good."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from monitor.embedded import Broker
from monitor.settings import Settings
from tests.apache_kafka import ApacheKafka, kafka_home
from tests.faults.conftest import APACHE, TANSU, behind_gate, on_fresh_topic
from tests.faults.load import PATIENCE, Load, stored_posts
from tests.faults.report import FaultReport
from tests.gate import Gate
from tests.processes import running, wait_for

DELAY = 0.2  # seconds in each direction
THROTTLED = 50_000  # bytes a second
CUTS = 5
SPELL = 6.0  # seconds for which the network is slow, and then throttled
SILENCE = 20.0
"""Seconds for which new connections are silent, too: longer than all limits of Postgres and Redis here."""

VARIABLES = {
    "ADE_WORKER__RETRY_MAX_WAIT": "0.5",
    "ADE_WORKER__BATCH_SIZE": "64",
    "ADE_ALERTS__RELAY_INTERVAL": "0.5",
    "ADE_DATABASE__STATEMENT_TIMEOUT": "3",
}


class TansuBehindGate(Broker):
    """A Tansu that sends its clients to the port of a gate."""

    def __init__(self, folder: Path, gate: Gate) -> None:
        super().__init__(folder, start_timeout=PATIENCE)
        self._gate = gate

    def _start(self, program_for: Any, is_ready: Any) -> None:
        def behind(port: int) -> Any:
            program = program_for(port)
            command = list(program.command)
            place = command.index("--advertised-listener-url") + 1
            command[place] = f"tcp://127.0.0.1:{self._gate.port}/"
            return replace(program, command=tuple(command))

        super()._start(behind, is_ready)
        self._gate.target = self.port


@contextmanager
def broker_behind_gate(name: str, folder: Path) -> Iterator[Gate]:
    gate = Gate()
    server: Broker | ApacheKafka
    if name == TANSU:
        server = TansuBehindGate(folder / "broker", gate)
    else:
        address = {"advertised.listeners": f"PLAINTEXT://127.0.0.1:{gate.port}"}
        server = ApacheKafka(kafka_home(), folder / "kafka", settings=address)
        gate.target = server.port
    try:
        server.start()
        yield gate
    finally:
        server.kill()
        gate.shut()


@pytest.fixture(params=["Postgres", "Redis", TANSU, APACHE])
def gated(
    request: pytest.FixtureRequest, migrated: Settings, tmp_path: Path
) -> Iterator[tuple[str, Gate, Settings]]:
    """A server, the gate in front of it, and settings that lead through it."""
    name: str = request.param
    if name in (TANSU, APACHE):
        with broker_behind_gate(name, tmp_path) as gate:
            yield name, gate, on_fresh_topic(migrated, f"127.0.0.1:{gate.port}")
        return
    address = migrated.database.url if name == "Postgres" else migrated.redis.url
    port = urlsplit(address.get_secret_value()).port or 0
    gate = Gate(port)
    if name == "Postgres":
        yield name, gate, behind_gate(migrated, gate)
    else:
        url = address.get_secret_value().replace(f":{port}", f":{gate.port}")
        yield name, gate, migrated.model_copy(update={"redis": migrated.redis.at(url)})
    gate.shut()


def broker_of(name: str) -> str:
    return name if name == APACHE else TANSU


def test_a_slow_network_that_cuts_connections_in_a_request(
    gated: tuple[str, Gate, Settings], migrated: Settings, report: FaultReport, tmp_path: Path
) -> None:
    name, gate, settings = gated
    with running(settings, tmp_path, "worker", **VARIABLES) as worker:
        with Load(settings, pause=0.3) as load:
            wait_for(lambda: stored_posts(migrated) > 0, PATIENCE, watching=worker)
            gate.delay = DELAY
            time.sleep(SPELL)
            gate.delay, gate.bytes_per_s = 0.0, THROTTLED
            time.sleep(SPELL)
            gate.bytes_per_s = None
            for number in range(CUTS):
                gate.cut_after(700 + 500 * number)
                wait_for(lambda number=number: gate.cuts > number, PATIENCE, watching=worker)
        recovery_s = load.wait_until_done(migrated, worker)
        assert worker.stop() == 0, worker.output()
    damage = load.damage(migrated)
    fault = f"network to {'the broker' if name in (TANSU, APACHE) else name} slow, throttled, cut"
    report.add(fault, damage, broker=broker_of(name), runs=2 + CUTS, recovery_s=recovery_s)
    assert (damage.lost, damage.doubled) == (0, 0)


def test_a_network_that_swallows_everything_stops_nobody_for_good(
    gated: tuple[str, Gate, Settings], migrated: Settings, report: FaultReport, tmp_path: Path
) -> None:
    name, gate, settings = gated
    with running(settings, tmp_path, "worker", **VARIABLES) as worker:
        with Load(settings, pause=0.3) as load:
            wait_for(lambda: stored_posts(migrated) > 0, PATIENCE, watching=worker)
            gate.delay = 0.02  # so that most of the time, a request or an answer is on its way
            time.sleep(2)
            gate.silence()
            time.sleep(SILENCE)
            gate.delay = 0.0
            gate.open()
        recovery_s = load.wait_until_done(migrated, worker)
        assert worker.stop() == 0, worker.output()
    damage = load.damage(migrated)
    fault = f"network to {'the broker' if name in (TANSU, APACHE) else name} silent for {SILENCE:g} s"
    report.add(fault, damage, broker=broker_of(name), recovery_s=recovery_s)
    assert (damage.lost, damage.doubled) == (0, 0)
