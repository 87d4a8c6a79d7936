"""The estimated memory of a lane is an upper bound; measured on tensors without contents."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from models.encoder.architectures.bert import BERT
from models.network import EncoderModel, MultiTaskNetwork
from models.runtime import PackedBatch, PackedNetwork
from models.runtime.cuda import VarlenAttention, estimate_lane_bytes, make_buckets, max_texts
from models.runtime.cuda.buckets import Bucket, BucketInputs
from tests.models.runtime.packed_batches import batch_of

META = torch.device("meta")
TOKENS = 4_096


class LiveBytes(TorchDispatchMode):
    """Counts the bytes of results that are in use."""

    def __init__(self) -> None:
        super().__init__()
        self.now = self.peak = 0
        self._known: set[int] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        results = func(*args, **(kwargs or {}))
        for result in tree_leaves(results):
            if isinstance(result, Tensor):
                self._count(result.untyped_storage())
        self.peak = max(self.peak, self.now)
        return results

    def _count(self, storage: torch.UntypedStorage) -> None:
        key, size = storage._cdata, storage.nbytes()
        if key in self._known:
            return

        def release() -> None:
            self._known.remove(key)
            self.now -= size

        self._known.add(key)
        self.now += size
        weakref.finalize(storage, release)


def network_of(hidden: int, classifiers: int, frozen_layers: int) -> MultiTaskNetwork:
    architecture = BERT.architecture(
        {
            "vocab_size": 100,
            "hidden_size": hidden,
            "num_hidden_layers": 4,
            "num_attention_heads": 12,
            "intermediate_size": 4 * hidden,
        },
        Path("config.json"),
    )
    with META:
        encoder = EncoderModel(architecture)
        return MultiTaskNetwork(encoder, frozen_layers=frozen_layers, ptids=3, classifiers=classifiers).eval()


def packed(network: MultiTaskNetwork) -> PackedNetwork:
    return PackedNetwork(network.weights().to(META), "bf16", VarlenAttention())


def filled(*runs: tuple[int, int]) -> PackedBatch:
    """Return a batch with this many texts of each length."""
    return batch_of(sorted(length for texts, length in runs for _ in range(texts))).to(META)


@pytest.mark.parametrize("frozen_layers", [1, 3])
@pytest.mark.parametrize("hidden", [384, 768])
@torch.inference_mode()
def test_shared_states_take_the_estimated_memory_and_can_be_captured(hidden: int, frozen_layers: int) -> None:
    network = network_of(hidden, 1, frozen_layers)
    shape, packed_network = network.shape, packed(network)
    [bucket] = [bucket for bucket in make_buckets(TOKENS) if bucket.tokens == TOKENS]
    # An operation that reads a value cannot be captured, and fails on META.
    with LiveBytes() as live:
        packed_network.shared_states(BucketInputs(bucket, META).batch)
    estimate = TOKENS * (14 * shape.hidden + 4 * shape.intermediate)
    assert 0.9 * estimate < live.peak < 1.02 * estimate  # which includes the inputs


@pytest.mark.parametrize("classifiers", [1, 5])
@pytest.mark.parametrize(
    "runs",
    [
        [(TOKENS // 34, 34)],
        [(max_texts(TOKENS), 8)],
        [(TOKENS // 17, 17), (1, 34)],  # half padding
        [(max_texts(TOKENS) - 3, 2), (3, 512)],
        [(8, 512)],
    ],
    ids=str,
)
@torch.inference_mode()
def test_a_lane_takes_no_more_than_the_estimate(runs: Sequence[tuple[int, int]], classifiers: int) -> None:
    network = network_of(384, classifiers, 3)
    packed_network, batch = packed(network), filled(*runs)
    with LiveBytes() as live:
        states = packed_network.shared_states(batch)
        packed_network.votes(states, batch)
        packed_network.extract(states, batch, range(len(batch.lengths)))
    tokens = len(batch.input_ids)
    buckets = [Bucket(tokens, max(len(batch.lengths), max_texts(tokens)), 512)]
    assert live.peak < estimate_lane_bytes(network.shape, buckets)


def test_the_estimates_of_the_presets_are_the_documented_ones() -> None:
    """`docs/performance.md` states them for BERT-base and MiniLM, with one classifier and with five."""
    gigabytes = [
        estimate_lane_bytes(network_of(hidden, classifiers, 3).shape, make_buckets(16_384)) / 1e9
        for hidden in (768, 384)
        for classifiers in (1, 5)
    ]
    assert gigabytes == pytest.approx([0.92, 1.67, 0.46, 0.84], abs=0.01)
