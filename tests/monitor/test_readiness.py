"""A worker reports that it is ready, and only its own supervisor hears it."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from monitor.readiness import VARIABLE, ReadinessSocket, report_ready


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
        assert systemd.recv(100) == b"READY=1"


def test_other_messages_are_ignored(receiver: ReadinessSocket) -> None:
    name = receiver.environment[VARIABLE].removeprefix("@")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"STATUS=loading", f"\0{name}")
        sender.sendto(b"", f"\0{name}")
        assert not receiver.was_reported()
        sender.sendto(b"STATUS=done\nREADY=1\n", f"\0{name}")
    assert receiver.was_reported()
