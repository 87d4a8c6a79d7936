"""One process, or several that train one network together, by accelerate.

Each process draws the same tasks and mini-batches and takes its share of the rows. The loss of a share is
divided by the weight of the whole mini-batch and the gradients are summed, so that a step is the step of
one process, to rounding (and but for dropout, which each process draws for itself).

When memory runs out: say of what, and what to set.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from models.device import resolve_device
from training.errors import RunError
from training.extras import require

_T = TypeVar("_T")


@dataclass(frozen=True)
class Processes:
    """The processes of a training, and which of them this is.

    Attributes:
        device: where this process computes.
        rank: number of this process, from 0; the first one writes and prints.
        count: how many there are.
    """

    device: torch.device
    rank: int = 0
    count: int = 1
    _accelerator: Any = None

    @property
    def is_main(self) -> bool:
        """Whether this process writes and prints."""
        return self.rank == 0

    def share(self, rows: Sequence[_T]) -> Sequence[_T]:
        """Give this process's part of a mini-batch, which can be empty."""
        return rows[self.rank :: self.count]

    def sum_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Add up the gradients of all processes, in each of them.

        Args:
            parameters: those that the mini-batch reaches; a process whose share is empty counts as zero.
        """
        if self.count == 1:
            return
        reached = list(parameters)
        for parameter in reached:
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
        gradients = [parameter.grad for parameter in reached if parameter.grad is not None]
        summed = self.sum(torch.cat([gradient.flatten() for gradient in gradients]))
        parts = torch.split(summed, [gradient.numel() for gradient in gradients])
        for gradient, part in zip(gradients, parts, strict=True):
            gradient.copy_(part.view_as(gradient))

    def sum(self, tensor: Tensor) -> Tensor:
        """Add up a tensor of one shape over all processes."""
        if self.count == 1:
            return tensor
        summed: Tensor = self._accelerator.reduce(tensor, "sum")
        return summed

    def from_main(self, value: _T) -> _T:
        """Give all processes what the first one has."""
        if self.count == 1:
            return value
        from accelerate.utils import broadcast_object_list

        held = [value]
        broadcast_object_list(held, from_process=0)
        return held[0]

    def from_each(self, tensor: Tensor, rank: int) -> Tensor:
        """Give all processes what process `rank` has in `tensor`, which all must have in one shape."""
        if self.count == 1:
            return tensor
        from accelerate.utils import broadcast

        received: Tensor = broadcast(tensor, from_process=rank)
        return received

    def wait(self) -> None:
        """Go on when all processes are here."""
        if self.count > 1:
            self._accelerator.wait_for_everyone()


SINGLE_PROCESS = Processes(torch.device("cpu"))


def join_processes(device: str = "auto") -> Processes:
    """Find out which processes train: those that `accelerate launch` or `torchrun` started, else this one.

    Args:
        device: `auto`, `cpu`, `cuda` or `cuda:N`; of several processes each takes a GPU of its own.

    Raises:
        ModelError: there is no such device.
        RunError: several processes were started, and accelerate is not installed.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        return Processes(resolve_device(device))
    require("accelerate", "several processes")
    from accelerate import Accelerator

    accelerator = Accelerator(cpu=device == "cpu")
    return Processes(accelerator.device, accelerator.process_index, accelerator.num_processes, accelerator)


# How the CPU's allocator begins what it raises, as a plain RuntimeError.
_CPU_ALLOCATOR = ("can't allocate memory", "not enough memory")


@contextmanager
def explain_out_of_memory(what: str, mend: str) -> Iterator[None]:
    """Turn an out-of-memory error of the body into one that users understand.

    Args:
        what: needed the memory, such as `a step of 1a on 64 texts of 128 tokens`.
        mend: what to do about it.

    Raises:
        RunError: memory ran out.
    """
    try:
        yield
    except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
        out_of_memory = isinstance(error, (torch.OutOfMemoryError, MemoryError))
        if not out_of_memory and not any(words in str(error) for words in _CPU_ALLOCATOR):
            raise
        raise RunError(f"memory ran out for {what}: {mend}") from error
