"""The time and memory that epochs take."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from benchmarks.measured_process import memory_mb


@dataclass(frozen=True)
class Spent:
    """Seconds by the clock, and of all CPU threads together, which other work on the machine changes less."""

    wall: float
    cpu: float

    @classmethod
    def so_far(cls) -> Spent:
        """Read both clocks."""
        return cls(time.perf_counter(), time.process_time())

    def __sub__(self, earlier: Spent) -> Spent:
        return Spent(self.wall - earlier.wall, self.cpu - earlier.cpu)


def epoch_figures(
    seconds: Sequence[Spent], examples: int, flops: float, device: torch.device
) -> dict[str, Any]:
    """Return the figures of a case.

    Args:
        seconds: of each epoch; the first also computes what is kept.
        examples: of an epoch.
        flops: of an epoch, 0 if unknown.
        device: that was used.
    """
    later = min(spent.wall for spent in seconds[1:])  # other work on the machine only slows it down
    result: dict[str, Any] = {
        "first_epoch_s": round(seconds[0].wall, 2),
        "later_epoch_s": round(later, 3),
        "later_epoch_cpu_s": round(min(spent.cpu for spent in seconds[1:]), 3),
        "examples_per_s": round(examples / later, 1),
        "peak_mb": round(memory_mb("VmHWM"), 1),
    }
    if device.type == "cuda":
        result["gpu_peak_mb"] = round(torch.cuda.max_memory_allocated() / 2**20, 1)
        if flops:
            result["tflops"] = round(flops / later / 1e12, 2)
    return result


def synchronize(device: torch.device) -> None:
    """Wait for what a GPU still computes."""
    if device.type == "cuda":
        torch.cuda.synchronize()
