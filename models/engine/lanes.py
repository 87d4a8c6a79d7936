"""Threads that compute side by side, each on a micro-batch of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import torch

Work = TypeVar("Work")
Found = TypeVar("Found")


class Lanes:
    """A bounded number of forward passes at a time, whoever asks for them.

    A lane works in one thread of the processor. Several lanes share it better than several threads in one
    product do: those wait for each other after each operation, and on a machine with other work they wait in
    vain, four to ten times as long.

    Args:
        count: how many lanes there are.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self._threads = ThreadPoolExecutor(count, "forward", initializer=torch.set_num_threads, initargs=(1,))

    def run(self, step: Callable[[Work], Found], items: Iterable[Work]) -> Iterator[Found]:
        """Do `step` for each item, in inference mode; gives the results in the order of the items.

        Callers in several threads take turns. Where one is interrupted, what it had in mind and is not
        begun is left.
        """
        futures = [self._threads.submit(_in_inference, step, item) for item in items]
        try:
            for future in futures:
                yield future.result()
        finally:
            _cancel(futures)


def _in_inference(step: Callable[[Work], Found], item: Work) -> Found:
    with torch.inference_mode():
        return step(item)


def _cancel(futures: Iterable[Future[Found]]) -> None:
    for future in futures:
        future.cancel()
