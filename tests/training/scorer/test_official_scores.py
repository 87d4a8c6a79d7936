"""Golden cases, counted by hand, for each rule of the official scorer."""

import pytest

from training.scorer import (
    Counts,
    Measure,
    OfficialSpan,
    TweetAnnotation,
    count_tweet,
    score_annotations,
)


def ade(*spans: tuple[int, int] | tuple[int, int, str]) -> TweetAnnotation:
    return TweetAnnotation(True, tuple(OfficialSpan(*span) for span in spans))


NO_ADE = TweetAnnotation()
ADE = TweetAnnotation(True)


def counts(gold: TweetAnnotation, predicted: TweetAnnotation, measure: Measure) -> tuple[float, float, float]:
    """Return hits, extra and missed of one tweet."""
    of_measure = count_tweet(gold, predicted, seen=set())[measure]
    return of_measure.hits, of_measure.extra, of_measure.missed


def test_1a_counts_tweets_of_the_positive_class() -> None:
    gold = {"1": ade((0, 1)), "2": ade((0, 1)), "3": NO_ADE, "4": NO_ADE, "5": ade((0, 1))}
    scores = score_annotations(gold, {"1": ADE, "2": NO_ADE, "3": ADE, "4": NO_ADE, "5": ADE})
    assert scores.classifier == Counts(hits=2, extra=1, missed=1)
    assert scores.classifier.precision == pytest.approx(2 / 3, abs=1e-5)
    assert scores.classifier.recall == pytest.approx(2 / 3, abs=1e-5)


@pytest.mark.parametrize(
    ("predicted", "hits"),
    [((10, 20), 1), ((20, 25), 1), ((5, 10), 1), ((21, 25), 0), ((5, 9), 0), ((12, 13), 1), ((0, 40), 1)],
)
def test_1b_relaxed_matches_spans_that_overlap_or_touch(predicted: tuple[int, int], hits: int) -> None:
    assert counts(ade((10, 20)), ade(predicted), "1b") == (hits, 1 - hits, 1 - hits)


@pytest.mark.parametrize(("predicted", "hits"), [((10, 20), 1), ((10, 19), 0), ((9, 20), 0), ((20, 25), 0)])
def test_1b_strict_matches_equal_offsets_only(predicted: tuple[int, int], hits: int) -> None:
    assert counts(ade((10, 20)), ade(predicted), "1b strict") == (hits, 1 - hits, 1 - hits)


def test_a_span_cut_in_three_has_three_hits_unless_matched_one_to_one() -> None:
    gold, pieces = ade((10, 40)), ade((10, 18), (20, 28), (30, 40))
    assert counts(gold, pieces, "1b") == (3, 0, 0)
    assert counts(gold, pieces, "1b one-to-one") == (1, 2, 0)


def test_a_span_over_two_matches_both_unless_matched_one_to_one() -> None:
    gold, wide = ade((0, 5), (10, 15)), ade((0, 15))
    assert counts(gold, wide, "1b") == (2, 0, 0)
    assert counts(gold, wide, "1b one-to-one") == (1, 0, 1)


def test_one_to_one_finds_the_largest_number_of_pairs() -> None:
    # Giving the first predicted span to the first annotated one would leave the second without a partner.
    gold = ade((0, 10), (12, 20), (22, 30))
    predicted = ade((8, 14), (0, 5), (18, 24))
    assert counts(gold, predicted, "1b one-to-one") == (3, 0, 0)


def test_1c_needs_a_match_with_the_same_code() -> None:
    gold = ade((0, 5, "A"), (10, 15, "B"))
    predicted = ade((3, 8, "A"), (10, 15, "C"))
    assert counts(gold, predicted, "1c") == (1, 1, 1)
    assert counts(gold, predicted, "1c strict") == (0, 2, 2)
    assert counts(gold, predicted, "1b") == (2, 0, 0)


def test_the_right_code_at_the_wrong_place_is_wrong_in_1c() -> None:
    assert counts(ade((0, 5, "A")), ade((20, 25, "A")), "1c") == (0, 1, 1)


def test_two_codes_at_one_place_are_two_annotations() -> None:
    gold = ade((0, 5, "A"), (0, 5, "B"))
    assert counts(gold, ade((0, 5, "B")), "1c") == (1, 0, 1)


def test_a_predicted_span_without_a_code_is_wrong_in_1c() -> None:
    assert counts(ade((0, 5, "A")), ade((0, 5)), "1c") == (0, 1, 1)


def test_annotated_spans_without_a_code_and_their_matches_are_left_out_of_1c() -> None:
    gold = ade((0, 5), (10, 15, "A"))
    assert counts(gold, ade((0, 5, "Z"), (10, 15, "A")), "1c") == (1, 0, 0)
    assert counts(gold, ade((0, 5, "Z"), (30, 35, "A")), "1c") == (0, 1, 1)


def test_a_span_that_matches_a_coded_and_an_uncoded_one_counts_if_its_code_is_right() -> None:
    gold = ade((0, 5), (4, 9, "A"))
    assert counts(gold, ade((4, 5, "A")), "1c") == (1, 0, 0)
    assert counts(gold, ade((4, 5, "B")), "1c") == (0, 0, 1)


def test_unseen_pts_are_scored_by_themselves_on_both_sides() -> None:
    gold = {"1": ade((0, 5, "old"), (10, 15, "new"), (20, 25, "newer"))}
    predicted = {"1": ade((0, 5, "old"), (10, 15, "new"), (20, 25, "old"), (30, 35, "newest"))}
    scores = score_annotations(gold, predicted, seen={"old"})
    assert scores.by_measure["1c unseen"] == Counts(hits=1, extra=1, missed=1)


def test_counts_are_added_over_tweets_and_not_averaged() -> None:
    gold = {"1": ade((0, 5)), "2": ade((0, 5), (10, 15), (20, 25))}
    scores = score_annotations(gold, {"1": ade((0, 5)), "2": ade((50, 55))})
    assert scores.extractor == Counts(hits=1, extra=1, missed=3)
    assert scores.extractor.recall == pytest.approx(0.25, abs=1e-5)


def test_predictions_for_unknown_tweets_are_ignored() -> None:
    gold = {"1": ade((0, 5, "A"))}
    predicted = {"1": gold["1"], "99": ade((0, 5, "A"))}
    assert score_annotations(gold, predicted) == score_annotations(gold, gold)


def test_empty_predictions_score_zero_without_a_division_by_zero() -> None:
    gold = {"1": ade((0, 5, "A")), "2": NO_ADE}
    for of_measure in score_annotations(gold, {}).by_measure.values():
        assert (of_measure.hits, of_measure.extra, of_measure.missed) == (0, 0, 1)
        assert (of_measure.precision, of_measure.recall, of_measure.f1) == (0, 0, 0)


def test_the_epsilon_is_a_millionth() -> None:
    single_hit = Counts(hits=1)
    assert single_hit.precision == single_hit.recall == 1 / 1.000001
    assert single_hit.f1 == 2 * single_hit.precision**2 / (2 * single_hit.precision + 0.000001)


def test_measures_that_the_annotations_do_not_allow_are_left_out() -> None:
    classes = {"1": ADE, "2": NO_ADE}
    assert list(score_annotations(classes, classes).by_measure) == ["1a"]
    uncoded = {"1": ade((0, 5))}
    measures = list(score_annotations(uncoded, uncoded, seen=set()).by_measure)
    assert measures == ["1a", "1b", "1b strict", "1b one-to-one"]
    coded = {"1": ade((0, 5, "A"))}
    assert "1c unseen" not in score_annotations(coded, coded).by_measure
