"""Golden cases, counted by hand, for each rule of the official scorer."""

import pytest

from training.scorer import Counts, Measure, OfficialSpan, TweetAnnotation, count_tweet, score_annotations


def ade(*marks: tuple[int, int] | tuple[int, int, str]) -> TweetAnnotation:
    return TweetAnnotation(True, tuple(OfficialSpan(*mark) for mark in marks))


NO_ADE = TweetAnnotation()


def counts(gold: TweetAnnotation, predicted: TweetAnnotation, measure: Measure) -> tuple[float, float, float]:
    """Hits, extra, missed of one tweet."""
    found = count_tweet(gold, predicted, seen=set())[measure]
    return found.hits, found.extra, found.missed


def test_1a_counts_tweets_of_the_positive_class() -> None:
    gold = {"1": ade((0, 1)), "2": ade((0, 1)), "3": NO_ADE, "4": NO_ADE, "5": ade((0, 1))}
    said = {
        "1": TweetAnnotation(True),
        "2": NO_ADE,
        "3": TweetAnnotation(True),
        "4": NO_ADE,
        "5": TweetAnnotation(True),
    }
    scores = score_annotations(gold, said)
    assert scores.classifier == Counts(hits=2, extra=1, missed=1)
    assert scores.classifier.precision == pytest.approx(2 / 3, abs=1e-5)
    assert scores.classifier.recall == pytest.approx(2 / 3, abs=1e-5)


@pytest.mark.parametrize(
    ("predicted", "hits"),
    [((10, 20), 1), ((20, 25), 1), ((5, 10), 1), ((21, 25), 0), ((5, 9), 0), ((12, 13), 1), ((0, 40), 1)],
)
def test_1b_relaxed_takes_spans_that_overlap_or_touch(predicted: tuple[int, int], hits: int) -> None:
    assert counts(ade((10, 20)), ade(predicted), "1b") == (hits, 1 - hits, 1 - hits)


@pytest.mark.parametrize(("predicted", "hits"), [((10, 20), 1), ((10, 19), 0), ((9, 20), 0), ((20, 25), 0)])
def test_1b_strict_takes_equal_offsets_alone(predicted: tuple[int, int], hits: int) -> None:
    assert counts(ade((10, 20)), ade(predicted), "1b strict") == (hits, 1 - hits, 1 - hits)


def test_a_span_cut_in_three_earns_three_hits_but_one_by_one() -> None:
    gold, cut = ade((10, 40)), ade((10, 18), (20, 28), (30, 40))
    assert counts(gold, cut, "1b") == (3, 0, 0)
    assert counts(gold, cut, "1b one-to-one") == (1, 2, 0)


def test_one_span_over_two_matches_both_but_one_by_one() -> None:
    gold, wide = ade((0, 5), (10, 15)), ade((0, 15))
    assert counts(gold, wide, "1b") == (2, 0, 0)
    assert counts(gold, wide, "1b one-to-one") == (1, 0, 1)


def test_one_to_one_finds_the_most_pairs_there_are() -> None:
    # Whoever gives the first predicted span to the first annotated one leaves the second alone.
    gold = ade((0, 10), (12, 20), (22, 30))
    predicted = ade((8, 14), (0, 5), (18, 24))
    assert counts(gold, predicted, "1b one-to-one") == (3, 0, 0)


def test_1c_wants_the_same_match_and_the_same_code() -> None:
    gold = ade((0, 5, "A"), (10, 15, "B"))
    predicted = ade((3, 8, "A"), (10, 15, "C"))
    assert counts(gold, predicted, "1c") == (1, 1, 1)
    assert counts(gold, predicted, "1c strict") == (0, 2, 2)
    assert counts(gold, predicted, "1b") == (2, 0, 0)


def test_1c_takes_the_right_code_at_the_wrong_place_for_wrong() -> None:
    assert counts(ade((0, 5, "A")), ade((20, 25, "A")), "1c") == (0, 1, 1)


def test_two_codes_at_one_place_are_two_annotations() -> None:
    gold = ade((0, 5, "A"), (0, 5, "B"))
    assert counts(gold, ade((0, 5, "B")), "1c") == (1, 0, 1)


def test_a_predicted_span_without_a_code_is_wrong_in_1c() -> None:
    assert counts(ade((0, 5, "A")), ade((0, 5)), "1c") == (0, 1, 1)


def test_annotated_spans_without_a_code_are_left_out_of_1c_with_what_matches_them() -> None:
    gold = ade((0, 5), (10, 15, "A"))
    assert counts(gold, ade((0, 5, "Z"), (10, 15, "A")), "1c") == (1, 0, 0)
    assert counts(gold, ade((0, 5, "Z"), (30, 35, "A")), "1c") == (0, 1, 1)


def test_unseen_pts_are_scored_by_themselves_on_both_sides() -> None:
    gold = {"1": ade((0, 5, "old"), (10, 15, "new"), (20, 25, "newer"))}
    said = {"1": ade((0, 5, "old"), (10, 15, "new"), (20, 25, "old"), (30, 35, "newest"))}
    scores = score_annotations(gold, said, seen={"old"})
    assert scores.by_measure["1c unseen"] == Counts(hits=1, extra=1, missed=1)


def test_counts_are_added_over_tweets_and_not_averaged() -> None:
    gold = {"1": ade((0, 5)), "2": ade((0, 5), (10, 15), (20, 25))}
    scores = score_annotations(gold, {"1": ade((0, 5)), "2": ade((50, 55))})
    assert scores.extractor == Counts(hits=1, extra=1, missed=3)
    assert scores.extractor.recall == pytest.approx(0.25, abs=1e-5)


def test_unknown_tweets_are_ignored() -> None:
    gold = {"1": ade((0, 5, "A"))}
    assert score_annotations(gold, {"1": gold["1"], "99": ade((0, 5, "A"))}) == score_annotations(gold, gold)


def test_empty_predictions_score_zero_without_a_division_by_zero() -> None:
    gold = {"1": ade((0, 5, "A")), "2": NO_ADE}
    for found in score_annotations(gold, {}).by_measure.values():
        assert (found.hits, found.extra, found.missed) == (0, 0, 1)
        assert (found.precision, found.recall, found.f1) == (0, 0, 0)


def test_the_epsilon_is_a_millionth() -> None:
    one = Counts(hits=1)
    assert one.precision == 1 / 1.000001
    assert one.f1 == 2 * one.precision**2 / (2 * one.precision + 0.000001)


def test_what_the_annotations_cannot_measure_is_left_out() -> None:
    classes = {"1": TweetAnnotation(True), "2": NO_ADE}
    assert list(score_annotations(classes, classes).by_measure) == ["1a"]
    uncoded = {"1": ade((0, 5))}
    assert list(score_annotations(uncoded, uncoded, seen=set()).by_measure) == [
        "1a",
        "1b",
        "1b strict",
        "1b one-to-one",
    ]
