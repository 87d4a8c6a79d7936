"""Our measures compared with `vigipy`, an implementation by others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from monitor.signals.disproportionality import PairCounts, prr, ror
from monitor.signals.gamma_poisson import GammaMixture, ebgm, posterior_of
from monitor.signals.prior_fitting import fit_prior

PRIOR = GammaMixture(shape1=2.5, rate1=0.6, shape2=3.1, rate2=2.9, weight=0.07)
"""A prior that both implementations take as it is."""


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A table of drugs and events, for both implementations.

    Attributes:
        vigipy: the module.
        container: the table as `vigipy` holds it.
        names: [pairs] the drug and the event of each pair.
        counts: the same pairs, in the same order.
    """

    vigipy: Any
    container: Any
    names: list[tuple[str, str]]
    counts: PairCounts

    def columns(self, result: Any, *columns: str) -> list[np.ndarray[Any, Any]]:
        """Return columns of a result of `vigipy`, in the order of our pairs."""
        rows = result.all_signals.set_index(["Product", "Adverse Event"]).loc[self.names]
        return [rows[column].to_numpy() for column in columns]


@pytest.fixture(scope="module")
def table() -> Iterator[Table]:
    """Draw a table in which some pairs have a higher ratio and one in four has no case."""
    # The import takes seconds. At the top of the file, each process of a parallel run would pay for it.
    import pandas as pd
    import vigipy

    draw = np.random.default_rng(17)
    ratios = np.where(draw.random((40, 60)) < 0.06, draw.gamma(6, 1, (40, 60)), draw.gamma(5, 0.2, (40, 60)))
    means = np.outer(draw.lognormal(0, 1, 40), draw.lognormal(0, 1, 60))
    cells = draw.poisson(means * ratios)
    drugs, events = np.indices(cells.shape)
    rows = pd.DataFrame(
        {
            "name": [f"drug {number}" for number in drugs.ravel()],
            "AE": [f"event {number}" for number in events.ravel()],
            "count": cells.ravel(),
        }
    )
    container = vigipy.convert(rows[rows["count"] > 0])
    pairs = container.data
    counts = PairCounts(
        pairs["events"].to_numpy(dtype=float),
        pairs["product_aes"].to_numpy(dtype=float),
        pairs["count_across_brands"].to_numpy(dtype=float),
        np.asarray(float(container.N)),
    )
    names = list(zip(pairs["product_name"], pairs["ae_name"], strict=True))
    yield Table(vigipy, container, names, counts)


@pytest.mark.parametrize(("name", "measure"), [("prr", prr), ("ror", ror)])
def test_prr_and_ror_equal_those_of_vigipy(table: Table, name: str, measure: Any) -> None:
    result = getattr(table.vigipy, name)(table.container, min_events=1)
    estimate, low, high = table.columns(result, name.upper(), "CI Lower", "CI Upper")
    # vigipy adds one half to each cell of a table with an empty cell; we do not.
    filled = np.min(table.counts.cells, axis=0) > 0
    assert filled.sum() > 500
    ours = measure(table.counts)
    assert ours.estimate[filled] == pytest.approx(estimate[filled], rel=1e-6)
    assert ours.low[filled] == pytest.approx(low[filled], rel=1e-6)
    assert ours.high[filled] == pytest.approx(high[filled], rel=1e-6)


def test_ebgm_equals_that_of_vigipy_with_the_same_prior(table: Table) -> None:
    prior = [PRIOR.shape1, PRIOR.rate1, PRIOR.shape2, PRIOR.rate2, PRIOR.weight]
    result = table.vigipy.gps(table.container, min_events=1, prior_param=prior)
    estimate, low, high = table.columns(result, "EBGM", "LowerBound", "UpperBound")
    ours = ebgm(table.counts, PRIOR)
    assert ours.estimate == pytest.approx(estimate, rel=1e-6)
    # By default vigipy stops its search for quantiles early.
    assert ours.low == pytest.approx(low, rel=1e-3)
    assert ours.high == pytest.approx(high, rel=1e-3)


@pytest.mark.parametrize("probability", [0.05, 0.95])
def test_bounds_of_ebgm_equal_those_of_vigipy_with_a_finer_search(table: Table, probability: float) -> None:
    from vigipy.utils.distribution_funcs.quantile_funcs import quantiles

    posterior = posterior_of(table.counts, PRIOR)
    shapes, rates = posterior.shapes, posterior.rates
    expected = quantiles(
        probability, posterior.first, shapes[0], rates[0], shapes[1], rates[1], max_iter=80, tol=1e-13
    )
    ours = ebgm(table.counts, PRIOR)
    assert (ours.low if probability < 0.5 else ours.high) == pytest.approx(expected, rel=1e-6)


def test_our_prior_makes_the_counts_at_least_as_likely_as_that_of_vigipy(table: Table) -> None:
    from vigipy.GPS.GPS import truncated_likelihood

    ours = fit_prior(table.counts.both, table.counts.expected)
    reference = table.vigipy.gps(table.container, min_events=1, truncate=True).params["prior_param"]
    losses = [
        truncated_likelihood(prior, table.counts.both, table.counts.expected, 0)
        for prior in ([ours.shape1, ours.rate1, ours.shape2, ours.rate2, ours.weight], reference)
    ]
    assert ours.fallback is None
    assert losses[0] <= losses[1] + 1e-3
    assert losses[0] == pytest.approx(losses[1], rel=1e-3)
