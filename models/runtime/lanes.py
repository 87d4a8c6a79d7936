"""What computes one micro-batch at a time: a thread on a CPU, a stream on a GPU (`models.runtime.cuda`).

Threads that compute side by side, each on a micro-batch of its own.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from queue import SimpleQueue
from typing import Protocol, TypeVar

import torch
from torch import Tensor

from models.errors import ModelError
from models.runtime.packed_network import PackedNetwork, SharedStates
from models.runtime.packing import PackedBatch


class Lane(Protocol):
    """Where a step of the engine is done; only one at a time."""

    def at_work(self) -> AbstractContextManager[object]:
        """Give the context that a step is done in."""
        ...

    def placed(self, batch: PackedBatch) -> PackedBatch:
        """Give a batch, of the CPU, on the lane's device."""
        ...

    def front(self, batch: PackedBatch) -> tuple[PackedBatch, SharedStates]:
        """Give a batch, of the CPU, on the lane's device, and its kept states; both until the next batch."""
        ...

    def read(self, values: Tensor) -> Tensor:
        """Give values on the CPU, when they are there."""
        ...


class PlainLane:
    """One thread, which waits for what it asks for; on a CPU, or on a device that nothing else is known of.

    Args:
        device: of the network.
        network: runs there.
    """

    def __init__(self, device: torch.device, network: PackedNetwork) -> None:
        self._device = device
        self._network = network

    def at_work(self) -> AbstractContextManager[object]:
        """See `Lane`."""
        return nullcontext()

    def placed(self, batch: PackedBatch) -> PackedBatch:
        """See `Lane`."""
        return batch.to(self._device)

    def front(self, batch: PackedBatch) -> tuple[PackedBatch, SharedStates]:
        """See `Lane`."""
        placed = self.placed(batch)
        return placed, self._network.shared_states(placed)

    def read(self, values: Tensor) -> Tensor:
        """See `Lane`."""
        return values.cpu()


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
        self._process = os.getpid()
        self._own = threading.local()
        self._threads = ThreadPoolExecutor(
            len(lanes), "forward", initializer=_begin, initargs=(self._own, free)
        )

    def run(self, step: Callable[[Lane, Work], Found], items: Iterable[Work]) -> Iterator[Found]:
        """Do `step` for each item on some lane, in inference mode; gives the results in the items' order.

        All items are taken at once, and done in the order in which callers came. Where one of these is
        interrupted, what it had in mind and is not begun is left.

        Raises:
            ModelError: the process was forked, and has no such threads.
        """
        if os.getpid() != self._process:
            raise ModelError(
                "the engine was made before the process was forked, which leaves its threads behind: "
                "load the bundle in each process by itself"
            )
        futures: list[Future[Found]] = []
        try:
            futures.extend(self._threads.submit(_do, self._own, step, item) for item in items)
            for future in futures:
                yield future.result()
        finally:
            for future in futures:
                future.cancel()


def _begin(own: threading.local, free: SimpleQueue[Lane]) -> None:
    torch.set_num_threads(1)
    own.lane = free.get()


def _do(own: threading.local, step: Callable[[Lane, Work], Found], item: Work) -> Found:
    lane: Lane = own.lane
    with torch.inference_mode(), lane.at_work():
        return step(lane, item)
