"""The cells of the score table and of the table of codes."""

from training.evaluation.assessment import assess
from training.evaluation.code_accuracy import CodeAccuracy
from training.evaluation.gold import Gold
from training.evaluation.prediction_files import Predictions
from training.evaluation.score_tables import (
    CODE_HEADINGS,
    SCORE_HEADINGS,
    code_accuracy_rows,
    markdown_scores,
    score_rows,
)
from training.scorer import OfficialSpan, TweetAnnotation

ADE = TweetAnnotation(True, (OfficialSpan(0, 5, "A"),))


def test_a_row_has_the_measure_and_percentages_with_their_intervals() -> None:
    by_tweet = {"1": ADE, "2": TweetAnnotation()}
    assessment = assess(Gold(by_tweet, {}, {}), Predictions(by_tweet, {}), seen=set(), samples=10)
    rows = score_rows(assessment)
    assert [row[0] for row in rows] == [
        "1a",
        "1b relaxed",
        "1b strict",
        "1b one-to-one",
        "1c relaxed",
        "1c strict",
        "1c one-to-one",
        "1c unseen PTs",
    ]
    assert all(len(row) == len(SCORE_HEADINGS) for row in rows)
    assert all(cell.startswith("100.0 (") and cell.endswith("–100.0)") for row in rows for cell in row[1:])
    heading, rule, *lines = markdown_scores(assessment).splitlines()
    assert heading == "|  | P | R | F1 |"
    assert rule == "| --- | --- | --- | --- |"
    assert len(lines) == len(rows)


def test_a_measure_with_nothing_to_find_is_a_dash_and_null() -> None:
    by_tweet = {"1": ADE, "2": TweetAnnotation()}
    assessment = assess(Gold(by_tweet, {}, {}), Predictions(by_tweet, {}), seen={"A"}, samples=10)
    assert score_rows(assessment)[-1] == ("1c unseen PTs", "-", "-", "-")
    figures = assessment.to_json()["scores"]["1c unseen"]
    assert figures["f1"] is figures["recall"] is figures["intervals"]["f1"] is None
    assert any("unseen PTs have no scores" in note for note in assessment.notes)


def test_figures_that_were_not_measured_are_dashes() -> None:
    accuracy = CodeAccuracy(spans=1_200, coded=0.5, precision=None, at_1=0.25, at_5=None, near={"hlt": 0.75})
    [row] = code_accuracy_rows({"unseen": accuracy})
    assert len(row) == len(CODE_HEADINGS)
    assert row == ("unseen PTs", "1,200", "50.0", "-", "25.0", "-", "75.0", "-")
