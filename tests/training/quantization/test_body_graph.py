"""The body as an OpenVINO graph in fp32, compared with the engine's own layers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.encoder import TweetTokenizer
from models.network import NetworkWeights
from models.runtime import GroupedAttention, PackedNetwork, micro_batches
from models.runtime.int8 import QuantizedBody
from tests.random_networks import POSITIONS, Shape, random_network, text_of
from tests.tiny import Trained
from tests.tiny_int8 import needs_openvino

pytestmark = needs_openvino

ATTENTION = GroupedAttention()
TOLERANCE = 1e-4


@dataclass(frozen=True)
class BodyPair:
    """A network, and its body as a graph."""

    trained: Trained
    weights: NetworkWeights
    body: QuantizedBody

    def assert_equal_states(self, texts: list[str]) -> None:
        """Raise AssertionError if engine and graph compute different states for any of the texts."""
        encodings = TweetTokenizer(self.trained.encoder.tokenizer, POSITIONS).encode(texts)
        engine = PackedNetwork(self.weights, "fp32", ATTENTION)
        for batch in micro_batches(encodings, token_budget=200):
            with torch.inference_mode():
                expected, states = engine.shared_states(batch), self.body(batch)
            torch.testing.assert_close(states.trunk, expected.trunk, atol=TOLERANCE, rtol=0)
            torch.testing.assert_close(states.before_last, expected.before_last, atol=TOLERANCE, rtol=0)


def body_pair(trained: Trained, weights: NetworkWeights) -> BodyPair:
    from training.quantization.body_graph import build_body_graph
    from training.quantization.post_training import to_ir

    ir = to_ir(build_body_graph(weights))
    return BodyPair(trained, weights, QuantizedBody(ir, weights, ATTENTION, lanes=1))


SHAPES = [
    *(Shape(frozen_layers=frozen) for frozen in range(4)),
    Shape(frozen_layers=1, model_type="mpnet"),
    Shape(frozen_layers=2, model_type="roberta"),
]


@pytest.fixture(scope="module", params=SHAPES, ids=str)
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> BodyPair:
    """A network of three layers with 0 to 3 frozen ones, and one of other families."""
    folder: Path = tmp_path_factory.mktemp("spread") / "encoder"
    trained = random_network(folder, request.param)
    return body_pair(trained, trained.network.weights())


@settings(max_examples=10, deadline=None)
@given(words=st.lists(st.integers(0, 60), min_size=1, max_size=15))
def test_the_graph_computes_the_engines_states_for_any_batch(pair: BodyPair, words: list[int]) -> None:
    pair.assert_equal_states([text_of(count, number) for number, count in enumerate(words)])


@pytest.mark.parametrize("activation", ["gelu_new", "relu"])
def test_the_graph_has_the_encoders_activation(activation: str, tmp_path: Path) -> None:
    trained = random_network(tmp_path / "encoder", Shape())
    weights = trained.network.weights()
    changed = replace(weights, shape=replace(weights.shape, activation=activation))
    body_pair(trained, changed).assert_equal_states([text_of(9, 1)])
