"""Devices and precisions by their settings."""

from __future__ import annotations

import pytest
import torch

from models import ModelError
from models.device import (
    dtype_of,
    has_fast_bfloat16,
    prefers_bfloat16,
    release_freed_memory,
    resolve_device,
    resolve_precision,
)

CPU = torch.device("cpu")


def test_auto_is_a_gpu_if_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert resolve_device("auto").type == "cuda"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert resolve_device("auto") == CPU


@pytest.mark.parametrize(("name", "message"), [("gpu", "unknown.*cuda:N"), ("cuda:7", "sees 7 GPUs")])
def test_a_device_that_does_not_exist_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, message: str
) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 7)
    assert resolve_device("cuda:6") == torch.device("cuda:6")
    with pytest.raises(ModelError, match=message):
        resolve_device(name)


@pytest.mark.parametrize("is_fast", [True, False])
def test_auto_is_bf16_where_the_device_is_faster_with_it(
    monkeypatch: pytest.MonkeyPatch, is_fast: bool
) -> None:
    monkeypatch.setattr("models.device.has_fast_bfloat16", lambda: is_fast)
    assert prefers_bfloat16(CPU) == is_fast
    assert resolve_precision("auto", CPU) == ("bf16" if is_fast else "fp32")
    assert resolve_precision("fp32", CPU) == "fp32"
    assert resolve_precision("bf16", CPU) == "bf16"


def test_a_cpu_without_the_instructions_is_not_fast_in_bf16(monkeypatch: pytest.MonkeyPatch) -> None:
    for check in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"):
        monkeypatch.setattr(torch.cpu, check, lambda: False)
    assert not has_fast_bfloat16()


def test_a_precision_has_a_dtype() -> None:
    assert (dtype_of("fp32"), dtype_of("bf16")) == (torch.float32, torch.bfloat16)


def test_freed_memory_can_be_released_on_any_system() -> None:
    release_freed_memory()
