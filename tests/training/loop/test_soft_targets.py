"""Soft targets: packed, padded like the inputs, and joined."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from training.loop.soft_targets import NO_CLASS, SoftTargets, binary_distribution, join_soft_targets

DISTRIBUTIONS = st.dictionaries(st.integers(0, 9), st.floats(-20, 0, width=32), max_size=4)
ROWS = st.lists(st.lists(DISTRIBUTIONS, min_size=1, max_size=6), min_size=1, max_size=6)


@given(ROWS)
def test_distributions_come_back_as_they_were_packed(rows: list[list[dict[int, float]]]) -> None:
    soft = SoftTargets.of(rows)
    assert [soft.distributions(row) for row in range(len(rows))] == rows
    assert [soft.present(row).tolist() for row in range(len(rows))] == [
        [bool(distribution) for distribution in row] for row in rows
    ]


@given(ROWS)
def test_a_batch_of_token_targets_is_padded_with_nothing(rows: list[list[dict[int, float]]]) -> None:
    batch = SoftTargets.of(rows).batch(range(len(rows)), by_token=True)
    width = max(len(row) for row in rows)
    assert batch.classes.shape[:2] == (len(rows), width)
    for row, present in zip(rows, batch.present.tolist(), strict=True):
        assert present == [*(bool(distribution) for distribution in row), *[False] * (width - len(row))]


def test_a_batch_takes_rows_in_the_order_asked_for() -> None:
    soft = SoftTargets.of([[{0: -1.0}], [{2: -0.5, 1: -2.0}], [{}]])
    batch = soft.batch([1, 2, 0], by_token=False)
    assert batch.classes.tolist() == [[2, 1], [NO_CLASS, NO_CLASS], [0, NO_CLASS]]
    assert batch.present.tolist() == [True, False, True]


@pytest.mark.parametrize("log_odds", [-800.0, -40.0, -1.5, 0.0, 3.0, 40.0, 800.0])
def test_log_probabilities_stay_finite_and_keep_the_log_odds(log_odds: float) -> None:
    distribution = binary_distribution(log_odds)
    assert all(math.isfinite(value) for value in distribution.values())
    assert distribution[1] - distribution[0] == pytest.approx(log_odds)


def test_joined_targets_have_nothing_where_a_data_set_has_no_teacher() -> None:
    soft = SoftTargets.of([[{0: -1.0, 1: -0.5}], [{1: -0.1}]])
    joined = join_soft_targets([(None, [1, 3]), (soft, [1, 1])])
    assert joined is not None
    assert [joined.distributions(row) for row in range(4)] == [
        [{}],
        [{}, {}, {}],
        *([pytest.approx(d) for d in soft.distributions(row)] for row in range(2)),
    ]
    assert join_soft_targets([(None, [1]), (None, [2])]) is None


def test_the_digest_depends_on_every_value() -> None:
    rows = [[{0: -1.0}], [{1: -2.0}]]
    assert SoftTargets.of(rows).digest() == SoftTargets.of(rows).digest()
    assert SoftTargets.of(rows).digest() != SoftTargets.of([[{0: -1.0}], [{1: -2.1}]]).digest()
    assert SoftTargets.of(rows).digest() != SoftTargets.of([[{0: -1.0}], [{0: -2.0}]]).digest()


def test_targets_move_between_devices() -> None:
    batch = SoftTargets.of([[{0: -1.0}]]).batch([0], by_token=False).to(torch.device("cpu"))
    assert batch.classes.tolist() == [[0]]
