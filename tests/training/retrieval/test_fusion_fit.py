"""Weights by likelihood: what tells right from wrong weighs, what does not weighs little."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.normalizer import BY_HAND, FEATURES, CandidateTable, Fusion
from training.retrieval.fusion_evaluation import LabeledCandidates, best_threshold, measure_fusion
from training.retrieval.fusion_fit import CLASSIFIER_FEATURES, fit_fusion

START = BY_HAND["hybrid"]


def invented(seed: int, phrases: int = 300, width: int = 6) -> LabeledCandidates:
    """Phrases where `dense` points to the PT, mostly, and `lexical` to nothing."""
    generator = np.random.default_rng(seed)
    values = np.zeros((phrases, width, len(FEATURES)), dtype=np.float32)
    dense, lexical = FEATURES.index("dense"), FEATURES.index("lexical")
    values[..., dense] = generator.uniform(0, 0.6, (phrases, width))
    values[..., lexical] = generator.uniform(0, 1, (phrases, width))
    concepts = np.tile(np.arange(width), (phrases, 1))
    right = generator.integers(0, width, phrases)
    values[np.arange(phrases), right, dense] += generator.uniform(0, 0.7, phrases).astype(np.float32)
    right[: phrases // 10] = -1  # PTs that the dictionary does not have
    return LabeledCandidates(CandidateTable(concepts, values), right.astype(np.int64))


def test_weights_tell_right_from_wrong_on_other_phrases_too() -> None:
    fitted = fit_fusion([invented(1)], START, classes=True)
    assert fitted.fusion.weights["dense"] > 5 * fitted.fusion.weights["lexical"]
    assert fitted.after.loss < fitted.before.loss
    other = [invented(2)]
    assert measure_fusion(other, fitted.fusion).loss < measure_fusion(other, START).loss
    assert measure_fusion(other, fitted.fusion).error < 0.1


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1_000))
def test_no_weight_is_negative_but_that_of_being_a_class(seed: int) -> None:
    generator = np.random.default_rng(seed)
    table = CandidateTable(
        generator.integers(-1, 5, (20, 4)),
        generator.uniform(0, 1, (20, 4, len(FEATURES))).astype(np.float32),
    )
    fusion = fit_fusion([LabeledCandidates(table, generator.integers(-1, 5, 20))], START, classes=True).fusion
    assert all(weight >= 0 for name, weight in fusion.weights.items() if name != "classified")


def test_retrieval_does_not_use_what_only_a_classifier_knows() -> None:
    fusion = fit_fusion([invented(1)], BY_HAND["retrieval"], classes=False).fusion
    assert not set(fusion.weights) & set(CLASSIFIER_FEATURES)


def test_a_handful_of_phrases_leaves_the_weights_near_those_set_by_hand() -> None:
    few = fit_fusion([invented(3, phrases=2)], START, classes=True).fusion
    many = fit_fusion([invented(3, phrases=2_000)], START, classes=True).fusion
    moved = [np.linalg.norm(fusion.vector() - START.vector()) for fusion in (few, many)]
    assert 2 * moved[0] < moved[1]


def test_each_dictionary_counts() -> None:
    fitted = fit_fusion([invented(1), invented(2, phrases=50)], START, classes=True)
    assert fitted.phrases == 350
    empty = LabeledCandidates(
        CandidateTable(np.zeros((0, 0), np.int64), np.zeros((0, 0, 9), np.float32)), np.zeros(0)
    )
    with pytest.raises(ValueError, match="no phrases"):
        fit_fusion([empty], START, classes=True)


def test_a_fusion_is_worth_what_can_be_counted_by_hand() -> None:
    values = np.zeros((3, 2, len(FEATURES)), dtype=np.float32)
    values[:, 0, FEATURES.index("dense")] = 1
    concepts = np.array([[0, 1], [0, 1], [0, 1]])
    found = measure_fusion(
        [LabeledCandidates(CandidateTable(concepts, values), np.array([0, 1, -1]))],
        Fusion(weights={"dense": np.log(2)}, nothing=0.0),
    )
    # Shares 2 : 1 : 1 of the two candidates and "none of them".
    assert found.loss == pytest.approx(-(np.log(0.5) + 2 * np.log(0.25)) / 3)
    assert (found.at_1, found.at_5) == (pytest.approx(1 / 3), pytest.approx(2 / 3))
    assert found.error == pytest.approx(0.5 - 1 / 3)


def test_the_threshold_leaves_out_what_is_mostly_wrong() -> None:
    values = np.zeros((100, 1, len(FEATURES)), dtype=np.float32)
    values[:60, 0, FEATURES.index("dense")] = 1
    concepts = np.zeros((100, 1), dtype=np.int64)
    right = np.where(np.arange(100) < 60, 0, -1)
    fusion = Fusion(weights={"dense": 4.0}, nothing=2.0)
    threshold = best_threshold([LabeledCandidates(CandidateTable(concepts, values), right)], fusion)
    assert 0.2 < threshold <= 1 / (1 + np.exp(-2.0)) + 1e-9
