"""When a GPU has no free memory: how to notice it, and how to free what is kept for later."""

from __future__ import annotations

import sys


def is_device_full(error: BaseException) -> bool:
    """Return True if an error of PyTorch means that a GPU has no free memory (`torch.OutOfMemoryError`)."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(error, torch.OutOfMemoryError)


def free_device_memory() -> None:
    """Free the GPU memory that PyTorch keeps for later tensors. Does nothing without a GPU."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()
