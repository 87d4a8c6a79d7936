from __future__ import annotations

import numpy as np
import pytest

from monitor.signals.consensus import Criteria, PairMeasures, consensus, measure_pairs
from monitor.signals.disproportionality import Estimates, PairCounts
from monitor.signals.prior_fitting import PUBLISHED_PRIOR

pytestmark = pytest.mark.filterwarnings("error")


def pair(
    *,
    cases: float = 10,
    prr: float = 2.0,
    chi_square: float = 4.0,
    ror_low: float = 1.01,
    ic_low: float = 0.01,
    eb05: float = 2.0,
) -> PairMeasures:
    """Return the measures of one pair. The defaults just reach each threshold."""

    def estimates(estimate: float, low: float) -> Estimates:
        return Estimates(np.array([estimate]), np.array([low]), np.array([np.inf]))

    counts = PairCounts(np.array([cases]), np.array([50.0]), np.array([50.0]), np.array([1000.0]))
    return PairMeasures(
        counts,
        estimates(prr, 1.0),
        estimates(3.0, ror_low),
        np.array([chi_square]),
        estimates(1.0, ic_low),
        estimates(3.0, eb05),
    )


def marks(measures: PairMeasures, criteria: Criteria | None = None) -> list[bool]:
    marked = consensus(measures, criteria)
    return [bool(column[0]) for column in (marked.prr, marked.ror, marked.ic, marked.ebgm)]


def test_a_pair_at_the_thresholds_is_marked_by_all_methods() -> None:
    assert marks(pair()) == [True] * 4
    assert consensus(pair()).votes == [4]


@pytest.mark.parametrize(
    ("change", "method"),
    [
        ({"prr": 1.99}, 0),
        ({"chi_square": 3.99}, 0),
        ({"chi_square": np.nan}, 0),
        ({"ror_low": 1.0}, 1),
        ({"ror_low": np.nan}, 1),
        ({"ic_low": 0.0}, 2),
        ({"eb05": 1.99}, 3),
    ],
    ids=str,
)
def test_a_pair_below_one_threshold_loses_one_method(change: dict[str, float], method: int) -> None:
    assert marks(pair(**change)) == [index != method for index in range(4)]
    assert consensus(pair(**change)).reached
    assert not consensus(pair(**change), Criteria(methods=4)).reached


def test_a_pair_with_too_few_cases_is_marked_by_no_method() -> None:
    assert marks(pair(cases=2)) == [False] * 4
    assert marks(pair(cases=2), Criteria(cases=2)) == [True] * 4


def test_an_event_of_one_drug_only_is_marked_without_its_ror() -> None:
    counts = PairCounts(np.array([20.0]), np.array([100.0]), np.array([20.0]), np.asarray(10_000.0))
    assert marks(measure_pairs(counts, PUBLISHED_PRIOR)) == [True, False, True, True]


def test_a_pair_as_frequent_as_chance_makes_it_is_not_marked() -> None:
    counts = PairCounts(np.array([20.0]), np.array([200.0]), np.array([1000.0]), np.asarray(10_000.0))
    assert marks(measure_pairs(counts, PUBLISHED_PRIOR)) == [False] * 4


@pytest.mark.parametrize("criteria", [{"cases": 0}, {"methods": 0}, {"methods": 5}], ids=str)
def test_criteria_that_make_no_sense_are_refused(criteria: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must be above 0"):
        Criteria(**criteria)
