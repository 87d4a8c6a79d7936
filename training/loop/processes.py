"""The processes that train one network, by accelerate, and a clear error when one runs out of memory.

Each process draws the same tasks and mini-batches and computes its share of the rows. The loss of a share is
divided by the weight of the whole mini-batch, and the gradients are summed. So a step equals the step of a
single process, except for rounding and for dropout, which each process draws for itself.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import torch
from torch import Tensor, nn

from models.device import resolve_device
from training.errors import RunError
from training.extras import require

_T = TypeVar("_T")

# How messages of the CPU's allocator start, which raises a plain RuntimeError.
_CPU_OUT_OF_MEMORY: Final = ("can't allocate memory", "not enough memory")


@dataclass(frozen=True)
class Processes:
    """The processes of a training, and which of them this one is.

    Attributes:
        device: the device on which this process computes.
        rank: number of this process, from 0. The first one validates, writes and prints.
        count: number of processes.
    """

    device: torch.device
    rank: int = 0
    count: int = 1
    _accelerator: Any = None

    @property
    def is_main(self) -> bool:
        """True for the first process, which writes and prints."""
        return self.rank == 0

    def share(self, rows: Sequence[_T]) -> Sequence[_T]:
        """Return this process's part of a mini-batch. It can be empty."""
        return rows[self.rank :: self.count]

    def sum_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Replace the gradients by their sums over all processes.

        Args:
            parameters: those that the mini-batch trains. A process with an empty share counts as zero.
        """
        if self.count == 1:
            return
        trained = list(parameters)
        for parameter in trained:
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
        gradients = [parameter.grad for parameter in trained if parameter.grad is not None]
        summed = self.sum(torch.cat([gradient.flatten() for gradient in gradients]))
        parts = torch.split(summed, [gradient.numel() for gradient in gradients])
        for gradient, part in zip(gradients, parts, strict=True):
            gradient.copy_(part.view_as(gradient))

    def sum(self, tensor: Tensor) -> Tensor:
        """Return the sum of a tensor over all processes; it has the same shape in each."""
        if self.count == 1:
            return tensor
        summed: Tensor = self._accelerator.reduce(tensor, "sum")
        return summed

    def from_main(self, value: _T) -> _T:
        """Return the value that the first process has."""
        if self.count == 1:
            return value
        from accelerate.utils import broadcast_object_list

        values = [value]
        broadcast_object_list(values, from_process=0)
        return values[0]

    def from_each(self, tensor: Tensor, rank: int) -> Tensor:
        """Return the tensor that process `rank` has. All processes pass one of the same shape."""
        if self.count == 1:
            return tensor
        from accelerate.utils import broadcast

        received: Tensor = broadcast(tensor, from_process=rank)
        return received

    def wait(self) -> None:
        """Wait until all processes have called this."""
        if self.count > 1:
            self._accelerator.wait_for_everyone()


SINGLE_PROCESS: Final = Processes(torch.device("cpu"))


def join_processes(device: str = "auto") -> Processes:
    """Join the processes that `accelerate launch` or `torchrun` started; otherwise train alone.

    Args:
        device: `auto`, `cpu`, `cuda` or `cuda:N`. Of several processes, each takes a GPU of its own.

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


@contextmanager
def explain_out_of_memory(subject: str, remedy: str) -> Iterator[None]:
    """Turn an out-of-memory error within the block into one that tells users what to change.

    Args:
        subject: what needed the memory, such as `a step of 1a on 64 texts of 128 tokens`.
        remedy: what to do about it.

    Raises:
        RunError: memory ran out.
    """
    try:
        yield
    except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
        is_out_of_memory = isinstance(error, (torch.OutOfMemoryError, MemoryError))
        if not is_out_of_memory and not any(words in str(error) for words in _CPU_OUT_OF_MEMORY):
            raise
        raise RunError(f"memory ran out for {subject}: {remedy}") from error
