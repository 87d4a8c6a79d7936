"""The machine that a network runs on: its devices, the precision that suits them, and its memory."""

from __future__ import annotations

import contextlib
import ctypes
from typing import Literal

import torch

from models.errors import ModelError
from models.options import PrecisionChoice

Precision = Literal["fp32", "bf16"]


def resolve_device(name: str) -> torch.device:
    """Return the device of a setting; `auto` is the first GPU if there is one, else the CPU.

    Raises:
        ModelError: `name` is not a device, or this machine does not have it.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        raise ModelError(f"the device {name!r} is unknown: use auto, cpu, cuda or cuda:N") from None
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise ModelError(
            f"the device {name} is not available (torch sees {torch.cuda.device_count()} GPUs): "
            "use auto or cpu"
        )
    return device


def resolve_precision(choice: PrecisionChoice, device: torch.device) -> Precision:
    """Return the precision of a setting; `auto` is bf16 where that is faster on the device, else fp32.

    Only matrix products are computed in bf16; the residual stream and LayerNorm stay in fp32.
    """
    if choice == "auto":
        return "bf16" if prefers_bfloat16(device) else "fp32"
    return choice


def prefers_bfloat16(device: torch.device) -> bool:
    """Return True if a device multiplies matrices faster in bfloat16 than in fp32."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return has_fast_bfloat16()


def has_fast_bfloat16() -> bool:
    """Return True if this CPU multiplies matrices faster in bfloat16 than in fp32.

    The processor must have the instructions, and oneDNN must use them: `ONEDNN_MAX_CPU_ISA` may forbid that.
    """
    has_instructions = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    if not has_instructions or not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        return False
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def dtype_of(precision: Precision) -> torch.dtype:
    """Return the dtype of the operands of a matrix product."""
    return torch.bfloat16 if precision == "bf16" else torch.float32


def release_freed_memory() -> None:
    """Return freed memory from the C library to the operating system.

    Call it after loading, which frees copies of the weights. C libraries other than glibc have no such call;
    there, nothing happens.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
