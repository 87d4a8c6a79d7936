"""The engine with the lanes of a GPU, imitated on the CPU, returns what it returns on the CPU."""

from __future__ import annotations

import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
import torch
from tokenizers import Encoding

from models.encoder import TweetTokenizer
from models.network import Decision
from models.runtime import Engine, engine
from models.runtime.cuda import PaddedAttention, StreamLane, VarlenAttention, make_buckets, max_texts
from models.runtime.cuda.graphs import BucketGraph
from models.runtime.placement import Placement
from tests.models.runtime.cuda.fake_cuda import install_fake_cuda
from tests.random_networks import POSITIONS, Shape, random_network, text_of
from tests.tiny import Trained

CPU = torch.device("cpu")
SHAPES = [
    Shape(frozen_layers=0, classifiers=5, pooling="mean", retriever_layers=2),
    Shape(frozen_layers=2, classifiers=1, retriever_layers=1),
    Shape(frozen_layers=3, classifiers=3),
]
# Texts of one word, up to more than any graph holds, so that some batches have no graph.
WORDS = [*range(40), 60, 100, 126, 127, 300] * 3
TOKENS = 512


@pytest.fixture(scope="module", params=SHAPES, ids=str)
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return random_network(tmp_path_factory.mktemp("gpu") / "encoder", request.param)


def encodings_of(trained: Trained, words: Sequence[int] = WORDS) -> list[Encoding]:
    tokenizer = TweetTokenizer(trained.encoder.tokenizer, POSITIONS)
    return tokenizer.encode([text_of(count, number) for number, count in enumerate(words)])


def engine_on_fake_gpu(
    trained: Trained, monkeypatch: pytest.MonkeyPatch, *, graphs: bool, varlen: bool
) -> Engine:
    install_fake_cuda(monkeypatch)
    buckets = make_buckets(TOKENS) if graphs else ()
    placement = Placement(
        attention=VarlenAttention() if varlen else PaddedAttention(),
        lanes=2,
        token_budget=TOKENS,
        text_budget=max_texts(TOKENS),
        make_lane=lambda network: StreamLane(CPU, network, buckets),
    )
    monkeypatch.setattr(engine, "choose_placement", lambda *_, **__: placement)
    return Engine(trained.network)


def assert_same_outputs(
    actual: Engine, expected: Engine, encodings: list[Encoding], *, has_retriever: bool
) -> None:
    decision = Decision("mean")
    scores = actual.score(encodings, threshold=0.5, decision=decision)
    expected_scores = expected.score(encodings, threshold=0.5, decision=decision)
    assert {score.token_probabilities is None for score in expected_scores} == {True, False}
    for left, right in zip(scores, expected_scores, strict=True):
        assert left.probability == pytest.approx(right.probability, abs=1e-4)
        assert (left.token_probabilities is None) == (right.token_probabilities is None)
        if left.token_probabilities is not None and right.token_probabilities is not None:
            assert left.token_probabilities == pytest.approx(right.token_probabilities, abs=1e-4)
    assert_near = partial(torch.testing.assert_close, atol=1e-4, rtol=0)
    assert_near(actual.log_classes(encodings), expected.log_classes(encodings))
    if has_retriever:
        assert_near(actual.vectors(encodings), expected.vectors(encodings))


@pytest.mark.parametrize(("graphs", "varlen"), [(True, True), (False, True), (False, False)])
def test_outputs_are_those_of_the_cpu(
    trained: Trained, monkeypatch: pytest.MonkeyPatch, graphs: bool, varlen: bool
) -> None:
    expected = Engine(trained.network, lanes=1)
    runs: list[int] = []
    run = BucketGraph.__call__
    monkeypatch.setattr(BucketGraph, "__call__", lambda graph, batch: (runs.append(1), run(graph, batch))[1])
    actual = engine_on_fake_gpu(trained, monkeypatch, graphs=graphs, varlen=varlen)
    has_retriever = trained.network.retriever is not None
    assert_same_outputs(actual, expected, encodings_of(trained), has_retriever=has_retriever)
    assert bool(runs) == graphs


def test_concurrent_callers_get_the_scores_of_their_own_texts(
    trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = Engine(trained.network, lanes=1)
    actual = engine_on_fake_gpu(trained, monkeypatch, graphs=True, varlen=True)
    encodings = encodings_of(trained)
    samples = [random.Random(number).sample(encodings, 60) for number in range(4)]
    with ThreadPoolExecutor(4) as callers:
        scores = list(callers.map(lambda sample: actual.score(sample, threshold=2), samples))
    for sample, sample_scores in zip(samples, scores, strict=True):
        probabilities = [score.probability for score in expected.score(sample, threshold=2)]
        assert [score.probability for score in sample_scores] == pytest.approx(probabilities, abs=1e-4)
