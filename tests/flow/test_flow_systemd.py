"""A real worker reports to systemd that it is ready, that it lives, and that it stops."""

from __future__ import annotations

import signal
import socket
import time
from pathlib import Path

from monitor.readiness import VARIABLE, WATCHDOG_VARIABLE
from monitor.settings import Settings
from tests.processes import running, wait_for

SIGN = b"WATCHDOG=1"


def test_a_worker_is_ready_with_partitions_gives_life_signs_and_says_that_it_stops(
    migrated: Settings, tmp_path: Path
) -> None:
    name = f"@ade-test-{time.monotonic_ns()}"
    messages: list[bytes] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(name.replace("@", "\0"))
        systemd.setblocking(False)

        def has_received(message: bytes) -> bool:
            while True:
                try:
                    messages.append(systemd.recv(4096))
                except BlockingIOError:
                    return message in messages

        variables = {VARIABLE: name, WATCHDOG_VARIABLE: "400000"}
        with running(migrated, tmp_path, "worker", **variables) as worker:
            wait_for(lambda: has_received(b"READY=1"), watching=worker)
            assert "partitions assigned" in worker.output()
            wait_for(lambda: has_received(SIGN), watching=worker)
            assert b"STATUS=reads 4 partitions of " + migrated.kafka.topic.encode() in messages

            worker.process.send_signal(signal.SIGSTOP)
            time.sleep(0.5)
            has_received(SIGN)
            messages.clear()
            time.sleep(1.0)
            assert not has_received(SIGN), "a worker that is stopped gives no sign"
            worker.process.send_signal(signal.SIGCONT)
            wait_for(lambda: has_received(SIGN), watching=worker)

            assert worker.stop() == 0, worker.output()
            assert has_received(b"STOPPING=1")
