"""The body as a graph of OpenVINO, before anything is rounded, beside the engine's own layers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.encoder.tokenization import TweetTokenizer
from models.network.weights import NetworkWeights
from models.runtime.attention import GroupedAttention
from models.runtime.int8 import QuantizedBody
from models.runtime.packed_network import PackedNetwork
from models.runtime.packing import micro_batches
from tests.spread import POSITIONS, Shape, spread_network, text_of
from tests.tiny import Trained
from tests.tiny_int8 import needs_openvino

pytestmark = needs_openvino

ATTENTION = GroupedAttention()
TOLERANCE = 1e-4


@dataclass(frozen=True)
class Both:
    """A network, and its body as a graph."""

    made: Trained
    weights: NetworkWeights
    body: QuantizedBody

    def agree_on(self, texts: list[str]) -> None:
        encodings = TweetTokenizer(self.made.encoder.tokenizer, POSITIONS).encode(texts)
        exact = PackedNetwork(self.weights, "fp32", ATTENTION)
        for batch in micro_batches(encodings, token_budget=200):
            with torch.inference_mode():
                wanted, found = exact.shared_states(batch), self.body(batch)
            torch.testing.assert_close(found.trunk, wanted.trunk, atol=TOLERANCE, rtol=0)
            torch.testing.assert_close(found.before_last, wanted.before_last, atol=TOLERANCE, rtol=0)


def both(made: Trained, weights: NetworkWeights) -> Both:
    from training.quantization.body_graph import body_graph
    from training.quantization.post_training import to_ir

    return Both(made, weights, QuantizedBody(to_ir(body_graph(weights)), weights, ATTENTION, lanes=1))


@pytest.fixture(scope="module", params=[0, 1, 2, 3])
def graph(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Both:
    """Of a network of three layers, of which so many are frozen."""
    folder: Path = tmp_path_factory.mktemp("spread") / "encoder"
    made = spread_network(folder, Shape(frozen_layers=request.param))
    return both(made, made.network.weights())


@settings(max_examples=10, deadline=None)
@given(words=st.lists(st.integers(0, 60), min_size=1, max_size=15))
def test_it_gives_the_states_of_the_engine_for_any_batch(graph: Both, words: list[int]) -> None:
    graph.agree_on([text_of(count, number) for number, count in enumerate(words)])


@pytest.mark.parametrize("activation", ["gelu_new", "relu"])
def test_it_has_the_activation_of_the_encoder(activation: str, tmp_path: Path) -> None:
    made = spread_network(tmp_path / "encoder", Shape())
    weights = made.network.weights()
    other = replace(weights, shape=replace(weights.shape, activation=activation))
    both(made, other).agree_on([text_of(9, 1)])
