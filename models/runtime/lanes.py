"""Lanes: each computes one micro-batch at a time, and an engine has several of them.

On a CPU a lane is a thread, on a GPU it is also a stream (`models.runtime.cuda`).
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

Work = TypeVar("Work")
Result = TypeVar("Result")


class Lane(Protocol):
    """The place where a step of the engine runs; one step at a time."""

    def step_context(self) -> AbstractContextManager[object]:
        """Return the context that a step runs in."""
        ...

    def to_device(self, batch: PackedBatch) -> PackedBatch:
        """Copy a batch from the CPU to the lane's device."""
        ...

    def shared_states(self, batch: PackedBatch) -> tuple[PackedBatch, SharedStates]:
        """Compute the shared states of a batch from the CPU.

        Returns:
            The batch on the lane's device, and its states; both are valid until the next call.
        """
        ...

    def to_host(self, values: Tensor) -> Tensor:
        """Copy values to the CPU, and wait until they are complete."""
        ...


class ThreadLane:
    """A thread that waits for each of its operations; on a CPU, or on a device without lanes of its own.

    Args:
        device: of the network.
        network: runs there.
    """

    def __init__(self, device: torch.device, network: PackedNetwork) -> None:
        self._device = device
        self._network = network

    def step_context(self) -> AbstractContextManager[object]:
        """Return a context that does nothing."""
        return nullcontext()

    def to_device(self, batch: PackedBatch) -> PackedBatch:
        """Copy a batch to the device."""
        return batch.to(self._device)

    def shared_states(self, batch: PackedBatch) -> tuple[PackedBatch, SharedStates]:
        """Compute the shared states of a batch; see `Lane`."""
        on_device = self.to_device(batch)
        return on_device, self._network.shared_states(on_device)

    def to_host(self, values: Tensor) -> Tensor:
        """Copy values to the CPU."""
        return values.cpu()


class LaneThreads:
    """The threads of one or several pools: each runs one step at a time.

    Args:
        count: number of threads.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self.process = os.getpid()
        self.executor = ThreadPoolExecutor(count, "forward", initializer=torch.set_num_threads, initargs=(1,))


class LanePool:
    """Runs steps on a fixed number of lanes, for any number of callers.

    A lane computes in one thread of the processor. Several lanes use it better than several threads in one
    product: those wait for each other after each operation, and on a machine with other work that takes four
    to ten times as long.

    Args:
        lanes: each of them gets a thread.
        threads: of another pool, as many as there are lanes, so that both pools together compute no more
            steps at a time than one; by default the pool has threads of its own.

    Raises:
        ValueError: there are more or fewer threads than lanes.
    """

    def __init__(self, lanes: Sequence[Lane], threads: LaneThreads | None = None) -> None:
        self.threads = threads or LaneThreads(len(lanes))
        if self.threads.count != len(lanes):
            raise ValueError(f"{len(lanes)} lanes cannot share {self.threads.count} threads")
        self._free: SimpleQueue[Lane] = SimpleQueue()
        for lane in lanes:
            self._free.put(lane)
        self._local = threading.local()

    def run(self, step: Callable[[Lane, Work], Result], items: Iterable[Work]) -> Iterator[Result]:
        """Run `step` for each item on some lane, in inference mode; yield the results in order of the items.

        All items are submitted at once, and run in the order of the calls. If a caller stops early, those of
        its items that have not been started are dropped.

        Raises:
            ModelError: the process was forked, so that these threads do not exist in it.
        """
        if os.getpid() != self.threads.process:
            raise ModelError(
                "the engine was made before the process was forked, and its threads are not copied: "
                "load the bundle in each process"
            )
        futures: list[Future[Result]] = []
        try:
            futures.extend(self.threads.executor.submit(self._run_step, step, item) for item in items)
            for future in futures:
                yield future.result()
        finally:
            for future in futures:
                future.cancel()

    def _run_step(self, step: Callable[[Lane, Work], Result], item: Work) -> Result:
        lane: Lane | None = getattr(self._local, "lane", None)
        if lane is None:  # the first step of this pool in this thread, which keeps its lane
            lane = self._local.lane = self._free.get_nowait()
        with torch.inference_mode(), lane.step_context():
            return step(lane, item)
