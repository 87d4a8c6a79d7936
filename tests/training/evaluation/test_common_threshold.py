"""One threshold for several kinds of texts."""

from __future__ import annotations

import pytest

from training.evaluation import ScoredTexts, choose_common_threshold, choose_threshold

LABELS = [1, 1, 1, 0, 0, 0, 0, 0]
SURE = [0.9, 0.8, 0.6, 0.7, 0.3, 0.2, 0.1, 0.1]
UNSURE = [0.5, 0.4, 0.3, 0.35, 0.1, 0.05, 0.02, 0.01]


def test_one_kind_alone_and_twice_has_the_threshold_of_its_texts() -> None:
    expected = choose_threshold(SURE, LABELS, prevalence=0.1).threshold
    for names in (["posts"], ["posts", "reviews"]):
        kinds = [ScoredTexts(name, SURE, LABELS) for name in names]
        common = choose_common_threshold(kinds, prevalence=0.1)
        assert common is not None
        assert common.threshold == expected


def test_every_kind_counts_as_much_however_many_texts_it_has() -> None:
    few = ScoredTexts("few", UNSURE, LABELS)
    many = ScoredTexts("many", SURE * 20, LABELS * 20)
    common = choose_common_threshold([few, many])
    assert common is not None
    assert common.mean.f1 == pytest.approx((common.by_kind["few"].f1 + common.by_kind["many"].f1) / 2)
    of_many = choose_common_threshold([many])
    assert of_many is not None
    assert common.by_kind["few"].f1 > few.at(of_many.threshold).f1


def test_a_precision_is_reached_on_each_kind_or_there_is_no_threshold() -> None:
    kinds = [ScoredTexts("sure", SURE, LABELS), ScoredTexts("unsure", UNSURE, LABELS)]
    common = choose_common_threshold(kinds, precision=0.7)
    assert common is not None
    assert all(choice.precision >= 0.7 for choice in common.by_kind.values())
    never_first = ScoredTexts("never", [0.5] * 8, LABELS)
    assert choose_common_threshold([*kinds, never_first], precision=0.9) is None


def test_texts_that_cannot_be_positive_count_as_missed() -> None:
    reachable = [False, True, True, True, True, True, True, True]
    common = choose_common_threshold([ScoredTexts("posts", SURE, LABELS, reachable)])
    assert common is not None
    assert common.by_kind["posts"].recall <= 2 / 3
    nothing = choose_common_threshold([ScoredTexts("posts", SURE, LABELS, [False] * 8)])
    assert nothing is not None
    assert (nothing.threshold, nothing.mean.f1) == (1.0, 0.0)


def test_without_kinds_or_with_one_class_there_is_nothing_to_choose_by() -> None:
    with pytest.raises(ValueError, match="at least one"):
        choose_common_threshold([])
    with pytest.raises(ValueError, match="negatives"):
        choose_common_threshold([ScoredTexts("posts", SURE, [1] * 8)])


def test_a_tolerance_takes_the_lowest_threshold_that_is_about_as_good() -> None:
    kinds = [ScoredTexts("sure", SURE, LABELS), ScoredTexts("unsure", UNSURE, LABELS)]
    best = choose_common_threshold(kinds)
    lower = choose_common_threshold(kinds, tolerance=0.1)
    lowest = choose_common_threshold(kinds, tolerance=1.0)
    assert best is not None
    assert lower is not None
    assert lowest is not None
    assert lowest.threshold < lower.threshold <= best.threshold
    assert lower.mean.recall >= best.mean.recall
    assert all(choice.recall == 1 for choice in lowest.by_kind.values())
