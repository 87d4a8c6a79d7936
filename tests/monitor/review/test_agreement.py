"""Coefficients of agreement, compared with published examples."""

from __future__ import annotations

import pytest

from monitor.review import krippendorffs_alpha, measure_reviewers, reviewers_kappa
from monitor.store.reviews import ItemVerdicts, ReviewDecision


def pairs(table: list[list[int]]) -> list[tuple[str, str]]:
    """Return the verdicts of two reviewers from their table of counts."""
    return [
        (str(row), str(column))
        for row, counts in enumerate(table)
        for column, count in enumerate(counts)
        for _ in range(count)
    ]


def test_kappa_is_that_of_a_published_table() -> None:
    """Sim & Wright 2005, Physical Therapy 85:257: 39 patients, kappa 0.67."""
    assert reviewers_kappa(pairs([[22, 2], [4, 11]])) == pytest.approx(0.67, abs=0.005)


def test_kappa_corrects_for_chance_and_may_be_undefined() -> None:
    assert reviewers_kappa(pairs([[20, 5], [10, 15]])) == pytest.approx(0.4)
    assert reviewers_kappa(pairs([[1, 1], [1, 1]])) == pytest.approx(0)
    assert reviewers_kappa(pairs([[0, 1], [1, 0]])) == pytest.approx(-1)
    assert reviewers_kappa(pairs([[5]])) is None
    assert reviewers_kappa([]) is None


@pytest.mark.parametrize(
    ("reviewers", "alpha"),
    [
        (["0100000010", "1110010000"], 0.095),
        (["aabbdcccedda", "babbbccceddd"], 0.692),
        (["123321412...", "1233224125.3", ".3332342251.", "1233244125 1.".replace(" ", "")], 0.743),
    ],
)
def test_alpha_is_that_of_published_examples(reviewers: list[str], alpha: float) -> None:
    """Krippendorff 2011, Computing Krippendorff's Alpha-Reliability: three examples."""
    units = [[value for value in unit if value != "."] for unit in zip(*reviewers, strict=True)]
    assert krippendorffs_alpha(units) == pytest.approx(alpha, abs=0.0005)


def test_alpha_without_two_different_values_is_undefined() -> None:
    assert krippendorffs_alpha([["a", "a"], ["a", "a"]]) is None
    assert krippendorffs_alpha([["a"], ["b"]]) is None


def test_agreement_is_measured_for_labels_and_verdicts_and_for_each_two_reviewers() -> None:
    correct, refused, term, unclear = (
        ReviewDecision.CORRECT,
        ReviewDecision.NOT_AN_ADE,
        ReviewDecision.WRONG_PT,
        ReviewDecision.CANNOT_TELL,
    )
    items = [
        ItemVerdicts("ADE", {"ann": correct, "bob": term}),
        ItemVerdicts("ADE", {"ann": refused, "bob": refused}),
        ItemVerdicts("NoADE", {"ann": correct, "bob": correct}),
        ItemVerdicts("ADE", {"ann": correct, "bob": correct}),
        ItemVerdicts("ADE", {"ann": correct, "bob": unclear}),
        ItemVerdicts("ADE", {"cem": correct}),
    ]
    measured = {(each.about, each.coefficient, each.reviewers): each for each in measure_reviewers(items)}
    assert set(measured) == {
        (about, *rest)
        for about in ("label", "verdict")
        for rest in (("alpha", ()), ("kappa", ("ann", "bob")))
    }
    labels, verdicts = (measured[about, "kappa", ("ann", "bob")] for about in ("label", "verdict"))
    assert (labels.items, labels.agreed, labels.value) == (4, 1, 1)
    assert (verdicts.items, verdicts.agreed) == (5, 0.6)
    assert verdicts.low is not None
    assert verdicts.high is not None
    assert verdicts.value is not None
    assert verdicts.low <= verdicts.value <= verdicts.high


def test_nothing_is_measured_without_common_items() -> None:
    measured = measure_reviewers([ItemVerdicts("ADE", {"ann": ReviewDecision.CORRECT})])
    assert [(each.coefficient, each.items, each.value) for each in measured] == [("alpha", 0, None)] * 2
