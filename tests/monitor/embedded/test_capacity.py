"""What runs out is reported when it begins to, and once."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from monitor.embedded import Broker, capacity
from monitor.embedded.capacity import (
    INTERVAL,
    LOW_SPACE,
    NO_SPACE,
    CapacityWatch,
    free_space,
    memory_limit,
    resident_memory,
)
from tests.monitor.embedded.test_restarts import Clock


@pytest.fixture
def notes() -> list[str]:
    return []


def test_a_disk_that_fills_up_is_reported_at_each_limit_and_at_its_end(
    tmp_path: Path, notes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    watch = CapacityWatch(tmp_path, Broker(tmp_path), notes.append, clock)
    counts = []
    for free in (
        LOW_SPACE,
        LOW_SPACE - 1,
        LOW_SPACE - 2,
        NO_SPACE - 1,
        0,
        LOW_SPACE - 1,
        LOW_SPACE,
        LOW_SPACE,
    ):
        monkeypatch.setattr(capacity, "free_space", lambda folder, free=free: free)
        clock.now += INTERVAL
        watch.check()
        watch.check()  # too early
        counts.append(len(notes))
    assert counts == [0, 1, 1, 2, 2, 2, 3, 3]
    assert "has space again" in notes[-1]


def test_a_broker_in_memory_is_reported_each_time_that_it_has_doubled(
    tmp_path: Path, notes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, limit = Clock(), memory_limit()
    broker = Broker(tmp_path)
    broker.child = SimpleNamespace(pid=os.getpid())  # type: ignore[assignment]
    watch = CapacityWatch(tmp_path, broker, notes.append, clock)
    counts = []
    for used in (limit - 1, limit, limit * 1.5, limit * 2, limit * 9, limit * 15, limit * 16):
        monkeypatch.setattr(capacity, "resident_memory", lambda pid, used=used: int(used))
        clock.now += INTERVAL
        watch.check()
        counts.append(len(notes))
    assert counts == [0, 1, 1, 2, 3, 3, 4]
    assert "--broker kafka" in notes[0]


def test_measurements_are_of_the_real_machine(tmp_path: Path) -> None:
    assert free_space(tmp_path / "not" / "there") > 0
    assert resident_memory(os.getpid()) > 1e6
    assert resident_memory(2**22 + 1) == 0


def test_a_long_log_is_emptied_into_a_copy_while_its_program_writes(
    tmp_path: Path, notes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.embedded.process.LOG_LIMIT", 1000)
    log = tmp_path / "logs" / "worker.log"
    log.parent.mkdir()
    with log.open("ab", buffering=0) as program:
        program.write(b"old\n" * 300)
        CapacityWatch(tmp_path, Broker(tmp_path), notes.append).check()
        program.write(b"new\n")
    assert log.read_bytes() == b"new\n"
    assert log.with_name("worker.log.1").read_bytes() == b"old\n" * 300
