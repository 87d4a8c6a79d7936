"""How many posts each stratum of the random sample gets.

The power allocation of Bankier (1988, Power Allocations: Determining Sample Sizes for Subnational Areas, The
American Statistician 42) with the power 1/2: in proportion to the square root of the size. So large strata
get most, and small ones enough to say something about them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from monitor.store.reviews import PostStratum, StratumSize
from monitor.store.reviews.post_strata import OTHER

FEWEST: Final = 2
"""Posts of a stratum in the sample: without two, nothing is known of its spread."""


@dataclass(frozen=True, slots=True)
class Allocation:
    """The strata of a sample.

    Attributes:
        strata: the size of each, in the order of their numbers.
        numbers: for each stratum of the database, the number of the one that it belongs to.
        counts: posts to draw from each, by number.
    """

    strata: dict[PostStratum, StratumSize]
    numbers: dict[PostStratum, int]
    counts: list[int]

    @property
    def stored(self) -> list[int]:
        """Stored posts of each stratum, by number."""
        return [size.stored for size in self.strata.values()]


def allocate(sizes: Mapping[PostStratum, StratumSize], posts: int) -> Allocation:
    """Divide a sample among strata.

    Strata that would get less than `FEWEST` posts are merged within their label and band. Their drug and
    their language become "other". The sample may get a few posts more than requested, because every stratum
    gets `FEWEST`, as far as it has them.

    Args:
        sizes: the strata of the database.
        posts: number of posts of the sample, at least 1.
    """
    shares = _shares([size.size for size in sizes.values()], posts)
    merged: dict[PostStratum, StratumSize] = {}
    targets: dict[PostStratum, PostStratum] = {}
    for (stratum, size), share in zip(sizes.items(), shares, strict=True):
        is_small = share < FEWEST
        target = stratum._replace(drug=OTHER, lang=OTHER) if is_small else stratum
        targets[stratum] = target
        before = merged.get(target, StratumSize(0, 0.0))
        merged[target] = StratumSize(before.stored + size.stored, before.size + size.size)
    order = {stratum: number for number, stratum in enumerate(sorted(merged))}
    strata = {stratum: merged[stratum] for stratum in order}
    counts = [
        min(size.stored, max(FEWEST, round(share)))
        for size, share in zip(
            strata.values(), _shares([size.size for size in strata.values()], posts), strict=True
        )
    ]
    return Allocation(strata, {stratum: order[target] for stratum, target in targets.items()}, counts)


def _shares(sizes: Sequence[float], posts: int) -> list[float]:
    """Return the posts of each stratum, in proportion to the square root of its size."""
    roots = [size**0.5 for size in sizes]
    return [posts * root / sum(roots) for root in roots]
