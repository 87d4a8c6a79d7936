"""LanePool: what is left when a caller goes, and what a forked process is told."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator

import pytest
import torch

from models.errors import ModelError
from models.runtime.lanes import Lane, LanePool, ThreadLane

PATIENCE = 20.0


@pytest.fixture
def lanes() -> LanePool:
    return LanePool([ThreadLane(torch.device("cpu"), None)])  # type: ignore[arg-type] # no step asks for it


def double(_: Lane, number: int) -> int:
    return 2 * number


class Held:
    """A step that waits at one of its items until it may go on."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.begun, self.go_on = threading.Event(), threading.Event()
        self.done: list[int] = []

    def __call__(self, _: Lane, number: int) -> None:
        if number == self.at:
            self.begun.set()
            assert self.go_on.wait(PATIENCE)
        self.done.append(number)


def test_results_come_in_the_order_of_the_items(lanes: LanePool) -> None:
    assert list(lanes.run(double, range(50))) == [2 * number for number in range(50)]
    assert list(lanes.run(double, [])) == []


def test_what_is_not_begun_is_left_where_the_caller_goes(lanes: LanePool) -> None:
    held = Held(at=1)
    with pytest.raises(KeyError, match="enough"):
        for _ in lanes.run(held, range(10)):
            assert held.begun.wait(PATIENCE)
            raise KeyError("enough")
    held.go_on.set()
    list(lanes.run(double, [0]))  # after it, all that came before is over
    assert held.done == [0, 1]


def test_what_is_not_begun_is_left_where_the_items_fail(lanes: LanePool) -> None:
    held = Held(at=0)

    def items() -> Iterator[int]:
        yield from range(10)
        assert held.begun.wait(PATIENCE)
        raise KeyError("no more")

    with pytest.raises(KeyError, match="no more"):
        list(lanes.run(held, items()))
    held.go_on.set()
    list(lanes.run(double, [0]))
    assert held.done == [0]


def test_a_forked_process_is_told_to_load_its_own(lanes: LanePool) -> None:
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
