"""Captured graphs return the same states as the network without graphs, batch after batch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
import torch

from models.encoder import TweetTokenizer
from models.network import MultiTaskNetwork
from models.runtime import GroupedAttention, PackedBatch, PackedNetwork, SharedStates, pack_batch
from models.runtime.cuda import VarlenAttention
from models.runtime.cuda.buckets import Bucket
from models.runtime.cuda.graphs import BucketGraphs, GraphPool
from tests.models.runtime.cuda.fake_cuda import FakeStream, install_fake_cuda
from tests.random_networks import POSITIONS, Shape, random_network, text_of
from tests.tiny import Trained

CPU = torch.device("cpu")
BUCKETS = (Bucket(64, 8, 32), Bucket(128, 16, 32), Bucket(256, 64, 128))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    shape = Shape(frozen_layers=1, classifiers=2)
    return random_network(tmp_path_factory.mktemp("graphs") / "encoder", shape)


def batch_of_words(trained: Trained, words: Sequence[int]) -> PackedBatch:
    tokenizer = TweetTokenizer(trained.encoder.tokenizer, POSITIONS)
    encodings = tokenizer.encode([text_of(count) for count in words])
    return pack_batch(encodings, sorted(range(len(words)), key=lambda row: len(encodings[row])))


def graphs_of(network: MultiTaskNetwork, buckets: Sequence[Bucket]) -> BucketGraphs:
    packed_network = PackedNetwork(network.weights(), "fp32", VarlenAttention())
    pool = GraphPool(FakeStream())  # type: ignore[arg-type]
    return BucketGraphs(buckets, packed_network.shared_states, CPU, pool.capture)


def assert_near(states: SharedStates, expected: SharedStates) -> None:
    torch.testing.assert_close(states.trunk, expected.trunk, atol=1e-4, rtol=0)
    torch.testing.assert_close(states.before_last, expected.before_last, atol=1e-4, rtol=0)


@torch.inference_mode()
def test_a_graph_can_be_replayed_for_one_batch_after_another(
    trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_fake_cuda(monkeypatch)
    graphs = graphs_of(trained.network, BUCKETS)
    plain = PackedNetwork(trained.network.weights(), "fp32", GroupedAttention())
    for words in ([5, 9, 3], [30], [0] * 8, [20, 1], [100, 7, 7], [2] * 60, [62], [5, 9, 3]):
        batch = batch_of_words(trained, words)
        graph = graphs.graph_for(batch)
        assert graph is not None
        on_device, states = graph(batch)
        assert_near(states, plain.shared_states(batch))
        assert (on_device.rows, on_device.lengths) == (batch.rows, batch.lengths)
        for name in ("input_ids", "type_ids", "position_ids", "bounds", "starts", "text_of_token"):
            assert torch.equal(getattr(on_device, name), getattr(batch, name))


@torch.inference_mode()
def test_a_batch_that_no_bucket_holds_has_no_graph(trained: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    install_fake_cuda(monkeypatch)
    graphs = graphs_of(trained.network, BUCKETS)
    for words in ([127], [0] * 65, [100, 100, 100]):
        assert graphs.graph_for(batch_of_words(trained, words)) is None


@pytest.mark.parametrize("frozen_layers", [1, 2])
@torch.inference_mode()
def test_states_that_are_one_tensor_stay_one_tensor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, frozen_layers: int
) -> None:
    install_fake_cuda(monkeypatch)
    trained = random_network(tmp_path / "encoder", Shape(frozen_layers=frozen_layers))
    batch = batch_of_words(trained, [3, 4])
    graph = graphs_of(trained.network, BUCKETS).graph_for(batch)
    assert graph is not None
    _, states = graph(batch)
    assert (states.trunk is states.before_last) == (frozen_layers == 2)  # of three layers
