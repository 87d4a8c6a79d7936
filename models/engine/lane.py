"""What computes one micro-batch at a time: a thread on a CPU, a stream on a GPU (`models.engine.cuda`)."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

import torch
from torch import Tensor

from models.engine.packed_network import KeptStates, PackedNetwork
from models.engine.packing import PackedBatch


class Lane(Protocol):
    """Where a step of the engine is done; only one at a time."""

    def at_work(self) -> AbstractContextManager[object]:
        """Give the context that a step is done in."""
        ...

    def placed(self, batch: PackedBatch) -> PackedBatch:
        """Give a batch, of the CPU, on the lane's device."""
        ...

    def front(self, batch: PackedBatch) -> tuple[PackedBatch, KeptStates]:
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

    def front(self, batch: PackedBatch) -> tuple[PackedBatch, KeptStates]:
        """See `Lane`."""
        placed = self.placed(batch)
        return placed, self._network.kept(placed)

    def read(self, values: Tensor) -> Tensor:
        """See `Lane`."""
        return values.cpu()
