"""Lanes run steps in order, drop those of a caller that stops, and refuse to run in a forked process."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator

import pytest
import torch

from models.errors import ModelError
from models.runtime.lanes import Lane, LanePool, ThreadLane

TIMEOUT = 20.0


@pytest.fixture
def lanes() -> LanePool:
    return LanePool([ThreadLane(torch.device("cpu"), None)])  # type: ignore[arg-type] # no step uses the network


def double(_: Lane, number: int) -> int:
    return 2 * number


class BlockingStep:
    """A step that waits at one of its items until it may continue."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.started, self.may_continue = threading.Event(), threading.Event()
        self.done: list[int] = []

    def __call__(self, _: Lane, number: int) -> None:
        if number == self.at:
            self.started.set()
            assert self.may_continue.wait(TIMEOUT)
        self.done.append(number)


def test_results_have_the_order_of_the_items(lanes: LanePool) -> None:
    assert list(lanes.run(double, range(50))) == [2 * number for number in range(50)]
    assert list(lanes.run(double, [])) == []


def test_steps_that_have_not_started_are_dropped_if_the_caller_stops(lanes: LanePool) -> None:
    step = BlockingStep(at=1)
    with pytest.raises(KeyError, match="enough"):
        for _ in lanes.run(step, range(10)):
            assert step.started.wait(TIMEOUT)
            raise KeyError("enough")
    step.may_continue.set()
    list(lanes.run(double, [0]))  # when this is done, so is everything before it
    assert step.done == [0, 1]


def test_steps_that_have_not_started_are_dropped_if_the_items_fail(lanes: LanePool) -> None:
    step = BlockingStep(at=0)

    def items() -> Iterator[int]:
        yield from range(10)
        assert step.started.wait(TIMEOUT)
        raise KeyError("no more")

    with pytest.raises(KeyError, match="no more"):
        list(lanes.run(step, items()))
    step.may_continue.set()
    list(lanes.run(double, [0]))
    assert step.done == [0]


def test_a_forked_process_must_load_its_own_engine(lanes: LanePool) -> None:
    list(lanes.run(double, [1]))
    child = os.fork()
    if not child:
        status = 1
        try:
            list(lanes.run(double, [1]))
        except ModelError:
            status = 0
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
