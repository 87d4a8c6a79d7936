"""Which device the network runs on."""

from __future__ import annotations

import torch

from models.errors import ModelError


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
