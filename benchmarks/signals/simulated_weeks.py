"""Weeks of posts with known truth: what the model flagged, what it missed, and the verdicts of a sample.

A world has four drugs, two languages and four score bands: 32 strata. Its rates scatter between strata, by a
standard deviation of 0.3 on the logit scale. A week of it has Poisson counts of true and of false posts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from monitor.signals.verdict_strata import Stratum, StratumVerdicts

DRUGS: Final = ("sertraline", "ibuprofen", "metformin", "warfarin")
LANGUAGES: Final = ("en", "es")
BANDS: Final = (("0.00-0.10", False), ("0.10-0.50", False), ("0.50-0.80", True), ("0.80-1.00", True))
GROUPS: Final = [(drug, language) for drug in DRUGS for language in LANGUAGES]
SIZES: Final = np.outer([0.5, 0.25, 0.15, 0.1], [0.8, 0.2]).ravel()
"""Share of each drug and language in the posts."""
TRUE_BANDS: Final = ((0.25, 0.75), (0.3, 0.7))
"""Of the missed reports and of the flagged ones, the share in each of their two bands."""
FALSE_BANDS: Final = ((0.96, 0.04), (0.7, 0.3))
"""The same shares of the true negatives and of the false positives."""
SCATTER: Final = 0.3
SAMPLED_SHARES: Final = (0.2, 0.3, 0.25, 0.25)
"""Share of the verdicts that each band gets."""
EVENT_SHARES: Final = np.array([0.05, 0.05, 0.10, 0.06])
"""Of the posts of the first drug in each band, the share that has the event. Of other drugs, it is 0.03."""
OTHER_SHARE: Final = 0.03

Counts = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Setting:
    """What is known of a world.

    Attributes:
        verdicts: reviewed posts per week.
        precision: share of the flagged posts that are true.
        miss_rate: share of the true reports that the model does not flag.
        posts: expected posts per week.
        positives: share of true reports in the posts.
    """

    verdicts: int
    precision: float
    miss_rate: float
    posts: int = 20_000
    positives: float = 0.07


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """Expected posts per week, [bands, groups]: those that report an effect, and those that do not."""

    true: Counts
    false: Counts


def strata() -> list[list[Stratum]]:
    """Return the strata, [bands][groups]."""
    return [[Stratum(drug, language, band, flagged) for drug, language in GROUPS] for band, flagged in BANDS]


def draw_world(setting: Setting, random: np.random.Generator) -> World:
    """Return a world with about these error rates."""
    reports = setting.posts * setting.positives
    missed, flagged = reports * setting.miss_rate, reports * (1 - setting.miss_rate)
    wrong = flagged * (1 - setting.precision) / setting.precision
    right = setting.posts - reports - wrong
    true = _by_band(missed, flagged, TRUE_BANDS)
    posts = true + _by_band(right, wrong, FALSE_BANDS)
    logits = np.log(true / (posts - true)) + random.normal(0, SCATTER, true.shape)
    true = posts / (1 + np.exp(-logits))
    return World(true, posts - true)


def _by_band(below: float, above: float, shares: tuple[tuple[float, float], tuple[float, float]]) -> Counts:
    bands = np.array([below * shares[0][0], below * shares[0][1], above * shares[1][0], above * shares[1][1]])
    return np.outer(bands, SIZES)


def draw_verdicts(world: World, verdicts: int, random: np.random.Generator) -> list[StratumVerdicts]:
    """Return the verdicts of one week: a random sample of each stratum, in proportion to its posts."""
    true, false = random.poisson(world.true), random.poisson(world.false)
    entries = []
    for band, names in enumerate(strata()):
        posts = true[band] + false[band]
        planned = random.multinomial(round(SAMPLED_SHARES[band] * verdicts), SIZES)
        sampled = np.minimum(planned, posts)
        positives = random.hypergeometric(true[band], false[band], sampled)
        entries += [
            StratumVerdicts(name, *map(int, numbers))
            for name, *numbers in zip(names, posts, sampled, positives, strict=True)
        ]
    return entries


@dataclass(frozen=True, slots=True, eq=False)
class PairWeek:
    """Flagged cases of the first drug and the event in a week, and the truth behind them.

    Attributes:
        cells: cases of both, of the drug, of the event, and of all, by stratum.
        true_cases: expected true cases of the pair, found_shares or missed.
        true_prr: the PRR of the expected true cases.
        true_ror: their ROR.
    """

    cells: tuple[dict[Stratum, int], ...]
    true_cases: float
    true_prr: float
    true_ror: float


def draw_pair(world: World, random: np.random.Generator) -> PairWeek:
    """Return the flagged cases of a pair; within a stratum, those of each event are equally often false."""
    is_drug = np.array([drug == DRUGS[0] for drug, _ in GROUPS])
    shares = np.where(is_drug[None, :], EVENT_SHARES[:, None], OTHER_SHARE)[2:]
    true, posts = world.true[2:], (world.true + world.false)[2:]
    event, rest = random.poisson(posts * shares), random.poisson(posts * (1 - shares))
    cells: tuple[dict[Stratum, int], ...] = ({}, {}, {}, {})
    for row, names in enumerate(strata()[2:]):
        for column, name in enumerate(names):
            with_event, all_cases = int(event[row, column]), int(event[row, column] + rest[row, column])
            of_drug = bool(is_drug[column])
            numbers = (with_event * of_drug, all_cases * of_drug, with_event, all_cases)
            for cell, number in zip(cells, numbers, strict=True):
                cell[name] = number
    drug_of_group = np.repeat(np.arange(len(DRUGS)), len(LANGUAGES))
    found_shares = np.array([true[:, drug_of_group == drug].sum() for drug in range(len(DRUGS))])
    found_shares /= np.array([world.true[:, drug_of_group == drug].sum() for drug in range(len(DRUGS))])
    with_event = (true * shares / found_shares[drug_of_group]).sum(axis=0)
    without = (true * (1 - shares) / found_shares[drug_of_group]).sum(axis=0)
    a, b = with_event[is_drug].sum(), without[is_drug].sum()
    c, d = with_event[~is_drug].sum(), without[~is_drug].sum()
    return PairWeek(cells, float(a), float(a / (a + b) / (c / (c + d))), float(a * d / (b * c)))
