"""What an engine uses on which device."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from models.errors import ModelError
from models.network import MultiTaskNetwork, NetworkShape
from models.runtime import Engine, GroupedAttention, cuda, engine
from models.runtime.cuda import PaddedAttention, VarlenAttention
from models.runtime.placement import choose_placement
from tests.tiny import Trained

CPU, CUDA = torch.device("cpu"), torch.device("cuda")


@pytest.fixture(scope="module")
def network(trained: Trained) -> MultiTaskNetwork:
    return trained.network


@pytest.fixture(scope="module")
def shape(network: MultiTaskNetwork) -> NetworkShape:
    return network.shape


def test_a_cpu_has_a_lane_for_each_thread_and_no_limit_of_texts(shape: NetworkShape) -> None:
    placement = choose_placement(shape, CPU, "fp32")
    assert isinstance(placement.attention, GroupedAttention)
    assert placement.lanes == torch.get_num_threads()
    assert placement.text_budget is None
    assert choose_placement(shape, CPU, "fp32", lanes=3, token_budget=7).lanes == 3
    assert choose_placement(shape, CPU, "fp32", lanes=3, token_budget=7).token_budget == 7


@pytest.mark.parametrize("has_kernel", [True, False])
def test_a_gpu_uses_the_varlen_kernel_in_bfloat16_if_it_has_it(
    shape: NetworkShape, monkeypatch: pytest.MonkeyPatch, has_kernel: bool
) -> None:
    monkeypatch.setattr(cuda, "has_varlen_kernel", lambda device, head_size: has_kernel)
    exact = choose_placement(shape, CUDA, "fp32", graphs=True)
    rounded = choose_placement(shape, CUDA, "bf16", graphs=True)
    assert isinstance(rounded.attention, VarlenAttention) == has_kernel
    assert not isinstance(exact.attention, VarlenAttention)
    for placement in (exact, rounded):
        assert isinstance(placement.attention, PaddedAttention)
        assert (placement.lanes, placement.token_budget) == (2, 16_384)
        assert placement.text_budget is not None


def test_a_position_bias_keeps_a_gpu_from_the_varlen_kernel(
    shape: NetworkShape, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cuda, "has_varlen_kernel", lambda device, head_size: True)
    placement = choose_placement(replace(shape, position_buckets=32), CUDA, "bf16", graphs=True)
    assert not isinstance(placement.attention, VarlenAttention)
    assert placement.lane_bytes > choose_placement(shape, CUDA, "bf16", graphs=True).lane_bytes


def test_graphs_are_captured_on_request_where_the_kernel_is_used(
    shape: NetworkShape, monkeypatch: pytest.MonkeyPatch
) -> None:
    captured: list[int] = []
    monkeypatch.setattr(cuda, "has_varlen_kernel", lambda device, head_size: True)
    monkeypatch.setattr(cuda, "StreamLane", lambda device, network, buckets: captured.append(len(buckets)))
    for graphs, precision in ((True, "bf16"), (False, "bf16"), (True, "fp32")):
        placement = choose_placement(shape, CUDA, precision, graphs=graphs, token_budget=1_000, lanes=1)  # type: ignore[arg-type]
        placement.make_lane(None)  # type: ignore[arg-type]
    assert captured == [3, 0, 0]


def test_an_out_of_memory_error_names_the_needed_memory(
    network: MultiTaskNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run_out_of_memory(*_: object) -> None:
        raise torch.OutOfMemoryError("no")

    placement = replace(
        choose_placement(network.shape, CPU, "fp32"),
        make_lane=run_out_of_memory,  # type: ignore[arg-type]
        lane_bytes=3 * 10**9,
        lanes=2,
    )
    monkeypatch.setattr(engine, "choose_placement", lambda *_, **__: placement)
    with pytest.raises(ModelError, match=r"6\.0 GB"):
        Engine(network)
