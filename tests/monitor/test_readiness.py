"""A worker reports that it is ready, and only its own supervisor hears it."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from monitor.readiness import (
    VARIABLE,
    WATCHDOG_PID,
    WATCHDOG_VARIABLE,
    ReadinessSocket,
    report_alive,
    report_ready,
    report_status,
    report_stopping,
    watchdog_timeout,
)


@pytest.fixture
def receiver() -> ReadinessSocket:
    return ReadinessSocket()


def test_a_report_is_heard_once(receiver: ReadinessSocket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, receiver.environment[VARIABLE])
    assert not receiver.was_reported()
    report_ready()
    report_ready()
    assert receiver.was_reported()
    assert not receiver.was_reported()


def test_each_supervisor_has_a_socket_of_its_own(receiver: ReadinessSocket) -> None:
    assert ReadinessSocket().environment != receiver.environment


def test_without_a_supervisor_a_report_does_nothing(
    receiver: ReadinessSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    report_ready()
    monkeypatch.setenv(VARIABLE, receiver.environment[VARIABLE])
    receiver.close()
    report_ready()


def test_systemd_is_told_through_the_file_of_its_socket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind("notify")
        systemd.settimeout(10)
        monkeypatch.setenv(VARIABLE, os.fspath(Path("notify")))
        report_ready()
        report_alive()
        report_status("reads posts\nREADY=1 of\x1b 4 partitions")
        report_stopping()
        assert [systemd.recv(100) for _ in range(4)] == [
            b"READY=1",
            b"WATCHDOG=1",
            b"STATUS=reads posts READY=1 of  4 partitions",
            b"STOPPING=1",
        ]


def test_other_messages_are_ignored(receiver: ReadinessSocket) -> None:
    name = receiver.environment[VARIABLE].removeprefix("@")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"STATUS=loading", f"\0{name}")
        sender.sendto(b"", f"\0{name}")
        assert not receiver.was_reported()
        sender.sendto(b"STATUS=done\nREADY=1\n", f"\0{name}")
    assert receiver.was_reported()


def test_a_supervisor_that_does_not_read_holds_nobody_up(
    receiver: ReadinessSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.readiness._PATIENCE", 0.001)
    monkeypatch.setenv(VARIABLE, receiver.environment[VARIABLE])
    for number in range(1_000):
        report_status(f"batch {number}")


@pytest.mark.parametrize(
    ("microseconds", "pid", "timeout"),
    [
        (None, None, None),
        ("60000000", None, 60.0),
        ("60000000", "ours", 60.0),
        ("60000000", "1", None),
        ("0", None, None),
        ("soon", None, None),
    ],
)
def test_the_watchdog_of_systemd_counts_for_the_process_that_it_names(
    microseconds: str | None, pid: str | None, timeout: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    variables = {WATCHDOG_VARIABLE: microseconds, WATCHDOG_PID: str(os.getpid()) if pid == "ours" else pid}
    for name, value in variables.items():
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
    assert watchdog_timeout() == timeout
