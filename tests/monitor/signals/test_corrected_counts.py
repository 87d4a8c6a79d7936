"""Corrected counts and ratios, and how often their intervals cover the truth of simulated weeks."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import gamma

from benchmarks.signals.coverage_case import simulate
from benchmarks.signals.simulated_weeks import Setting, draw_pair, draw_world
from monitor.signals.corrected_counts import (
    corrected,
    corrected_prr,
    corrected_rate,
    corrected_ror,
    corrected_total,
)
from monitor.signals.misclassification import ErrorRates, estimate_error
from monitor.signals.verdict_strata import Stratum, StratumVerdicts

HIGH = Stratum("sertraline", "en", "0.80-1.00", True)
LOW = Stratum("sertraline", "en", "0.50-0.80", True)
NEGATIVE = Stratum("sertraline", "en", "0.00-0.50", False)
OTHER_HIGH = Stratum("ibuprofen", "en", "0.80-1.00", True)


@pytest.fixture(scope="module")
def rates() -> ErrorRates:
    """Precision 0.9 and 0.5, and a miss rate of 400 in 1800."""
    return estimate_error(
        [
            StratumVerdicts(HIGH, 1000, 900, 810),
            StratumVerdicts(LOW, 1000, 900, 450),
            StratumVerdicts(NEGATIVE, 4000, 3000, 300),
            StratumVerdicts(OTHER_HIGH, 1000, 900, 810),
        ]
    )


def test_a_count_is_multiplied_by_precision_and_divided_by_the_share_found(rates: ErrorRates) -> None:
    interval = corrected({HIGH: 1000, LOW: 1000}, rates)
    assert interval.estimate == pytest.approx(1400 * 1800 / 1400, rel=0.03)
    assert interval.low < 1800 < interval.high


def test_a_rate_is_per_post_that_names_the_drug(rates: ErrorRates) -> None:
    count, rate = corrected({HIGH: 50}, rates), corrected_rate({HIGH: 50}, 4000, rates)
    assert (rate.estimate, rate.low, rate.high) == tuple(
        pytest.approx(number / 4000) for number in (count.estimate, count.low, count.high)
    )
    with pytest.raises(ValueError, match="at least 1"):
        corrected_rate({HIGH: 50}, 0, rates)


def test_the_interval_of_a_small_count_includes_its_own_noise(rates: ErrorRates) -> None:
    interval = corrected({HIGH: 4}, rates)
    # The exact Poisson interval of 4 is 1.09 to 10.2; precision and misses together are a factor of 1.16.
    assert 1 < interval.low < 2
    assert 9 < interval.high < 13


def test_no_case_has_an_interval_from_about_zero(rates: ErrorRates) -> None:
    for counts in ({}, {HIGH: 0}):
        interval = corrected(counts, rates)
        assert interval.low < 0.1
        assert 1 < interval.high < 4


def test_all_true_reports_of_the_sampled_strata_are_added(rates: ErrorRates) -> None:
    interval = corrected_total(rates)
    assert interval.estimate == pytest.approx(900 + 500 + 400 + 900, rel=0.03)
    assert interval.low < 2700 < interval.high


def test_without_negatives_only_false_cases_are_corrected() -> None:
    flagged = estimate_error([StratumVerdicts(HIGH, 1000, 900, 810)])
    assert corrected({HIGH: 1000}, flagged).estimate == pytest.approx(900, rel=0.03)


def test_ratios_of_true_cases_take_the_precision_of_each_band(rates: ErrorRates) -> None:
    # The pair is in the imprecise band: 600 of 1200 are true. All other cases are in the precise one.
    both, drug = {LOW: 1200}, {LOW: 1200, HIGH: 2000}
    event, total = {LOW: 1200, OTHER_HIGH: 1000}, {LOW: 1200, HIGH: 2000, OTHER_HIGH: 10000}
    # By drug: 600 and 1800 true cases; of the other one: 900 and 8100. The drug's misses cancel out.
    prr, ror = corrected_prr(both, drug, event, total, rates), corrected_ror(both, drug, event, total, rates)
    assert prr.estimate == pytest.approx(600 / 2400 / (900 / 9000), rel=0.05)
    assert ror.estimate == pytest.approx(600 / 1800 / (900 / 8100), rel=0.05)
    assert prr.low < 2.5 < prr.high
    # Without the correction it would be 3.75.
    assert prr.high < 3.2


def test_ratios_with_empty_cells_are_wide_and_finite(rates: ErrorRates) -> None:
    for both in (0, 3):
        interval = corrected_prr({HIGH: both}, {HIGH: 3}, {HIGH: both}, {HIGH: 3, OTHER_HIGH: 20}, rates)
        assert np.isfinite([interval.estimate, interval.low, interval.high]).all()
        assert interval.high > 10 * max(interval.low, 0.01)


def test_counts_that_contradict_each_other_are_refused(rates: ErrorRates) -> None:
    with pytest.raises(ValueError, match="must not be above"):
        corrected_prr({HIGH: 5}, {HIGH: 4}, {HIGH: 9}, {HIGH: 20}, rates)
    with pytest.raises(ValueError, match="flagged"):
        corrected({NEGATIVE: 5}, rates)
    with pytest.raises(ValueError, match="negative"):
        corrected({HIGH: -1}, rates)


@pytest.mark.parametrize("setting", [Setting(50, 0.5, 0.2), Setting(200, 0.8, 0.3)], ids=str)
def test_intervals_of_simulated_weeks_cover_the_truth(setting: Setting) -> None:
    """Of 15 weeks at 95%, fewer than 11 are covered once in 1,800 runs, and the seed is fixed."""
    sides, _ = simulate(setting, weeks=15, seed=7)
    for name in ("precision", "miss_rate", "true_reports", "cases_of_pair", "prr", "ror"):
        assert sides[name].count(0) >= 11, name
    for name in ("precision_of_stratum", "omission_of_stratum"):
        assert sides[name].count(0) / len(sides[name]) > 0.92, name


def test_plain_counts_of_the_same_weeks_do_not_cover_the_truth() -> None:
    random = np.random.default_rng(7)
    covered = 0
    for _ in range(25):
        pair = draw_pair(draw_world(Setting(50, 0.5, 0.2), random), random)
        count = sum(pair.cells[0].values())
        covered += bool(gamma.ppf(0.025, count) < pair.true_cases < gamma.ppf(0.975, count + 1))
    assert covered < 5
