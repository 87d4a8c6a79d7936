"""Repeated lines and errors that pass by themselves are left out; nothing else is."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from monitor.log_limits import INTERVAL, MOST, PATIENCE, REMEMBERED, RepeatedLines, TransientErrors

NO_COORDINATOR = "Group Coordinator Request failed: %s"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def line(
    message: Any, *values: object, level: int = logging.WARNING, name: str = "aiokafka"
) -> logging.LogRecord:
    return logging.LogRecord(name, level, "file.py", 1, message, values, None)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def repeated(clock: Clock) -> RepeatedLines:
    return RepeatedLines(clock)


def test_a_flood_is_cut_and_counted(repeated: RepeatedLines, clock: Clock) -> None:
    passed = [repeated.filter(line("node %s is away", n)) for n in range(100)]
    assert passed == [True] * MOST + [False] * (100 - MOST)
    clock.now = INTERVAL
    later = line("node %s is away", 7)
    assert repeated.filter(later)
    assert later.getMessage().startswith("node 7 is away")
    assert str(100 - MOST) in later.getMessage()


def test_texts_that_differ_in_numbers_only_are_of_one_kind(repeated: RepeatedLines) -> None:
    passed = [repeated.filter(line(f"connection at 0x{n:x} lost after {n} s")) for n in range(50)]
    assert passed.count(True) == MOST


def test_our_own_events_are_of_one_kind_whatever_the_batch(repeated: RepeatedLines, clock: Clock) -> None:
    events = [{"event": "database away", "error": "refused", "batch": f"b{n}", "n": n} for n in range(20)]
    assert [repeated.filter(line(event)) for event in events].count(True) == MOST
    assert repeated.filter(line({"event": "database away", "error": "too many connections"}))
    clock.now = INTERVAL
    later = line({"event": "database away", "error": "refused"})
    assert repeated.filter(later)
    assert later.msg["left_out"] == 20 - MOST  # type: ignore[index]


def test_lines_below_warning_all_pass(repeated: RepeatedLines) -> None:
    assert all(repeated.filter(line("tweets written", level=logging.INFO)) for _ in range(100))


def test_other_lines_pass_during_a_flood(repeated: RepeatedLines) -> None:
    for _ in range(100):
        repeated.filter(line("flood"))
    assert repeated.filter(line("flood", level=logging.ERROR))
    assert repeated.filter(line("flood", name="faust"))
    assert repeated.filter(line("other"))


def test_memory_is_bounded(repeated: RepeatedLines) -> None:
    for _ in range(MOST + 1):
        repeated.filter(line("old"))
    for n in range(REMEMBERED):
        repeated.filter(line("kind " + "x" * n))
    assert repeated.filter(line("old"))


def test_a_transient_error_is_logged_once_it_lasts(clock: Clock) -> None:
    transient = TransientErrors(clock)
    passed = []
    for second in range(30):
        clock.now = second
        passed.append(transient.filter(line(NO_COORDINATOR, "not available", level=logging.ERROR)))
    assert passed == [False] * int(PATIENCE) + [True] * (30 - int(PATIENCE))


def test_a_transient_error_that_comes_back_much_later_is_new(clock: Clock) -> None:
    transient = TransientErrors(clock)
    for second in (0, 100, 200):
        clock.now = second
        assert not transient.filter(line(NO_COORDINATOR, "not available"))


def test_all_other_errors_pass_at_once(clock: Clock) -> None:
    transient = TransientErrors(clock)
    assert transient.filter(line("disk full"))
    assert transient.filter(line({"event": "disk full"}))
