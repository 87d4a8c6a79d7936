"""Micro-batches filled up to the size of a graph give what they give by themselves."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from models.encoder.tokenization import TweetTokenizer
from models.network.multitask import MultiTaskNetwork
from models.runtime.attention import GroupedAttention
from models.runtime.cuda import VarlenAttention
from models.runtime.cuda.buckets import Bucket, make_buckets, max_texts, smallest_bucket
from models.runtime.cuda.graphs import BucketGraphs, GraphPool
from models.runtime.packed_network import PackedNetwork, SharedStates
from models.runtime.packing import PackedBatch, micro_batches, pack_batch
from tests.models.runtime.cuda.fake_cuda import FakeStream, imitate
from tests.random_networks import POSITIONS, Shape, random_network, text_of
from tests.tiny import Trained

CPU = torch.device("cpu")
SIZES = (Bucket(64, 8, 32), Bucket(128, 16, 32), Bucket(256, 64, 128))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    shape = Shape(frozen_layers=1, classifiers=2)
    return random_network(tmp_path_factory.mktemp("front") / "encoder", shape)


def batch_of(made: Trained, words: Sequence[int]) -> PackedBatch:
    tokenizer = TweetTokenizer(made.encoder.tokenizer, POSITIONS)
    encodings = tokenizer.encode([text_of(count) for count in words])
    return pack_batch(encodings, sorted(range(len(words)), key=lambda row: len(encodings[row])))


def fronts_of(network: MultiTaskNetwork, sizes: Sequence[Bucket]) -> BucketGraphs:
    packed_network = PackedNetwork(network.weights(), "fp32", VarlenAttention())
    pool = GraphPool(FakeStream())  # type: ignore[arg-type]
    return BucketGraphs(sizes, packed_network.shared_states, CPU, pool.capture)


def near(found: SharedStates, wanted: SharedStates) -> None:
    torch.testing.assert_close(found.trunk, wanted.trunk, atol=1e-4, rtol=0)
    torch.testing.assert_close(found.before_last, wanted.before_last, atol=1e-4, rtol=0)


@torch.inference_mode()
def test_one_graph_serves_batch_after_batch(made: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    imitate(monkeypatch)
    fronts = fronts_of(made.network, SIZES)
    plain = PackedNetwork(made.network.weights(), "fp32", GroupedAttention())
    for words in ([5, 9, 3], [30], [0] * 8, [20, 1], [100, 7, 7], [2] * 60, [62], [5, 9, 3]):
        batch = batch_of(made, words)
        front = fronts.graph_for(batch)
        assert front is not None
        placed, kept = front(batch)
        near(kept, plain.shared_states(batch))
        assert (placed.rows, placed.lengths) == (batch.rows, batch.lengths)
        for name in ("input_ids", "type_ids", "position_ids", "bounds", "starts", "text_of_token"):
            assert torch.equal(getattr(placed, name), getattr(batch, name))


@torch.inference_mode()
def test_a_batch_that_no_graph_holds_has_none(made: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    imitate(monkeypatch)
    fronts = fronts_of(made.network, SIZES)
    for words in ([127], [0] * 65, [100, 100, 100]):
        assert fronts.graph_for(batch_of(made, words)) is None


@pytest.mark.parametrize("frozen_layers", [1, 2])
@torch.inference_mode()
def test_states_that_are_the_same_tensor_stay_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, frozen_layers: int
) -> None:
    imitate(monkeypatch)
    made = random_network(tmp_path / "encoder", Shape(frozen_layers=frozen_layers))
    batch = batch_of(made, [3, 4])
    front = fronts_of(made.network, SIZES).graph_for(batch)
    assert front is not None
    _, kept = front(batch)
    assert (kept.trunk is kept.before_last) == (frozen_layers == 2)  # of three layers


@given(budget=st.integers(1, 20_000))
@example(16_384)
def test_sizes_double_up_to_the_budget(budget: int) -> None:
    sizes = make_buckets(budget)
    assert sizes[-1].tokens == budget
    pairs = itertools.pairwise(sizes)
    assert all(left.tokens < right.tokens <= 2 * left.tokens for left, right in pairs)
    assert all(size.texts == max_texts(size.tokens) and size.longest <= size.tokens for size in sizes)


@settings(max_examples=30, deadline=None)
@given(
    words=st.lists(st.integers(0, 126), min_size=1, max_size=150), budget=st.sampled_from([300, 512, 2_000])
)
@example([0] * 150, 300)
def test_all_batches_of_short_texts_have_a_size(made: Trained, words: list[int], budget: int) -> None:
    tokenizer = TweetTokenizer(made.encoder.tokenizer, POSITIONS)
    encodings = tokenizer.encode([text_of(count) for count in words])
    sizes, rows = make_buckets(budget), []
    for batch in micro_batches(encodings, token_budget=budget, text_budget=max_texts(budget)):
        size = smallest_bucket(sizes, batch)
        assert size is not None
        assert size.holds(batch)
        assert not any(other.tokens < size.tokens and other.holds(batch) for other in sizes)
        rows += batch.rows
    assert sorted(rows) == list(range(len(words)))
