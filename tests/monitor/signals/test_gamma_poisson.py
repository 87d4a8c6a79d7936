from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import gamma, poisson

from monitor.signals.disproportionality import Estimates, PairCounts
from monitor.signals.gamma_poisson import GammaMixture, ebgm, posterior_of

pytestmark = pytest.mark.filterwarnings("error")

PRIOR = GammaMixture(shape1=2.0, rate1=0.4, shape2=4.0, rate2=4.0, weight=0.1)
FIGURES_OF_OPENEBGM = [
    # cases, expected cases, EB05, EBGM, EB95
    (16, 0.40643623, 15.68, 23.26, 33.48),
    (19, 0.89690107, 11.65, 16.78, 23.55),
    (6, 0.07866508, 10.16, 18.28, 30.83),
    (8, 0.30482718, 9.00, 15.25, 24.52),
    (11, 0.56317044, 8.98, 14.28, 21.78),
    (1, 0.0360548272, 0.49, 2.23, 13.85),
    (1, 0.0038736591, 0.52, 2.58, 15.78),
    (1, 0.0002979738, 0.52, 2.63, 16.02),
    (1, 0.0765792610, 0.47, 1.92, 11.77),
    (1, 0.0527413588, 0.48, 2.09, 12.95),
]
"""Rows that the openEBGM package publishes for its example data, in its page on empirical Bayes metrics."""


def counts_of(observed: npt.ArrayLike, expected: npt.ArrayLike) -> PairCounts:
    """Return counts with the expected cases as they are; all other counts are large enough for any pair."""
    both = np.asarray(observed, dtype=np.float64)
    return PairCounts(both, both, both, np.asarray(1e9), np.asarray(expected, dtype=np.float64))


def bounds(measure: Estimates) -> npt.NDArray[np.float64]:
    return np.stack([measure.low, measure.estimate, measure.high])


def test_figures_that_openebgm_publishes_come_out_again() -> None:
    prior = GammaMixture(3.25379064, 0.39988801, 2.02613219, 1.90808279, 0.06534557)
    observed, expected, low, estimate, high = np.array(FIGURES_OF_OPENEBGM).T
    measured = ebgm(counts_of(observed, expected), prior)
    assert measured.estimate == pytest.approx(estimate, abs=0.0051)
    # The package searches for quantiles until the second digit is about right.
    assert measured.low == pytest.approx(low, abs=0.015)
    assert measured.high == pytest.approx(high, abs=0.015)
    first = posterior_of(counts_of(observed[5:], expected[5:]), prior).first
    assert first == pytest.approx([0.2819736, 0.3409652, 0.3482316, 0.2226354, 0.2556668], abs=1e-7)


@pytest.mark.parametrize(("observed", "expected"), [(0, 0.3), (2, 0.5), (7, 1.2), (60, 80.0)])
def test_ebgm_equals_the_integral_over_the_posterior(observed: int, expected: float) -> None:
    def weight(ratio: float) -> float:
        first = gamma.pdf(ratio, PRIOR.shape1, scale=1 / PRIOR.rate1)
        second = gamma.pdf(ratio, PRIOR.shape2, scale=1 / PRIOR.rate2)
        prior = PRIOR.weight * first + (1 - PRIOR.weight) * second
        return float(prior * poisson.pmf(observed, ratio * expected))

    def integral(function: object, top: float = 60.0) -> float:
        return float(quad(function, 0, top, limit=500, points=[0.5, 1, 2, 5, 10])[0])

    scale = integral(weight)
    log_mean = integral(lambda ratio: weight(ratio) * np.log(ratio) if ratio else 0.0) / scale
    measured = ebgm(counts_of([observed], [expected]), PRIOR)
    assert measured.estimate[0] == pytest.approx(np.exp(log_mean), rel=1e-6)
    assert quad(weight, 0, measured.low[0], limit=500)[0] / scale == pytest.approx(0.05, abs=1e-6)
    assert quad(weight, 0, measured.high[0], limit=500)[0] / scale == pytest.approx(0.95, abs=1e-6)


@given(
    st.lists(st.tuples(st.integers(0, 100_000), st.floats(1e-6, 1e5)), min_size=1, max_size=30),
    st.tuples(*[st.floats(0.01, 500)] * 4, st.floats(0, 1)),
)
@settings(max_examples=20, deadline=None)
def test_bounds_are_quantiles_of_the_posterior(
    pairs: list[tuple[int, float]], numbers: tuple[float, ...]
) -> None:
    counts = counts_of(*np.array(pairs, dtype=np.float64).T)
    prior = GammaMixture(*numbers)
    measured, posterior = ebgm(counts, prior), posterior_of(counts, prior)
    assert np.isfinite(bounds(measured)).all()
    for bound, share in ((measured.low, 0.05), (measured.high, 0.95)):
        below = posterior.mixed(gamma.cdf(bound, posterior.shapes, scale=1 / posterior.rates))
        assert below[bound > 0] == pytest.approx(share, abs=1e-6)
    assert (measured.low <= measured.high).all()


def test_ebgm_rises_with_the_cases() -> None:
    measured = ebgm(counts_of(np.arange(200), np.full(200, 3.0)), PRIOR)
    assert (np.diff(bounds(measured)) > 0).all()


def test_few_cases_are_shrunk_more_than_many() -> None:
    ratio = 10.0
    expected = np.array([0.1, 1.0, 10.0, 100.0, 1000.0])
    measured = ebgm(counts_of(ratio * expected, expected), PRIOR)
    assert (np.diff(measured.estimate) > 0).all()
    assert measured.estimate[0] < 3
    assert measured.estimate[-1] == pytest.approx(ratio, rel=0.01)
    assert (np.diff(np.log(measured.high / measured.low)) < 0).all()


def test_pairs_without_expected_cases_keep_the_prior() -> None:
    measured = ebgm(counts_of([0.0], [0.0]), PRIOR)
    single = [gamma.cdf(measured.low[0], *shape) for shape in ((2.0, 0, 1 / 0.4), (4.0, 0, 1 / 4.0))]
    assert 0.1 * single[0] + 0.9 * single[1] == pytest.approx(0.05, abs=1e-9)


@pytest.mark.parametrize(("weight", "shape", "rate"), [(1.0, 2.0, 0.4), (0.0, 4.0, 4.0)])
def test_a_prior_of_one_part_gives_the_posterior_of_a_single_gamma(
    weight: float, shape: float, rate: float
) -> None:
    prior = GammaMixture(2.0, 0.4, 4.0, 4.0, weight)
    measured = ebgm(counts_of([5.0], [1.5]), prior)
    expected = gamma.ppf([0.05, 0.95], shape + 5, scale=1 / (rate + 1.5))
    assert [measured.low[0], measured.high[0]] == pytest.approx(expected, rel=1e-8)


def test_a_quantile_that_is_too_small_for_a_number_is_zero() -> None:
    prior = GammaMixture(0.001, 1.0, 0.001, 1.0, 0.5)
    assert ebgm(counts_of([0.0], [1.0]), prior).low == [0.0]


@pytest.mark.parametrize("numbers", [(0, 1, 1, 1, 0.5), (1, 1, np.inf, 1, 0.5), (1, 1, 1, 1, 1.5)], ids=str)
def test_impossible_priors_are_refused(numbers: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="above 0"):
        GammaMixture(*numbers)
