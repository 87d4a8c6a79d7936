"""A worker that is told to stop before it has started ends with status 0."""

from __future__ import annotations

import socket
from pathlib import Path

from monitor.settings import KafkaSettings, Settings
from tests.processes import running, wait_for

TERM_BIT = 1 << 14
"""SIGTERM, number 15, in the masks of proc(5)."""


def handles_sigterm(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status").read_text()
    [mask] = [line.split()[1] for line in status.splitlines() if line.startswith("SigCgt:")]
    return bool(int(mask, 16) & TERM_BIT)


def test_a_worker_that_still_waits_for_its_broker_stops_with_status_0(tmp_path: Path) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()  # and never answers
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        settings = Settings(kafka=KafkaSettings(bootstrap_servers=address))
        with running(settings, tmp_path, "worker") as worker:
            wait_for(lambda: handles_sigterm(worker.process.pid), watching=worker)
            assert worker.stop() == 0, worker.output()
