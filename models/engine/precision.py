"""In which numbers matrices are multiplied."""

from __future__ import annotations

from typing import Literal

import torch

from models.device import prefers_bfloat16
from models.serving import PrecisionChoice

Precision = Literal["fp32", "bf16"]


def precision_of(choice: PrecisionChoice, device: torch.device) -> Precision:
    """Say what a setting means: `auto` is bf16 where the device gains by it, else fp32.

    With bf16 only the products of matrices are in bfloat16; the residual stream and LayerNorm stay in fp32.
    """
    if choice == "auto":
        return "bf16" if prefers_bfloat16(device) else "fp32"
    return choice


def dtype_of(precision: Precision) -> torch.dtype:
    """Give the type of the factors."""
    return torch.bfloat16 if precision == "bf16" else torch.float32
