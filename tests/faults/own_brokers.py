"""Brokers that a case has for itself: it may kill them, or put a gate in front of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from monitor.embedded import Broker
from tests.apache_kafka import ApacheKafka, kafka_home
from tests.faults.conftest import APACHE
from tests.faults.load import PATIENCE
from tests.gate import Gate


@contextmanager
def own_broker(name: str, folder: Path, *, gate: Gate | None = None) -> Iterator[Broker | ApacheKafka]:
    """Start a broker, and kill it at the end.

    Args:
        name: `TANSU` or `APACHE`.
        folder: for its data.
        gate: clients reach the broker through this gate alone.
    """
    server: Broker | ApacheKafka
    if name == APACHE:
        address = {"advertised.listeners": f"PLAINTEXT://127.0.0.1:{gate.port}"} if gate else {}
        server = ApacheKafka(kafka_home(), folder / "kafka", settings=address)
        if gate:
            gate.target = server.port
    elif gate:
        server = _TansuBehindGate(folder / "broker", gate)
    else:
        server = Broker(folder / "broker", start_timeout=PATIENCE)
    try:
        server.start()
        yield server
    finally:
        server.kill()


class _TansuBehindGate(Broker):
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
