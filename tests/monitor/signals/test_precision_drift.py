"""The test for drift of precision."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import betabinom

from monitor.signals.precision_drift import precision_drift
from monitor.signals.verdict_strata import Stratum, StratumVerdicts


def verdicts(
    positives: int, sampled: int, band: str = "0.80-1.00", flagged: bool = True, drug: str = "sertraline"
) -> StratumVerdicts:
    return StratumVerdicts(Stratum(drug, "en", band, flagged), sampled, sampled, positives)


REFERENCE = [verdicts(450, 500), verdicts(250, 500, "0.50-0.80")]


def test_the_same_precision_is_not_drift() -> None:
    drift = precision_drift(REFERENCE, [verdicts(45, 50), verdicts(25, 50, "0.50-0.80")])
    assert (drift.reviewed, drift.positives, drift.dropped) == (100, 70, False)
    assert drift.expected == pytest.approx(70, abs=0.2)
    assert 0.3 < drift.p_value < 0.7


def test_a_large_drop_is_drift() -> None:
    drift = precision_drift(REFERENCE, [verdicts(35, 50), verdicts(15, 50, "0.50-0.80")])
    assert drift.dropped
    assert drift.p_value < 0.001


def test_a_rise_is_not_drift() -> None:
    assert not precision_drift(REFERENCE, [verdicts(50, 50)]).dropped


def test_more_samples_of_the_imprecise_band_do_not_make_drift() -> None:
    assert not precision_drift(REFERENCE, [verdicts(9, 10), verdicts(45, 90, "0.50-0.80")]).dropped


def test_one_band_has_the_beta_binomial_probability() -> None:
    drift = precision_drift(REFERENCE[:1], [verdicts(40, 50)])
    assert drift.p_value == pytest.approx(betabinom.cdf(40, 50, 450.5, 50.5))


def test_entries_of_one_band_are_added() -> None:
    joint = precision_drift(REFERENCE[:1], [verdicts(40, 50)])
    parts = precision_drift(REFERENCE[:1], [verdicts(30, 35), verdicts(10, 15, drug="ibuprofen")])
    assert joint == parts


def test_a_small_reference_raises_no_alarm() -> None:
    """Four verdicts cannot show that 0.5 is less than before."""
    assert not precision_drift([verdicts(4, 4)], [verdicts(10, 20)]).dropped
    assert precision_drift([verdicts(400, 400)], [verdicts(10, 20)]).dropped


def test_negatives_and_bands_without_a_reference_are_left_out() -> None:
    recent = [verdicts(0, 90, flagged=False), verdicts(0, 90, "0.50-0.60")]
    drift = precision_drift(REFERENCE, recent)
    assert (drift.reviewed, drift.p_value, drift.dropped) == (0, 1.0, False)


def test_an_impossible_alpha_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        precision_drift(REFERENCE, REFERENCE, alpha=0)


def test_false_alarms_stay_at_alpha() -> None:
    """At most 5% are expected; of 300 comparisons, more than 27 would be a sign of an error."""
    random = np.random.default_rng(3)
    alarms = 0
    for _ in range(300):
        reference = [verdicts(int(random.binomial(60, 0.7)), 60)]
        recent = [verdicts(int(random.binomial(40, 0.7)), 40)]
        alarms += precision_drift(reference, recent, alpha=0.05).dropped
    assert alarms <= 27
