"""How often the model is wrong, by stratum: its precision and what it misses, with intervals.

Reviewers see a stratified random sample of the posts with known inclusion probabilities, negatives too. Every
stratum counts with its size, so it does not matter that posts near the threshold are sampled more often
(post-stratification, Holt and Smith 1979). Uncertainty is carried by draws from the posterior
(`rate_posterior`), because the delta method fails where a sample has no positive at all.

`benchmarks/signals/coverage_case.py` measures how often the intervals cover the truth of simulated weeks. In
3,600 weeks of 36 settings (50 to 500 verdicts a week, precision 0.5 to 0.9, miss rate 0.05 to 0.4), it was 94
to 97% for each kind of number. Only the rates of single strata of negatives were covered more often (98%):
most of those samples have no positive at all.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from monitor.signals.rate_posterior import NEUTRAL, BandPosterior, Floats, draw_band
from monitor.signals.verdict_strata import Stratum, StratumVerdicts

DRAWS: Final = 2000
"""Draws from the posterior. The ends of an interval then vary by a few percent of its length."""
CONFIDENCE: Final = 0.95
_LEAST_SHARE: Final = 1e-9


@dataclass(frozen=True, slots=True)
class CredibleInterval:
    """An estimate (the median of the posterior) and its 95% interval with equal tails."""

    estimate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class ErrorRates:
    """The errors of the model in one window.

    Attributes:
        verdicts: what they were estimated from.
        precision: of each flagged stratum, the share of its posts that really report an effect.
        omission: of each stratum of negatives, the share of its posts that do.
        miss_rate: of each drug with sampled negatives, the share of its true reports that the model missed.
        overall_precision: of all flagged posts; None if none were sampled.
        overall_miss_rate: of all true reports; None if no negatives were sampled, so that nobody knows.
        posterior: the draws behind these numbers.
    """

    verdicts: tuple[StratumVerdicts, ...]
    precision: Mapping[Stratum, CredibleInterval]
    omission: Mapping[Stratum, CredibleInterval]
    miss_rate: Mapping[str, CredibleInterval]
    overall_precision: CredibleInterval | None
    overall_miss_rate: CredibleInterval | None
    posterior: ErrorPosterior


@dataclass(frozen=True, slots=True, eq=False)
class ErrorPosterior:
    """Draws of the rates. Draw number `i` of each array belongs to the same state of the world.

    Attributes:
        seed: of the random numbers; the same verdicts and seed give the same numbers.
        rates: of each stratum with verdicts, the share of true reports, [draws].
        reports: of each stratum with verdicts, the expected number of true reports, [draws].
        bands: what is known of strata without verdicts, by band and `flagged`.
        found_shares: of each drug, the share of its true reports that the model flags, [draws].
        overall_found: the same share for all drugs; 1 if no negatives were sampled.
    """

    seed: int
    rates: Mapping[Stratum, Floats]
    reports: Mapping[Stratum, Floats]
    bands: Mapping[tuple[str, bool], BandPosterior]
    found_shares: Mapping[str, Floats]
    overall_found: Floats

    def rate(self, stratum: Stratum) -> Floats:
        """Return draws of the share of true reports in any stratum, [draws].

        A stratum without verdicts takes the rates of its band. If the band has none either, all rates from 0
        to 1 are possible.
        """
        if stratum in self.rates:
            return self.rates[stratum]
        random = np.random.default_rng([self.seed, zlib.crc32(repr(stratum).encode())])
        band = self.bands.get((stratum.band, stratum.flagged))
        return (band or _unknown_band()).new_rate(random)

    def found_share(self, drug: str) -> Floats:
        """Return draws of the share of the drug's true reports that the model flags, [draws].

        A drug without sampled negatives takes the share of all drugs.
        """
        return self.found_shares.get(drug, self.overall_found)


def interval_of(draws: Floats) -> CredibleInterval:
    """Return the median and the 95% interval of draws."""
    tail = (1 - CONFIDENCE) / 2
    low, estimate, high = np.quantile(draws, [tail, 0.5, 1 - tail])
    return CredibleInterval(float(estimate), float(low), float(high))


def estimate_error(strata: Iterable[StratumVerdicts], *, seed: int = 0) -> ErrorRates:
    """Return the precision and the miss rate of the model, by stratum, by drug, and overall.

    Raises:
        ValueError: if a stratum has two entries; `pooled` adds the weeks of a window.
    """
    verdicts = tuple(sorted(strata, key=lambda entry: entry.stratum))
    names = [entry.stratum for entry in verdicts]
    if len(set(names)) < len(names):
        raise ValueError("a stratum has two entries: add its weeks with `pooled` first")
    posterior = _draw_posterior(verdicts, seed)
    intervals = {stratum: interval_of(draws) for stratum, draws in posterior.rates.items()}
    flagged = [entry for entry in verdicts if entry.stratum.flagged]
    return ErrorRates(
        verdicts,
        precision={stratum: interval for stratum, interval in intervals.items() if stratum.flagged},
        omission={stratum: interval for stratum, interval in intervals.items() if not stratum.flagged},
        miss_rate={drug: interval_of(1 - share) for drug, share in posterior.found_shares.items()},
        overall_precision=_precision_of(flagged, posterior) if flagged else None,
        overall_miss_rate=interval_of(1 - posterior.overall_found) if len(flagged) < len(names) else None,
        posterior=posterior,
    )


@cache
def _unknown_band() -> BandPosterior:
    """Return what is known of a band without any verdicts: the prior."""
    nothing = np.zeros(0, dtype=np.int64)
    return draw_band(nothing, nothing, DRAWS, np.random.default_rng(0))


def _precision_of(flagged: list[StratumVerdicts], posterior: ErrorPosterior) -> CredibleInterval:
    sizes = np.array([entry.size for entry in flagged])
    weights = sizes / sizes.sum() if sizes.sum() else np.full(len(flagged), 1 / len(flagged))
    rates = np.stack([posterior.rates[entry.stratum] for entry in flagged])
    return interval_of(weights @ rates)


def _draw_posterior(verdicts: tuple[StratumVerdicts, ...], seed: int) -> ErrorPosterior:
    random = np.random.default_rng([seed])
    members: dict[tuple[str, bool], list[StratumVerdicts]] = {}
    for entry in verdicts:
        members.setdefault((entry.stratum.band, entry.stratum.flagged), []).append(entry)
    bands: dict[tuple[str, bool], BandPosterior] = {}
    rates: dict[Stratum, Floats] = {}
    reports: dict[Stratum, Floats] = {}
    for key, entries in members.items():
        positives = np.array([entry.positives for entry in entries])
        sampled = np.array([entry.sampled for entry in entries])
        bands[key] = draw_band(positives, sampled, DRAWS, random)
        drawn = bands[key].rates(positives, sampled, random)
        for column, entry in enumerate(entries):
            # The number of posts is a Poisson count. All strata together have the prior of one count.
            shape = entry.population + NEUTRAL / len(verdicts)
            rates[entry.stratum] = drawn[:, column]
            reports[entry.stratum] = random.gamma(shape, 1 / entry.kept, DRAWS) * drawn[:, column]
    by_drug: dict[str, list[Stratum]] = {}
    for stratum in rates:
        by_drug.setdefault(stratum.drug, []).append(stratum)
    found_shares = {
        drug: _found_share(strata, reports)
        for drug, strata in by_drug.items()
        if any(not stratum.flagged for stratum in strata)
    }
    return ErrorPosterior(seed, rates, reports, bands, found_shares, _found_share(list(rates), reports))


def _found_share(strata: Iterable[Stratum], reports: Mapping[Stratum, Floats]) -> Floats:
    """Return the share of the true reports of these strata that are in flagged ones, [draws]."""
    flagged, missed = np.zeros(DRAWS), np.zeros(DRAWS)
    for stratum in strata:
        if stratum.flagged:
            flagged += reports[stratum]
        else:
            missed += reports[stratum]
    total = flagged + missed
    shares = np.divide(flagged, total, out=np.ones(DRAWS), where=total > 0)
    return np.clip(shares, _LEAST_SHARE, 1)
