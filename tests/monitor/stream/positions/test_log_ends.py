"""A log that ends before the next offset is noticed, but not at the first answer."""

from __future__ import annotations

from dataclasses import dataclass

from monitor.stream.positions.log_ends import PATIENCE, LogEnds
from tests.monitor.stream.clocks import Clock


@dataclass
class State:
    """aiokafka's state of a partition."""

    position: int
    highwater: int | None
    timestamp: int = 0
    has_valid_position: bool = True


def test_a_log_that_stays_too_short_is_cut() -> None:
    clock = Clock()
    ends, state = LogEnds(clock), State(3_000, 6)
    assert ends.cut_logs([("0", state)]) == []
    clock.now += PATIENCE
    state.timestamp += 1
    assert ends.cut_logs([("0", state)]) == [("0", 6)]


def test_an_old_answer_proves_nothing() -> None:
    clock = Clock()
    ends, state = LogEnds(clock), State(3_000, 6)
    ends.cut_logs([("0", state)])
    clock.now += PATIENCE
    assert ends.cut_logs([("0", state)]) == []


def test_a_log_that_is_too_short_for_a_moment_is_not_cut() -> None:
    clock = Clock()
    ends = LogEnds(clock)
    ends.cut_logs([("0", State(10, 9))])
    ends.cut_logs([("0", State(10, 10, 1))])
    clock.now += PATIENCE
    assert ends.cut_logs([("0", State(10, 9, 2))]) == []


def test_a_partition_without_an_answer_or_a_position_is_not_cut() -> None:
    clock = Clock()
    ends = LogEnds(clock)
    states = [("0", State(10, None)), ("1", State(10, 5, has_valid_position=False))]
    ends.cut_logs(states)
    clock.now += PATIENCE
    assert ends.cut_logs(states) == []
