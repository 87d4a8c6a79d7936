"""Two processes on the CPU, by gloo (on GPUs `accelerate launch` starts them), and errors of memory."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from models.network import EXTRACTOR, Head, MultiTaskNetwork
from tests.training.loop import tiny_training
from tests.training.loop.tiny_training import CONFIG, STEADY, largest_difference, tiny_fit
from training.errors import RunError
from training.loop.processes import SINGLE_PROCESS, Processes, explain_out_of_memory, join_processes
from training.loop.state_store import MemoryStore
from training.loop.states import KeptStates


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def train_together(checkpoint: Path, folder: Path) -> None:
    command = [
        *(sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", "2"),
        *("--master_port", str(free_port()), tiny_training.__file__, "share", str(checkpoint), str(folder)),
    ]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3]), "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=150)
    assert done.returncode == 0, done.stderr[-4_000:]


@pytest.mark.slow
def test_two_processes_take_the_same_steps_as_one(tiny_encoder: Path, tmp_path: Path) -> None:
    _, alone = tiny_fit(tiny_encoder, tmp_path / "alone", STEADY)
    train_together(tiny_encoder, tmp_path)
    for keep in ("memory", "disk"):
        first, second = (torch.load(tmp_path / keep / f"rank{rank}.pt") for rank in (0, 1))
        assert largest_difference(first, second) == 0
        # The loss does not depend on the biases of keys. Their gradients are rounding, which Adam amplifies.
        compared = [name for name in first if not name.endswith("key.bias")]
        assert (
            largest_difference({n: first[n] for n in compared}, {n: alone.network[n] for n in compared})
            < 1e-4
        )
        stored = torch.load(tmp_path / keep / "last-epoch.pt")["state"]["history"]
        for actual, expected in zip(stored, alone.history, strict=True):
            assert actual["losses"] == pytest.approx(expected["losses"], abs=1e-5)
    assert len(list((tmp_path / "states").glob("*.states"))) == 1


def test_one_process_needs_no_launcher() -> None:
    processes = join_processes("cpu")
    assert (processes.rank, processes.count, processes.is_main) == (0, 1, True)


def test_the_shares_of_all_processes_make_up_the_mini_batch() -> None:
    rows = list(range(11))
    shares = [Processes(torch.device("cpu"), rank, 4).share(rows) for rank in range(4)]
    assert sorted(row for share in shares for row in share) == rows
    assert max(map(len, shares)) - min(map(len, shares)) <= 1
    assert list(SINGLE_PROCESS.share(rows)) == rows


def test_several_processes_without_accelerate_fail_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setitem(sys.modules, "accelerate", None)
    with pytest.raises(RunError, match=r"ade-monitor\[train\]"):
        join_processes("cpu")


@pytest.mark.parametrize("error", [torch.OutOfMemoryError("CUDA out of memory"), MemoryError()])
def test_a_step_that_runs_out_of_memory_is_named_with_what_to_change(
    error: Exception, tiny_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logits = MultiTaskNetwork.logits

    def out_of_memory(network: MultiTaskNetwork, head: Head, *tensors: torch.Tensor) -> torch.Tensor:
        if head is EXTRACTOR:
            raise error
        return logits(network, head, *tensors)

    monkeypatch.setattr(MultiTaskNetwork, "logits", out_of_memory)
    config = replace(CONFIG, batch_size_1b=4)
    with pytest.raises(RunError, match=r"1b on [1-4] texts of up to \d+ tokens.*batch-size-1b=2.*max-tokens"):
        tiny_fit(tiny_encoder, tmp_path, config)


def test_states_that_run_out_of_memory_are_named_with_what_to_change(
    tiny_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def out_of_memory(*_: object) -> torch.Tensor:
        return torch.empty(1 << 50)

    monkeypatch.setattr(MemoryStore, "allocate", out_of_memory)
    with pytest.raises(RunError, match=r"\d+ texts.*--keep-states disk.*--keep-limit"):
        tiny_fit(tiny_encoder, tmp_path, states=KeptStates())


def test_the_error_of_the_cpu_allocator_is_recognized() -> None:
    with pytest.raises(RunError, match="buy more"), explain_out_of_memory("a petabyte", "buy more"):
        torch.empty(1 << 50)


def test_other_errors_pass_through() -> None:
    with pytest.raises(RuntimeError, match="shapes"), explain_out_of_memory("nothing", "nothing"):
        raise RuntimeError("shapes do not fit")
