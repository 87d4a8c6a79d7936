"""Counts, rates, PRR and ROR of true cases, with intervals that include the errors of the model.

A count of flagged cases becomes one of true cases in the way of Rogan and Gladen (1978): times the precision,
divided by the share of true cases that the model finds. Their formula has one precision and one share. Here,
each stratum has its precision, and each drug its share. The intervals include the noise of the counts
themselves (Poisson) and that of the sample of verdicts. They are for the *expected* number of cases: what
the same world would show in another such window.

Two assumptions remain, and no sample of this size can test them for each pair. Within a stratum, the cases of
all events are equally often false. And the model misses the same share of each event of a drug. So the
correction widens the interval of a PRR more than it moves its estimate.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from monitor.signals.misclassification import (
    DRAWS,
    CredibleInterval,
    ErrorPosterior,
    ErrorRates,
    interval_of,
)
from monitor.signals.rate_posterior import NEUTRAL, Floats
from monitor.signals.verdict_strata import Stratum

StratumCases = Mapping[Stratum, int]
"""Cases that the model found, by the stratum of the post that reports the case."""


def corrected(count_by_stratum: StratumCases, rates: ErrorRates) -> CredibleInterval:
    """Return the expected number of true cases behind the flagged cases of a pair.

    Without sampled negatives (`rates.overall_miss_rate` is None), only false cases are corrected, and the
    missed ones stay out.

    Raises:
        ValueError: if a count is negative, or a stratum holds negatives of the model.
    """
    return interval_of(_true_cases(count_by_stratum, rates.posterior, _random(rates)))


def corrected_rate(count_by_stratum: StratumCases, mentions: int, rates: ErrorRates) -> CredibleInterval:
    """Return the expected number of true cases per post that names the drug.

    Args:
        count_by_stratum: cases of the pair.
        mentions: posts that name the drug in the window (`hourly_drug_counts.seen`), above 0. Their number is
            taken as exact: it is much larger than that of the cases.
        rates: the errors of the model.

    Raises:
        ValueError: if `mentions` is not positive, and as for `corrected`.
    """
    if mentions <= 0:
        raise ValueError(f"{mentions} posts name the drug: a rate needs at least 1")
    count = corrected(count_by_stratum, rates)
    return CredibleInterval(count.estimate / mentions, count.low / mentions, count.high / mentions)


def corrected_total(rates: ErrorRates) -> CredibleInterval:
    """Return the expected number of true reports in the window, found or missed, in all sampled strata.

    This one needs neither assumption of the module: it rests on the sample alone.
    """
    return interval_of(sum(rates.posterior.reports.values(), start=np.zeros(DRAWS)))


def corrected_prr(
    both: StratumCases, drug: StratumCases, event: StratumCases, total: StratumCases, rates: ErrorRates
) -> CredibleInterval:
    """Return the proportional reporting ratio of true cases (Evans et al. 2001).

    Args:
        both: cases of the drug and the event.
        drug: cases of the drug, with any event.
        event: cases of the event, with any drug.
        total: all cases.
        rates: the errors of the model.

    Raises:
        ValueError: if the four counts of a stratum contradict each other, and as for `corrected`.
    """
    a, b, c, d = _true_table(both, drug, event, total, rates)
    return interval_of(a / (a + b) / (c / (c + d)))


def corrected_ror(
    both: StratumCases, drug: StratumCases, event: StratumCases, total: StratumCases, rates: ErrorRates
) -> CredibleInterval:
    """Return the reporting odds ratio of true cases (van Puijenbroek et al. 2002); see `corrected_prr`."""
    a, b, c, d = _true_table(both, drug, event, total, rates)
    return interval_of((a / b) / (c / d))


def _true_table(
    both: StratumCases, drug: StratumCases, event: StratumCases, total: StratumCases, rates: ErrorRates
) -> list[Floats]:
    """Return draws of the true cases in the four cells of the table, [draws] each, above 0."""
    strata = sorted({*both, *drug, *event, *total})
    cells: list[dict[Stratum, int]] = [{}, {}, {}, {}]
    for stratum in strata:
        a, ab, ac, n = (counts.get(stratum, 0) for counts in (both, drug, event, total))
        for cell, count in zip(cells, (a, ab - a, ac - a, n - ab - ac + a), strict=True):
            cell[stratum] = count
            if count < 0:
                raise ValueError(
                    f"{stratum}: {a} cases of both, {ab} of the drug, {ac} of the event and {n} in all: "
                    "the first must not be above the next two, nor these above the last"
                )
    random = _random(rates)
    return [np.maximum(_true_cases(cell, rates.posterior, random), 1e-12) for cell in cells]


def _random(rates: ErrorRates) -> np.random.Generator:
    return np.random.default_rng([rates.posterior.seed, 1])


def _true_cases(counts: StratumCases, posterior: ErrorPosterior, random: np.random.Generator) -> Floats:
    """Return draws of the expected number of true cases, [draws]."""
    wrong = [stratum for stratum, count in counts.items() if count < 0 or not stratum.flagged]
    if wrong:
        raise ValueError(f"{wrong[0]}: a count must not be negative, and its stratum must be flagged")
    strata = sorted(stratum for stratum, count in counts.items() if count) or sorted(counts)
    if not strata:
        return random.gamma(NEUTRAL, 1, DRAWS)
    cases = np.array([counts[stratum] for stratum in strata], dtype=np.float64)
    # All strata together have the prior of one count.
    expected = random.gamma(cases + NEUTRAL / len(strata), 1, (DRAWS, len(strata)))
    for column, stratum in enumerate(strata):
        expected[:, column] *= posterior.rate(stratum) / posterior.found_share(stratum.drug)
    return np.asarray(expected.sum(axis=1), dtype=np.float64)
