"""What the further classifiers of an ensemble are trained on."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.methods.boosting import ROUNDS, hard_rows, sample

marks = st.lists(st.booleans(), min_size=1, max_size=300)


def test_the_errors_of_one_classifier_are_hard() -> None:
    assert hard_rows([[1, 0, 1, 0]], [1, 1, 0, 0]) == [False, True, True, False]


def test_what_two_classifiers_disagree_on_is_hard_whatever_the_label() -> None:
    assert hard_rows([[1, 0, 1, 0], [1, 1, 1, 1]], [0, 0, 0, 0]) == [False, True, False, True]


@pytest.mark.parametrize("judges", [0, 3])
def test_neither_none_nor_three_classifiers_judge(judges: int) -> None:
    with pytest.raises(ValueError, match=str(judges)):
        hard_rows([[0, 1]] * judges, [0, 1])


@given(marks, st.integers(0, 9))
def test_hard_rows_are_there_three_times_and_a_third_of_the_others_once(hard: list[bool], seed: int) -> None:
    sampled = sample(hard, seed=seed)
    times = Counter(sampled.rows)
    assert {row for row, count in times.items() if count == 3} == {
        r for r, is_hard in enumerate(hard) if is_hard
    }
    easy = [row for row, count in times.items() if count == 1]
    assert len(sampled.rows) == 3 * sum(hard) + len(easy) == 3 * sampled.hard + sampled.easy
    others = len(hard) - sum(hard)
    assert abs(len(easy) - others / 3) <= 1
    assert sampled.rows


def test_the_draw_depends_on_the_seed_alone() -> None:
    hard = [False] * 90
    assert sample(hard, seed=1) == sample(hard, seed=1)
    assert sample(hard, seed=1) != sample(hard, seed=2)


def test_the_third_that_is_kept_is_no_fixed_part_of_the_set() -> None:
    kept = sample([False] * 300, seed=5).rows
    thirds = Counter(row // 100 for row in kept)
    assert min(thirds[0], thirds[1], thirds[2]) > 20


def test_rounds_are_those_of_the_paper() -> None:
    # Section 4: 2 by the errors of 1, 3 by where 1 and 2 differ; 4 and 5 the same on the augmented set.
    assert {number: (one.augmented, one.judges) for number, one in ROUNDS.items()} == {
        2: (False, (1,)),
        3: (False, (1, 2)),
        4: (True, (1,)),
        5: (True, (1, 4)),
    }
