"""The engine with the lanes of a GPU, imitated on the CPU, says what it says on the CPU."""

from __future__ import annotations

import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import pytest
import torch
from tokenizers import Encoding

from models.encoder.tokenization import TweetTokenizer
from models.errors import ModelError
from models.network.vote import Decision
from models.runtime import Engine, cuda, engine
from models.runtime.cuda import PaddedAttention, StreamLane, VarlenAttention
from models.runtime.cuda.buckets import make_buckets, max_texts
from models.runtime.cuda.graphs import BucketGraph
from models.runtime.placement import Placement, choose_placement
from tests.models.runtime.cuda.fake_cuda import imitate
from tests.random_networks import POSITIONS, Shape, random_network, text_of
from tests.tiny import Trained

CPU, CUDA = torch.device("cpu"), torch.device("cuda")
SHAPES = [
    Shape(frozen_layers=0, classifiers=5, pooling="mean", retriever_layers=2),
    Shape(frozen_layers=2, classifiers=1, retriever_layers=1),
    Shape(frozen_layers=3, classifiers=3),
]
# Texts of one word to more than any graph takes, so that some batches are without one.
WORDS = [*range(40), 60, 100, 126, 127, 300] * 3
TOKENS = 512


@pytest.fixture(scope="module", params=SHAPES, ids=str)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return random_network(tmp_path_factory.mktemp("gpu") / "encoder", request.param)


def encodings_of(made: Trained, words: Sequence[int] = WORDS) -> list[Encoding]:
    tokenizer = TweetTokenizer(made.encoder.tokenizer, POSITIONS)
    return tokenizer.encode([text_of(count, number) for number, count in enumerate(words)])


def engine_on_a_gpu(made: Trained, monkeypatch: pytest.MonkeyPatch, *, graphs: bool, varlen: bool) -> Engine:
    imitate(monkeypatch)
    sizes = make_buckets(TOKENS) if graphs else ()
    place = Placement(
        attention=VarlenAttention() if varlen else PaddedAttention(),
        lanes=2,
        token_budget=TOKENS,
        text_budget=max_texts(TOKENS),
        make_lane=lambda packed: StreamLane(CPU, packed, sizes),
    )
    monkeypatch.setattr(engine, "choose_placement", lambda *_, **__: place)
    return Engine(made.network)


def is_the_same(ours: Engine, wanted: Engine, encodings: list[Encoding], *, has_retriever: bool) -> None:
    decision = Decision("mean")
    found = ours.score(encodings, threshold=0.5, decision=decision)
    expected = wanted.score(encodings, threshold=0.5, decision=decision)
    assert {one.token_probabilities is None for one in expected} == {True, False}
    for left, right in zip(found, expected, strict=True):
        assert left.probability == pytest.approx(right.probability, abs=1e-4)
        assert (left.token_probabilities is None) == (right.token_probabilities is None)
        if left.token_probabilities is not None and right.token_probabilities is not None:
            assert left.token_probabilities == pytest.approx(right.token_probabilities, abs=1e-4)
    near = partial(torch.testing.assert_close, atol=1e-4, rtol=0)
    near(ours.log_classes(encodings), wanted.log_classes(encodings))
    if has_retriever:
        near(ours.vectors(encodings), wanted.vectors(encodings))


@pytest.mark.parametrize(("graphs", "varlen"), [(True, True), (False, True), (False, False)])
def test_it_says_what_the_cpu_says(
    made: Trained, monkeypatch: pytest.MonkeyPatch, graphs: bool, varlen: bool
) -> None:
    wanted = Engine(made.network, lanes=1)
    runs: list[int] = []
    run = BucketGraph.__call__
    monkeypatch.setattr(BucketGraph, "__call__", lambda front, batch: (runs.append(1), run(front, batch))[1])
    ours = engine_on_a_gpu(made, monkeypatch, graphs=graphs, varlen=varlen)
    has_retriever = made.network.retriever is not None
    is_the_same(ours, wanted, encodings_of(made), has_retriever=has_retriever)
    assert bool(runs) == graphs


def test_calls_from_several_threads_do_not_mix(made: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = Engine(made.network, lanes=1)
    ours = engine_on_a_gpu(made, monkeypatch, graphs=True, varlen=True)
    encodings = encodings_of(made)
    parts = [random.Random(number).sample(encodings, 60) for number in range(4)]
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda part: ours.score(part, threshold=2), parts))
    for part, judged in zip(parts, found, strict=True):
        expected = wanted.score(part, threshold=2)
        assert [one.probability for one in judged] == pytest.approx(
            [one.probability for one in expected], abs=1e-4
        )


def test_numbers_and_kernel_decide_how_a_gpu_is_used(made: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    for has_kernel in (True, False):
        monkeypatch.setattr(cuda, "has_varlen_kernel", lambda device, head, has=has_kernel: has)
        exact = choose_placement(made.network.shape, CUDA, "fp32", graphs=True)
        quick = choose_placement(made.network.shape, CUDA, "bf16", graphs=True)
        assert isinstance(quick.attention, VarlenAttention) == has_kernel
        for place in (exact, quick):
            assert isinstance(place.attention, PaddedAttention)
            assert (place.lanes, place.token_budget) == (2, 16_384)
            assert place.text_budget is not None
        assert not isinstance(exact.attention, VarlenAttention)


def test_graphs_are_captured_where_they_are_asked_for(made: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[int] = []
    monkeypatch.setattr(cuda, "has_varlen_kernel", lambda device, head: True)
    monkeypatch.setattr(cuda, "StreamLane", lambda device, packed, sizes: taken.append(len(sizes)))
    for graphs, precision in ((True, "bf16"), (False, "bf16"), (True, "fp32")):
        place = choose_placement(
            made.network.shape, CUDA, precision, graphs=graphs, token_budget=1_000, lanes=1
        )
        place.make_lane(None)  # type: ignore[arg-type]
    assert taken == [3, 0, 0]


def test_a_gpu_that_is_full_is_told_of(made: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise torch.OutOfMemoryError("no")

    place = replace(
        choose_placement(made.network.shape, CPU, "fp32"), make_lane=full, lane_bytes=3 * 10**9, lanes=2
    )  # type: ignore[arg-type]
    monkeypatch.setattr(engine, "choose_placement", lambda *_, **__: place)
    with pytest.raises(ModelError, match=r"6\.0 GB"):
        Engine(made.network)
