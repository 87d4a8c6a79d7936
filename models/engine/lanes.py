"""Threads that compute side by side, each on a micro-batch of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import TypeVar

import torch

from models.engine.lane import Lane

Work = TypeVar("Work")
Found = TypeVar("Found")


class Lanes:
    """A bounded number of forward passes at a time, whoever asks for them.

    A lane works in one thread of the processor. Several lanes share it better than several threads in one
    product do: those wait for each other after each operation, and on a machine with other work they wait in
    vain, four to ten times as long.

    Args:
        lanes: each one gets a thread of its own.
    """

    def __init__(self, lanes: Sequence[Lane]) -> None:
        free: SimpleQueue[Lane] = SimpleQueue()
        for lane in lanes:
            free.put(lane)
        self._own = threading.local()
        self._threads = ThreadPoolExecutor(
            len(lanes), "forward", initializer=_begin, initargs=(self._own, free)
        )

    def run(self, step: Callable[[Lane, Work], Found], items: Iterable[Work]) -> Iterator[Found]:
        """Do `step` for each item on some lane, in inference mode; gives the results in the items' order.

        Callers in several threads take turns. Where one is interrupted, what it had in mind and is not
        begun is left.
        """
        futures = [self._threads.submit(_do, self._own, step, item) for item in items]
        try:
            for future in futures:
                yield future.result()
        finally:
            _cancel(futures)


def _begin(own: threading.local, free: SimpleQueue[Lane]) -> None:
    torch.set_num_threads(1)
    own.lane = free.get()


def _do(own: threading.local, step: Callable[[Lane, Work], Found], item: Work) -> Found:
    lane: Lane = own.lane
    with torch.inference_mode(), lane.at_work():
        return step(lane, item)


def _cancel(futures: Iterable[Future[Found]]) -> None:
    for future in futures:
        future.cancel()
