"""Real processes report to systemd that they are ready, that they live, and that they stop."""

from __future__ import annotations

import asyncio
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer

from monitor.readiness import VARIABLE, WATCHDOG_VARIABLE
from monitor.settings import Settings
from tests.monitor.connect.platforms import XServer, post_line
from tests.processes import running, wait_for

SIGN = b"WATCHDOG=1"


class Systemd:
    """The socket of a systemd that gives up after 0.4 s of silence, and what has arrived there."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        name = f"ade-test-{time.monotonic_ns()}"
        self._socket.bind(f"\0{name}")
        self.environment = {VARIABLE: f"@{name}", WATCHDOG_VARIABLE: "400000"}
        self.messages: list[bytes] = []

    def has(self, message: bytes) -> bool:
        """Return True if a message has arrived."""
        while True:
            try:
                self.messages.append(self._socket.recv(4096))
            except BlockingIOError:
                return message in self.messages

    def forget(self) -> None:
        """Forget what has arrived so far."""
        self.has(b"")
        self.messages.clear()

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def systemd() -> Iterator[Systemd]:
    receiver = Systemd()
    yield receiver
    receiver.close()


def test_a_worker_is_ready_once_it_has_partitions_and_gives_life_signs_until_it_stands_still(
    systemd: Systemd, migrated: Settings, tmp_path: Path
) -> None:
    with running(migrated, tmp_path, "worker", **systemd.environment) as worker:
        wait_for(lambda: systemd.has(b"READY=1"), watching=worker)
        assert "partitions assigned" in worker.output()
        status = f"STATUS=reads 4 partitions of {migrated.kafka.topic}".encode()
        wait_for(lambda: systemd.has(status), watching=worker)
        wait_for(lambda: systemd.has(SIGN), watching=worker)

        worker.process.send_signal(signal.SIGSTOP)
        time.sleep(0.5)
        systemd.forget()
        time.sleep(1.0)  # ten times the pause between two signs
        assert not systemd.has(SIGN)
        worker.process.send_signal(signal.SIGCONT)
        wait_for(lambda: systemd.has(SIGN), watching=worker)

        assert worker.stop() == 0, worker.output()
        assert systemd.has(b"STOPPING=1")


async def test_a_connector_reports_that_it_is_ready_lives_and_stops(
    systemd: Systemd, settings: Settings, tmp_path: Path
) -> None:
    script = XServer(script=[[post_line(1) + b"\r\n"]])
    async with TestServer(script.app()) as server:
        extra = {
            "ADE_CONNECT__X_URL": str(server.make_url("")).rstrip("/"),
            "ADE_CONNECT__X_BEARER_TOKEN": "a-secret-token",
            "ADE_CONNECT__STATE_DIR": str(tmp_path / "state"),
            "ADE_CONNECT__REPORT_INTERVAL": "0.2",
        }
        with running(settings, tmp_path, "connect", "x", **extra, **systemd.environment) as connector:
            for message in (b"READY=1", SIGN):
                await asyncio.to_thread(wait_for, lambda: systemd.has(message), watching=connector)  # noqa: B023
            await asyncio.to_thread(
                wait_for,
                lambda: systemd.has(b"") or any(b"1 posts" in message for message in systemd.messages),
                watching=connector,
            )
            assert await asyncio.to_thread(connector.stop) == 0
        script.closing.set()
    assert systemd.has(b"STOPPING=1")
