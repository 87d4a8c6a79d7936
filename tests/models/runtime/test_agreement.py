"""The engine agrees with the reference to 1e-4 in fp32, for any mixture of texts in a batch."""

from __future__ import annotations

import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from torch import Tensor

from models.network import Decision
from models.runtime import Engine
from tests.engine_agreement import LONG, SHAPES, SHORT, TOLERANCE, Subject, Text
from tests.random_networks import POSITIONS, random_network


@pytest.fixture(scope="module", params=SHAPES, ids=str)
def subject(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Subject:
    return Subject(random_network(tmp_path_factory.mktemp("random") / "encoder", request.param))


def mixed(sizes: st.SearchStrategy[int], texts: Sequence[Text]) -> st.SearchStrategy[list[Text]]:
    """Draw many texts from a seed, since hypothesis limits the number of its choices."""
    return st.builds(lambda size, seed: random.Random(seed).choices(texts, k=size), sizes, st.integers(0))


MIXTURES = st.one_of(
    st.lists(st.sampled_from([*SHORT, *LONG]), min_size=1, max_size=8),
    st.permutations(SHORT),
    st.builds(lambda text, count: [text] * count, st.sampled_from(SHORT), st.integers(1, 500)),
    st.builds(lambda long, shorts: [*shorts, long, *shorts], st.sampled_from(LONG), st.permutations(SHORT)),
    mixed(st.integers(1, 200), SHORT),
    mixed(st.integers(1, 40), [*SHORT, *LONG]),
)
DECISIONS = st.builds(Decision, st.sampled_from(["majority", "mean"]), st.floats(0.5, 2), st.floats(-1, 1))
BUDGETS = st.sampled_from([1, 50, 512, 1_024, 16_384])


@settings(max_examples=3, deadline=None)
@given(texts=MIXTURES, threshold=st.floats(0, 1), decision=DECISIONS, budget=BUDGETS, lanes=st.integers(1, 2))
@example([(0, 0)] * 500, 0.0, Decision(), 1_024, 1)
@example([*SHORT, (510, 0)] * 10 + [(0, 1)] * 40, 0.5, Decision(), 1_024, 2)
def test_any_mixture_of_texts_gets_the_scores_of_each_text_alone(
    subject: Subject, texts: list[Text], threshold: float, decision: Decision, budget: int, lanes: int
) -> None:
    engine = subject.engine(lanes=lanes, token_budget=budget)
    subject.drift(engine, texts, threshold, decision).stays_within(TOLERANCE)


def test_concurrent_callers_get_the_scores_of_their_own_texts(subject: Subject) -> None:
    engine = subject.engine(lanes=2, token_budget=128)
    batches = [random.Random(seed).choices(SHORT, k=60) for seed in range(8)]
    with ThreadPoolExecutor(4) as callers:
        for drift in callers.map(lambda texts: subject.drift(engine, texts), batches):
            drift.stays_within(TOLERANCE)


def test_no_texts_return_no_scores(subject: Subject) -> None:
    engine = subject.engine()
    assert engine.score([], threshold=0.5) == []
    assert engine.log_classes([]).shape == (0, subject.network.ptids)
    vectors, log_classes = engine.vectors_and_log_classes([])
    assert (vectors.shape, log_classes.shape) == ((0, engine.hidden_size), (0, subject.network.ptids))


def test_kept_states_of_the_trunk_lead_to_the_same_scores(subject: Subject) -> None:
    shares: list[float] = []

    def kept_states(ids: Tensor, mask: Tensor, types: Tensor) -> Tensor:
        shares.append(float(mask.float().mean()))
        return subject.network.trunk_states(ids, mask, types)

    engine = Engine(replace(subject.network.weights(), kept_states=kept_states), token_budget=4_096)
    subject.drift(engine, [*SHORT, (510, 0)]).stays_within(TOLERANCE)
    assert min(shares) >= 0.5  # the rest is padding


@pytest.mark.slow
@settings(max_examples=6, deadline=None)
@given(
    words=st.lists(st.integers(0, POSITIONS), min_size=1, max_size=500),
    budget=BUDGETS,
    lanes=st.integers(1, 3),
)
@example([*range(POSITIONS - 12, POSITIONS + 1)], 16_384, 2)
@example([*range(500)], 1_024, 2)
def test_texts_of_every_length_agree(subject: Subject, words: list[int], budget: int, lanes: int) -> None:
    engine = subject.engine(lanes=lanes, token_budget=budget)
    subject.drift(engine, [(count, 0) for count in words]).stays_within(TOLERANCE)


def test_the_networks_distinguish_texts_of_the_same_length(subject: Subject) -> None:
    """With equal outputs for all texts, the tests above would prove nothing."""
    answers = [subject.answers((31, variant)) for variant in range(12)]
    for outputs in zip(*answers, strict=True):
        assert torch.stack(outputs).std(0).mean() > 100 * TOLERANCE
