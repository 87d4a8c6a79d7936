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
