"""The probabilities of candidates."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from models.normalizer import BY_HAND, FEATURES, CandidateTable, Fusion


def table(*rows: list[float]) -> CandidateTable:
    """Return a table whose only feature is `dense`; NaN is an empty cell."""
    first = np.array(rows, dtype=np.float32)
    values = np.zeros((*first.shape, len(FEATURES)), dtype=np.float32)
    values[..., 0] = np.nan_to_num(first)
    return CandidateTable(np.where(np.isnan(first), -1, np.arange(first.shape[1])), values)


def test_the_softmax_has_an_option_for_none_of_them() -> None:
    fusion = Fusion(weights={"dense": 2.0}, nothing=1.0)
    [probabilities] = fusion.probabilities(table([1.0, 0.5, float("nan")]))
    total = np.exp(2) + np.exp(1) + np.exp(1)
    np.testing.assert_allclose(probabilities, [np.exp(2) / total, np.exp(1) / total, 0])


def test_empty_cells_have_the_probability_0() -> None:
    fusion = Fusion(weights={"dense": 2.0}, nothing=1.0)
    assert not fusion.probabilities(table([float("nan")])).any()
    assert fusion.probabilities(table([])).shape == (1, 0)


@given(
    st.lists(st.floats(-1, 1), min_size=1, max_size=5),
    st.floats(-1e6, 1e6),
    st.floats(-1e6, 1e6),
)
def test_probabilities_lie_between_0_and_1(row: list[float], weight: float, nothing: float) -> None:
    fusion = Fusion(weights={"dense": weight}, nothing=nothing)
    [probabilities] = fusion.probabilities(table(row))
    assert ((probabilities >= 0) & (probabilities <= 1)).all()
    assert probabilities.sum() <= 1 + 1e-9


@pytest.mark.parametrize(
    "document",
    [
        {"weights": {"denze": 1}, "nothing": 0},
        {"weights": {"dense": float("nan")}, "nothing": 0},
        {"weights": {}, "nothing": float("inf")},
        {"weights": {}, "nothing": 0, "threshold": 1.1},
        {"weights": {}, "nothing": 0, "threshold": -0.1},
    ],
)
def test_unknown_features_and_invalid_numbers_are_refused(document: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Fusion.model_validate(document)


def test_weights_have_the_order_of_the_features() -> None:
    weights = dict(zip(FEATURES, range(1, len(FEATURES) + 1), strict=True))
    assert Fusion(weights=weights, nothing=0).vector().tolist() == [*weights.values()]
    assert Fusion(weights={"exact": 2}, nothing=0).vector().sum() == 2


def test_the_weights_set_by_hand_differ_only_in_the_classifier() -> None:
    retrieval, hybrid = BY_HAND["retrieval"], BY_HAND["hybrid"]
    assert hybrid.weights.keys() - retrieval.weights.keys() == {"log_class"}
    assert {name: hybrid.weights[name] for name in retrieval.weights} == retrieval.weights
    assert hybrid.nothing == retrieval.nothing


def test_the_first_unknown_feature_is_named_with_the_known_ones() -> None:
    with pytest.raises(ValidationError, match=r"no feature 'letters': the features are .*dense"):
        Fusion(weights={"luck": 1.0, "letters": 1.0, "dense": 1.0}, nothing=0.0)
