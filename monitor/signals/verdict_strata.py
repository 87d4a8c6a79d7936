"""What review found in each stratum of the weekly sample: the input of the corrections.

A stratum is a set of posts that are sampled with one probability. Reviewers see a random part of it and state
for each post whether it really reports an effect of the drug. Posts that they cannot decide are left out of
`sampled`: they are taken to be like the rest of their stratum.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Stratum:
    """The name of a stratum: posts of one drug, one language and one score band.

    Attributes:
        drug: canonical name of the drug.
        language: code of the language, `und` if it is unknown.
        band: the range of the Classifier's probability, such as `0.50-0.70`. Strata with the same band and
            the same `flagged` lend each other strength.
        flagged: True if the model reports an effect in these posts, False for its negatives. A band never
            holds both.
    """

    drug: str
    language: str
    band: str
    flagged: bool


@dataclass(frozen=True, slots=True)
class StratumVerdicts:
    """The verdicts on the random sample of one stratum, in one window.

    Attributes:
        stratum: which one.
        population: posts of the stratum that the database holds.
        sampled: posts of them that were drawn at random and have a decided verdict.
        positives: posts among `sampled` that really report an effect of the drug.
        kept: probability with which a post of the stratum was stored; 1 if all of them are.

    Raises:
        ValueError: if the numbers contradict each other.
    """

    stratum: Stratum
    population: int
    sampled: int
    positives: int
    kept: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.positives <= self.sampled <= self.population:
            raise ValueError(
                f"{self.stratum}: {self.positives} positives of {self.sampled} sampled of {self.population} "
                "posts: each number must be at least the one before, and none negative"
            )
        if not 0 < self.kept <= 1:
            raise ValueError(f"{self.stratum}: kept is {self.kept}: it must be above 0 and at most 1")

    @property
    def inclusion(self) -> float:
        """Return the probability with which a post of the stratum got a decided verdict; 0 without posts."""
        return self.kept * self.sampled / self.population if self.population else 0.0

    @property
    def size(self) -> float:
        """Return the estimated number of posts in the stratum, stored or not."""
        return self.population / self.kept


def pooled(strata: Iterable[StratumVerdicts]) -> list[StratumVerdicts]:
    """Return one entry for each stratum, with the numbers of all weeks added.

    Pool only weeks in which a stratum was sampled at about the same rate. Otherwise weeks with many verdicts
    weigh more than their posts do.
    """
    weeks: dict[Stratum, list[StratumVerdicts]] = {}
    for entry in strata:
        weeks.setdefault(entry.stratum, []).append(entry)
    return [
        StratumVerdicts(
            stratum,
            population=sum(entry.population for entry in entries),
            sampled=sum(entry.sampled for entry in entries),
            positives=sum(entry.positives for entry in entries),
            kept=_joint_kept(entries),
        )
        for stratum, entries in sorted(weeks.items())
    ]


def _joint_kept(entries: list[StratumVerdicts]) -> float:
    """Return the probability that leaves the estimated size of the weeks together as it is."""
    size = sum(entry.size for entry in entries)
    return min(1.0, sum(entry.population for entry in entries) / size) if size else entries[0].kept
