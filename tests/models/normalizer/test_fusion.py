"""Probabilities of candidates."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from models.normalizer import FEATURES, CandidateTable, Fusion


def table(*rows: list[float]) -> CandidateTable:
    """Give a table whose only feature is the first; NaN stands for no candidate."""
    first = np.array(rows, dtype=np.float32)
    values = np.zeros((*first.shape, len(FEATURES)), dtype=np.float32)
    values[..., 0] = np.nan_to_num(first)
    return CandidateTable(np.where(np.isnan(first), -1, np.arange(first.shape[1])), values)


def test_the_softmax_has_an_option_for_none_of_them() -> None:
    fusion = Fusion(weights={"dense": 2.0}, nothing=1.0)
    [found] = fusion.probabilities(table([1.0, 0.5, float("nan")]))
    total = np.exp(2) + np.exp(1) + np.exp(1)
    np.testing.assert_allclose(found, [np.exp(2) / total, np.exp(1) / total, 0])


def test_where_there_are_no_candidates_nothing_is_probable() -> None:
    fusion = Fusion(weights={"dense": 2.0}, nothing=1.0)
    assert not fusion.probabilities(table([float("nan")])).any()
    assert fusion.probabilities(table([])).shape == (1, 0)


@given(
    st.lists(st.floats(-1, 1), min_size=1, max_size=5),
    st.floats(-1e6, 1e6),
    st.floats(-1e6, 1e6),
)
def test_probabilities_are_probabilities(row: list[float], weight: float, nothing: float) -> None:
    [found] = Fusion(weights={"dense": weight}, nothing=nothing).probabilities(table(row))
    assert ((found >= 0) & (found <= 1)).all()
    assert found.sum() <= 1 + 1e-9


@pytest.mark.parametrize(
    "wrong", [{"weights": {"denze": 1}, "nothing": 0}, {"weights": {"dense": float("nan")}, "nothing": 0}]
)
def test_an_unknown_feature_and_a_weight_that_is_no_number_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Fusion.model_validate(wrong)
