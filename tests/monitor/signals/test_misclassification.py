"""Rates of errors: what verdicts say about precision and misses."""

from __future__ import annotations

import numpy as np
import pytest

from monitor.signals.misclassification import estimate_error
from monitor.signals.verdict_strata import Stratum, StratumVerdicts, pooled


def verdicts(
    band: str, flagged: bool, population: int, sampled: int, positives: int, drug: str = "sertraline"
) -> StratumVerdicts:
    return StratumVerdicts(Stratum(drug, "en", band, flagged), population, sampled, positives)


WEEK = [
    verdicts("0.80-1.00", True, 1000, 400, 360),
    verdicts("0.50-0.80", True, 1000, 400, 200),
    verdicts("0.10-0.50", False, 1000, 400, 80),
    verdicts("0.00-0.10", False, 20000, 400, 4),
]


def test_precision_weighs_strata_by_their_posts_and_not_by_their_verdicts() -> None:
    few = [verdicts("0.80-1.00", True, 9000, 400, 360), verdicts("0.50-0.80", True, 1000, 400, 200)]
    precision = estimate_error(few).overall_precision
    assert precision is not None
    assert precision.estimate == pytest.approx(0.86, abs=0.015)
    assert precision.low < 0.86 < precision.high


def test_miss_rate_is_the_share_of_true_reports_among_the_negatives() -> None:
    rates = estimate_error(WEEK)
    # 200 + 200 missed, and 900 + 500 found.
    assert rates.overall_miss_rate is not None
    assert rates.overall_miss_rate.estimate == pytest.approx(400 / 1800, abs=0.03)
    assert rates.miss_rate["sertraline"] == rates.overall_miss_rate


def test_rates_of_strata_are_close_to_their_verdicts() -> None:
    rates = estimate_error(WEEK)
    assert [interval.estimate for interval in rates.precision.values()] == [
        pytest.approx(0.5, abs=0.03),
        pytest.approx(0.9, abs=0.03),
    ]
    assert [interval.estimate for interval in rates.omission.values()] == [
        pytest.approx(0.01, abs=0.005),
        pytest.approx(0.2, abs=0.03),
    ]


def test_posts_that_were_not_stored_count_by_their_probability() -> None:
    kept = [
        StratumVerdicts(entry.stratum, entry.population // 10, 100, entry.positives // 4, kept=0.1)
        if not entry.stratum.flagged
        else entry
        for entry in WEEK
    ]
    assert [entry.size for entry in kept[2:]] == [pytest.approx(1000), pytest.approx(20000)]
    assert kept[3].inclusion == pytest.approx(100 / 20000)
    rates = estimate_error(kept)
    assert rates.overall_miss_rate is not None
    assert rates.overall_miss_rate.low < 400 / 1800 < rates.overall_miss_rate.high
    assert rates.overall_miss_rate.estimate == pytest.approx(400 / 1800, abs=0.06)


def test_zero_positives_in_the_sample_do_not_make_misses_impossible() -> None:
    rates = estimate_error([WEEK[0], verdicts("0.00-0.10", False, 20000, 50, 0)])
    assert rates.overall_miss_rate is not None
    assert rates.overall_miss_rate.low < 0.02
    # Up to about 3 of 50 might have been positive, 1200 posts by 900 found ones.
    assert 0.4 < rates.overall_miss_rate.high < 0.75


def test_a_stratum_with_few_verdicts_stays_close_to_its_band() -> None:
    others = [verdicts("0.80-1.00", True, 500, 100, 90, drug=f"drug {number}") for number in range(8)]
    small = verdicts("0.80-1.00", True, 500, 2, 0, drug="small")
    alone = estimate_error([small]).precision[small.stratum]
    with_band = estimate_error([*others, small]).precision[small.stratum]
    assert alone.estimate < 0.3
    assert with_band.estimate > 0.6
    assert with_band.high - with_band.low < alone.high - alone.low


def test_a_stratum_with_many_verdicts_goes_its_own_way() -> None:
    others = [verdicts("0.80-1.00", True, 500, 100, 90, drug=f"drug {number}") for number in range(8)]
    large = verdicts("0.80-1.00", True, 5000, 1000, 500, drug="large")
    assert estimate_error([*others, large]).precision[large.stratum].estimate == pytest.approx(0.5, abs=0.03)


def test_the_miss_rate_is_unknown_without_negatives() -> None:
    rates = estimate_error(WEEK[:2])
    assert rates.overall_miss_rate is None
    assert rates.miss_rate == {}
    assert rates.overall_precision is not None


def test_no_verdicts_give_no_rates() -> None:
    rates = estimate_error([])
    assert (rates.overall_precision, rates.overall_miss_rate, rates.precision) == (None, None, {})


def test_the_same_verdicts_in_another_order_give_the_same_numbers() -> None:
    assert estimate_error(WEEK).precision == estimate_error(reversed(WEEK)).precision
    assert estimate_error(WEEK, seed=1).precision != estimate_error(WEEK, seed=2).precision


def test_more_verdicts_make_intervals_shorter() -> None:
    lengths = []
    for sampled in (10, 100, 1000):
        week = [verdicts("0.80-1.00", True, 5000, sampled, sampled // 2)]
        interval = estimate_error(week).overall_precision
        assert interval is not None
        lengths.append(interval.high - interval.low)
    assert lengths[0] > 2 * lengths[1] > 4 * lengths[2]


def test_two_entries_of_one_stratum_are_refused_until_they_are_pooled() -> None:
    with pytest.raises(ValueError, match="pooled"):
        estimate_error([WEEK[0], WEEK[0]])
    (entry,) = pooled([WEEK[0], WEEK[0]])
    assert (entry.population, entry.sampled, entry.positives) == (2000, 800, 720)


def test_pooling_keeps_the_estimated_number_of_posts() -> None:
    stratum = WEEK[3].stratum
    weeks = [StratumVerdicts(stratum, 100, 10, 1, kept=0.1), StratumVerdicts(stratum, 300, 10, 0, kept=1)]
    (entry,) = pooled(weeks)
    assert entry.size == pytest.approx(1300)


@pytest.mark.parametrize(
    "numbers", [(10, 11, 0), (10, 5, 6), (10, 5, -1), (10, 5, 5, 0.0), (10, 5, 5, 1.1)], ids=str
)
def test_impossible_verdicts_are_refused(numbers: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="sertraline"):
        StratumVerdicts(WEEK[0].stratum, *numbers)


def test_a_stratum_without_verdicts_takes_the_rates_of_its_band() -> None:
    posterior = estimate_error(WEEK).posterior
    unseen = posterior.rate(Stratum("ibuprofen", "es", "0.80-1.00", True))
    assert np.median(unseen) == pytest.approx(0.9, abs=0.05)
    assert np.std(unseen) > np.std(posterior.rate(WEEK[0].stratum))
    unknown = posterior.rate(Stratum("ibuprofen", "es", "0.99-1.00", True))
    assert np.quantile(unknown, 0.05) < 0.05
    assert np.quantile(unknown, 0.95) > 0.95
