"""The engine agrees with the reference for every family of encoders, in each precision."""

from __future__ import annotations

import pytest
import torch

from models.device import has_fast_bfloat16
from models.runtime import GroupedAttention, PackedNetwork, pack_batch
from models.runtime.cuda import PaddedAttention
from tests.engine_agreement import LONG, SHORT, TOLERANCE, Subject
from tests.random_networks import Shape, random_network

SHAPES = [
    Shape(frozen_layers=2, classifiers=3, pooling="mean", retriever_layers=1, model_type="mpnet"),
    Shape(frozen_layers=0, classifiers=1, pooling="cls", retriever_layers=2, model_type="mpnet"),
    Shape(frozen_layers=1, classifiers=3, pooling="cls", retriever_layers=1, model_type="roberta"),
    Shape(frozen_layers=3, classifiers=1, pooling="mean", model_type="xlm-roberta"),
]
TEXTS = [*SHORT, *LONG[:5], (700, 0)]


@pytest.fixture(scope="module", params=SHAPES, ids=str)
def subject(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Subject:
    return Subject(random_network(tmp_path_factory.mktemp("random") / "encoder", request.param))


@pytest.mark.parametrize("token_budget", [1, 512, 16_384])
def test_scores_are_those_of_each_text_alone(subject: Subject, token_budget: int) -> None:
    engine = subject.engine(lanes=2, token_budget=token_budget)
    subject.drift(engine, TEXTS).stays_within(TOLERANCE)
    subject.drift(engine, SHORT, threshold=0.5).stays_within(TOLERANCE)


@pytest.mark.skipif(not has_fast_bfloat16(), reason="this CPU does not multiply in bfloat16")
def test_outputs_in_bfloat16_stay_near_the_reference(subject: Subject) -> None:
    subject.drift(subject.engine(precision="bf16", lanes=2), TEXTS).stays_within(0.5, mean=0.06)


def test_rectangles_agree_with_groups(subject: Subject) -> None:
    """A GPU pads texts; on a CPU the same computation can be checked without one."""
    weights = subject.network.weights()
    encodings = subject.encode(SHORT)
    batch = pack_batch(encodings, sorted(range(len(encodings)), key=lambda row: len(encodings[row])))
    outputs = []
    for attention in (GroupedAttention(), PaddedAttention()):
        network = PackedNetwork(weights, "fp32", attention)
        with torch.inference_mode():
            states = network.shared_states(batch)
            outputs.append((states.before_last, network.votes(states, batch)))
    for ours, others in zip(*outputs, strict=True):
        torch.testing.assert_close(ours, others, atol=TOLERANCE, rtol=0)
