from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from models.network.multitask import MultiTaskNetwork
from tests.training.loop.tiny_training import CONFIG, tiny_fit
from training.errors import RunError
from training.loop.processes import explain_out_of_memory
from training.loop.state_store import MemoryStore
from training.loop.states import KeptStates


@pytest.mark.parametrize("error", [torch.OutOfMemoryError("CUDA out of memory"), MemoryError()])
def test_a_step_that_needs_too_much_memory_is_named_with_what_to_set(
    error: Exception, tiny_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def greedy(*_: object) -> torch.Tensor:
        raise error

    monkeypatch.setattr(MultiTaskNetwork, "extract", greedy)
    config = replace(CONFIG, batch_size_1b=4)
    with pytest.raises(RunError, match=r"1b on [1-4] texts of up to \d+ tokens.*batch-size-1b=2.*max-tokens"):
        tiny_fit(tiny_encoder, tmp_path, config)


def test_states_that_need_too_much_memory_are_named_with_what_to_set(
    tiny_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def greedy(*_: object) -> torch.Tensor:
        return torch.empty(1 << 50)

    monkeypatch.setattr(MemoryStore, "room", greedy)
    with pytest.raises(RunError, match=r"\d+ texts.*--keep-states disk.*--keep-limit"):
        tiny_fit(tiny_encoder, tmp_path, states=KeptStates())


def test_the_cpu_allocators_own_error_is_known() -> None:
    with pytest.raises(RunError, match="buy more"), explain_out_of_memory("a petabyte", "buy more"):
        torch.empty(1 << 50)


def test_other_errors_stay_what_they_are() -> None:
    with pytest.raises(RuntimeError, match="shapes"), explain_out_of_memory("nothing", "nothing"):
        raise RuntimeError("shapes do not fit")
