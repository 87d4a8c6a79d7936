from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from monitor.signals import prior_fitting
from monitor.signals.disproportionality import PairCounts
from monitor.signals.gamma_poisson import GammaMixture, ebgm
from monitor.signals.prior_fitting import LEAST_PAIRS, PUBLISHED_PRIOR, fit_prior

pytestmark = pytest.mark.filterwarnings("error")

Numbers = npt.NDArray[np.float64]
TRUE_PRIOR = GammaMixture(shape1=6.0, rate1=1.0, shape2=5.0, rate2=5.0, weight=0.08)


def draw_pairs(pairs: int, seed: int = 5) -> tuple[Numbers, Numbers]:
    """Draw cases and expected cases of pairs whose ratios follow `TRUE_PRIOR`."""
    draw = np.random.default_rng(seed)
    expected = draw.lognormal(0.0, 1.0, pairs)
    strong = draw.random(pairs) < TRUE_PRIOR.weight
    shapes = np.where(strong, TRUE_PRIOR.shape1, TRUE_PRIOR.shape2)
    rates = np.where(strong, TRUE_PRIOR.rate1, TRUE_PRIOR.rate2)
    return draw.poisson(expected * draw.gamma(shapes) / rates).astype(np.float64), expected


def scores(prior: GammaMixture) -> Numbers:
    """Return EBGM and EB05 of a grid of pairs, which is what a prior is for."""
    observed, expected = (grid.ravel() for grid in np.meshgrid([1.0, 2, 3, 5, 10, 30], [0.1, 0.5, 1, 3, 10]))
    counts = PairCounts(observed, observed, observed, np.asarray(1e9), expected)
    measured = ebgm(counts, prior)
    return np.stack([measured.estimate, measured.low])


@pytest.mark.parametrize("zeros", [True, False])
def test_a_fit_finds_the_prior_that_the_pairs_were_drawn_from(zeros: bool) -> None:
    prior = fit_prior(*draw_pairs(60_000), zeros=zeros)
    assert prior.fallback is None
    assert prior.weight == pytest.approx(TRUE_PRIOR.weight, abs=0.015)
    assert prior.shape1 / prior.rate1 == pytest.approx(6.0, rel=0.1)
    assert prior.shape2 / prior.rate2 == pytest.approx(1.0, rel=0.1)
    assert scores(prior) == pytest.approx(scores(TRUE_PRIOR), rel=0.1)


def test_squashed_pairs_give_nearly_the_same_scores(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = draw_pairs(6_000)
    monkeypatch.setattr(prior_fitting, "SQUASHED_FROM", 100)
    squashed = fit_prior(*pairs)
    monkeypatch.setattr(prior_fitting, "SQUASHED_FROM", 1_000_000)
    assert scores(squashed) == pytest.approx(scores(fit_prior(*pairs)), rel=0.01)


def test_pairs_without_a_case_change_nothing_unless_the_table_is_whole() -> None:
    observed, expected = draw_pairs(500)
    seen = observed > 0
    assert fit_prior(observed, expected) == fit_prior(observed[seen], expected[seen])
    assert fit_prior(observed, expected, zeros=True) != fit_prior(observed, expected)


@pytest.mark.parametrize("pairs", [0, 1, LEAST_PAIRS - 1])
def test_too_few_pairs_get_the_published_prior_with_the_reason(pairs: int) -> None:
    prior = fit_prior(np.full(pairs, 3.0), np.full(pairs, 1.0))
    assert prior.fallback
    assert str(pairs) in prior.fallback
    assert (prior.shape1, prior.weight) == (PUBLISHED_PRIOR.shape1, PUBLISHED_PRIOR.weight)
    assert ebgm(PairCounts(*[np.array([3.0])] * 3, np.asarray(3.0)), prior).estimate > 0


def test_a_search_that_reaches_no_maximum_gets_the_published_prior(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prior_fitting, "ROUGH_STEPS", 1)
    monkeypatch.setattr(prior_fitting, "MOST_STEPS_OF_FIT", 1)
    prior = fit_prior(*draw_pairs(500))
    assert prior.fallback
    assert prior.shape1 == PUBLISHED_PRIOR.shape1


@pytest.mark.parametrize(
    ("observed", "expected"),
    [(1.0, 1.0), (1000.0, 1.0), (1.0, 1e-6), (1.0, 1e4)],
    ids=["as expected", "all high", "tiny expected cases", "all low"],
)
def test_pairs_that_are_all_alike_still_give_usable_scores(observed: float, expected: float) -> None:
    prior = fit_prior(np.full(100, observed), np.full(100, expected))
    assert np.isfinite(scores(prior)).all()


def test_the_part_with_the_larger_mean_comes_first() -> None:
    prior = fit_prior(*draw_pairs(500))
    assert prior.shape1 / prior.rate1 >= prior.shape2 / prior.rate2
