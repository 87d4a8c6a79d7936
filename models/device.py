"""Which device the network runs on.

In which numbers matrices are multiplied.

Give memory that is no longer used back to the machine.
"""

from __future__ import annotations

import contextlib
import ctypes
from typing import Literal

import torch

from models.errors import ModelError
from models.options import PrecisionChoice


def resolve_device(name: str) -> torch.device:
    """Turn a setting into a device: `auto` is the first GPU where there is one, else the CPU.

    Raises:
        ModelError: `name` is no device, or one that this machine has not got.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        raise ModelError(f"the device {name!r} is unknown: use auto, cpu, cuda or cuda:N") from None
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise ModelError(
            f"the device {name} is not there (torch sees {torch.cuda.device_count()} GPUs): use auto or cpu"
        )
    return device


def has_fast_bfloat16() -> bool:
    """Tell whether this CPU multiplies matrices in bfloat16 faster than in fp32."""
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def prefers_bfloat16(device: torch.device) -> bool:
    """Tell whether a device multiplies matrices in bfloat16 faster than in fp32."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return has_fast_bfloat16()


Precision = Literal["fp32", "bf16"]


def resolve_precision(choice: PrecisionChoice, device: torch.device) -> Precision:
    """Say what a setting means: `auto` is bf16 where the device gains by it, else fp32.

    With bf16 only the products of matrices are in bfloat16; the residual stream and LayerNorm stay in fp32.
    """
    if choice == "auto":
        return "bf16" if prefers_bfloat16(device) else "fp32"
    return choice


def dtype_of(precision: Precision) -> torch.dtype:
    """Give the type of the factors."""
    return torch.bfloat16 if precision == "bf16" else torch.float32


def release_freed_memory() -> None:
    """Ask the C library to return what was freed; it keeps that for itself otherwise.

    Worth it after loading, when copies of the weights have come and gone. C libraries other than glibc have
    no such call, and nothing is done there.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
