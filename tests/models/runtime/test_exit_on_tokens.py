"""An early exit in the engine: who leaves, and that nothing changes for those who go on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.encoder import TweetTokenizer
from models.network import Decision, ExitHead, highest_exit
from models.runtime import Engine, GroupedAttention, PackedNetwork, TweetScores, micro_batches
from tests.random_exits import leaving_below, random_exit
from tests.random_networks import POSITIONS, Shape, random_network, text_of
from tests.tiny import Trained

PLACES = [
    (Shape(frozen_layers=0, pooling="mean"), 2),
    (Shape(frozen_layers=1, classifiers=3), 2),
    (Shape(frozen_layers=2), 1),
    (Shape(frozen_layers=3, classifiers=3), 2),
]
TEXTS = [text_of(words, variant) for words in (0, 1, 5, 30) for variant in range(3)]
TOLERANCE = 1e-5


class Subject:
    """A network with a head after one of its layers."""

    def __init__(self, trained: Trained, below: int) -> None:
        self.weights = trained.network.weights()
        self.head = random_exit(self.weights, below)
        self.tokenizer = TweetTokenizer(trained.encoder.tokenizer, POSITIONS)

    def score(
        self, texts: Sequence[str], head: ExitHead | None, threshold: float = 0.4, **options: object
    ) -> list[TweetScores]:
        """Score texts with an engine that has this head."""
        arguments: dict[str, object] = {"lanes": 1, "token_budget": 64, **options}
        engine = Engine(self.weights, early_exit=head, **arguments)  # type: ignore[arg-type]
        return engine.score(self.tokenizer.encode(texts), threshold=threshold)

    @cached_property
    def log_odds(self) -> list[float]:
        """The head's log-odds of each text alone."""
        network = PackedNetwork(self.weights, "fp32", GroupedAttention(), early_exit=self.head)
        odds = []
        with torch.inference_mode():
            for text in TEXTS:
                [batch] = micro_batches(self.tokenizer.encode([text]), token_budget=1)
                odds.append(float(network.shared_states_after_exit(batch).log_odds[0]))
        return odds


@pytest.fixture(scope="module", params=PLACES, ids=str)
def subject(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Subject:
    shape, below = request.param
    return Subject(random_network(tmp_path_factory.mktemp("random") / "encoder", shape), below)


def test_an_exit_that_nobody_takes_changes_nothing(subject: Subject) -> None:
    for with_exit, without in zip(
        subject.score(TEXTS, subject.head), subject.score(TEXTS, None), strict=True
    ):
        assert_same(with_exit, without)


def test_an_exit_that_all_take_makes_all_texts_negative(subject: Subject) -> None:
    scores = subject.score(TEXTS, leaving_below(subject.head, math.inf))
    assert all(score.left_early and score.token_probabilities is None for score in scores)
    assert all(score.probability < 0.4 for score in scores)


def test_texts_below_the_threshold_leave_with_the_probability_of_the_head(subject: Subject) -> None:
    odds = subject.log_odds
    middle = sorted(odds)[len(odds) // 2] + 1e-3
    scores = subject.score(TEXTS, leaving_below(subject.head, middle))
    for score, log_odds, whole in zip(scores, odds, subject.score(TEXTS, None), strict=True):
        assert score.left_early == (log_odds < middle)
        if score.left_early:
            assert score.probability == pytest.approx(min(1 / (1 + math.exp(-log_odds)), 0.4), abs=1e-5)
            assert score.probability < 0.4
        else:
            assert_same(score, whole)


@settings(max_examples=3, deadline=None)
@given(
    order=st.permutations(range(len(TEXTS))),
    budget=st.sampled_from([1, 40, 4_000]),
    lanes=st.integers(1, 2),
)
def test_no_result_depends_on_the_batch(subject: Subject, order: list[int], budget: int, lanes: int) -> None:
    odds = sorted(subject.log_odds)
    head = leaving_below(subject.head, (odds[len(odds) // 2 - 1] + odds[len(odds) // 2]) / 2)
    expected = subject.score(TEXTS, head)
    scores = subject.score([TEXTS[row] for row in order], head, lanes=lanes, token_budget=budget)
    for row, score in zip(order, scores, strict=True):
        assert_same(score, expected[row])


def test_no_text_leaves_for_a_threshold_that_the_exit_was_not_shown_for(subject: Subject) -> None:
    head = replace(leaving_below(subject.head, math.inf), shown_for=Decision().log_odds_at(0.4))
    assert all(score.left_early for score in subject.score(TEXTS, head, 0.4))
    assert not any(score.left_early for score in subject.score(TEXTS, head, 0.39))
    assert not any(score.left_early for score in subject.score(TEXTS, head, 0.0))


def test_the_calibration_counts_in_what_an_exit_was_shown_for() -> None:
    head = ExitHead(1, 0.0, 1.0, {})
    probability = float(torch.tensor(1.0).sigmoid())
    assert head.serves(probability, Decision())
    assert not head.serves(probability, Decision(bias=0.5))
    assert head.serves(probability, Decision(bias=-0.5))
    assert head.serves(1.0, Decision(temperature=9, bias=9))
    assert not head.serves(0.0, Decision())


@given(temperature=st.floats(0.1, 9), bias=st.floats(-3, 3), probability=st.floats(0.01, 0.99))
def test_log_odds_at_a_probability_have_that_probability(
    temperature: float, bias: float, probability: float
) -> None:
    decision = Decision(temperature=temperature, bias=bias)
    log_odds = torch.tensor([[[0.0, decision.log_odds_at(probability)]]], dtype=torch.float64)
    assert float(decision.probability(log_odds)) == pytest.approx(probability, abs=1e-9)


def test_an_exit_in_bfloat16_leaves_others_nearly_as_they_are(subject: Subject) -> None:
    odds = sorted(subject.log_odds)
    head = leaving_below(subject.head, odds[len(odds) // 2])
    scores = subject.score(TEXTS, head, precision="bf16")
    assert {score.left_early for score in scores} == {True, False}


def test_training_and_kept_states_take_no_exit(tmp_path_factory: pytest.TempPathFactory) -> None:
    trained = random_network(tmp_path_factory.mktemp("random") / "encoder", Shape(frozen_layers=2))
    subject = Subject(trained, 1)
    subject.weights = replace(subject.weights, kept_states=trained.network.trunk_states)
    assert not any(score.left_early for score in subject.score(TEXTS, leaving_below(subject.head, math.inf)))


def test_no_exit_follows_the_last_layer(subject: Subject) -> None:
    assert highest_exit(subject.weights.shape) == 2


def assert_same(score: TweetScores, expected: TweetScores) -> None:
    """Raise AssertionError if two scores differ by more than rounding."""
    assert score.probability == pytest.approx(expected.probability, abs=TOLERANCE)
    assert (score.token_probabilities is None) == (expected.token_probabilities is None)
    assert score.token_probabilities == pytest.approx(expected.token_probabilities, abs=TOLERANCE)
