"""The examples that the further classifiers of an ensemble are trained on."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.methods.boosting import ROUNDS, hard_rows, resample

hard_flags = st.lists(st.booleans(), min_size=1, max_size=300)


def test_the_errors_of_one_classifier_are_hard() -> None:
    assert hard_rows([[1, 0, 1, 0]], [1, 1, 0, 0]) == [False, True, True, False]


def test_disagreements_of_two_classifiers_are_hard_whatever_the_label() -> None:
    assert hard_rows([[1, 0, 1, 0], [1, 1, 1, 1]], [0, 0, 0, 0]) == [False, True, False, True]


@pytest.mark.parametrize("classifiers", [0, 3])
def test_decisions_of_no_or_three_classifiers_are_an_error(classifiers: int) -> None:
    with pytest.raises(ValueError, match=str(classifiers)):
        hard_rows([[0, 1]] * classifiers, [0, 1])


@given(hard_flags, st.integers(0, 9))
def test_hard_rows_occur_three_times_and_a_third_of_the_others_once(hard: list[bool], seed: int) -> None:
    sampled = resample(hard, seed=seed)
    times = Counter(sampled.rows)
    assert {row for row, count in times.items() if count == 3} == {
        r for r, is_hard in enumerate(hard) if is_hard
    }
    easy = [row for row, count in times.items() if count == 1]
    assert len(sampled.rows) == 3 * sum(hard) + len(easy) == 3 * sampled.hard + sampled.easy
    others = len(hard) - sum(hard)
    assert abs(len(easy) - others / 3) <= 1
    assert sampled.rows


def test_the_draw_depends_on_the_seed_only() -> None:
    hard = [False] * 90
    assert resample(hard, seed=1) == resample(hard, seed=1)
    assert resample(hard, seed=1) != resample(hard, seed=2)


def test_the_kept_third_is_drawn_from_the_whole_set() -> None:
    kept = resample([False] * 300, seed=5).rows
    thirds = Counter(row // 100 for row in kept)
    assert min(thirds[0], thirds[1], thirds[2]) > 20


def test_the_rounds_are_those_of_the_paper() -> None:
    # Section 4: 2 by the errors of 1, 3 by the disagreements of 1 and 2; 4 and 5 on the augmented set.
    assert {
        number: (boosting_round.augmented, boosting_round.based_on)
        for number, boosting_round in ROUNDS.items()
    } == {
        2: (False, (1,)),
        3: (False, (1, 2)),
        4: (True, (1,)),
        5: (True, (1, 4)),
    }
