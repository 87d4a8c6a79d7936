"""Bootstrap confidence intervals of the scores (Efron 1979): tweets are drawn again, with replacement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Set
from dataclasses import dataclass

import numpy as np

from training.scorer import Judgement, Measure, count, measured
from training.scorer.scores import EPSILON


@dataclass(frozen=True, slots=True)
class Interval:
    """Where a figure lies with the wanted confidence.

    Attributes:
        low: a share in [0, 1].
        high: a share in [0, 1].
    """

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Intervals:
    """Of one measure."""

    precision: Interval
    recall: Interval
    f1: Interval


def bootstrap(
    gold: Mapping[str, Judgement],
    predicted: Mapping[str, Judgement],
    *,
    seen: Set[str] | None = None,
    samples: int = 1_000,
    seed: int = 1,
    confidence: float = 0.95,
) -> dict[Measure, Intervals]:
    """Give percentile intervals of precision, recall and F1, by measure.

    As many tweets as there are, drawn with replacement, make a sample. Tweets with the same counts are
    drawn as one group, by a multinomial draw, which is the same thing and does not grow with the tweets.

    Args:
        gold: what was annotated, by tweet.
        predicted: a tweet without an entry was judged NoADE.
        seen: PT codes of the training data, as for `score`.
        samples: how many.
        seed: of the draws.
        confidence: share of the samples between the ends.

    Raises:
        ValueError: there are no tweets.
    """
    if not gold:
        raise ValueError("there are no tweets to draw from")
    measures = measured(gold.values(), with_unseen=seen is not None)
    groups: Counter[tuple[float, ...]] = Counter()
    for tweet, judgement in gold.items():
        counts = count(judgement, predicted.get(tweet, Judgement()), seen=seen)
        flat = (counts[measure] for measure in measures)
        groups[tuple(part for one in flat for part in (one.hits, one.extra, one.missed))] += 1
    shares = np.array(list(groups.values()), dtype=np.float64) / len(gold)
    drawn = np.random.default_rng(seed).multinomial(len(gold), shares / shares.sum(), size=samples)
    sums = (drawn @ np.array(list(groups), dtype=np.float64)).reshape(samples, len(measures), 3)
    hits, extra, missed = sums[..., 0], sums[..., 1], sums[..., 2]
    precision, recall = hits / (hits + extra + EPSILON), hits / (hits + missed + EPSILON)
    f1 = 2 * precision * recall / (precision + recall + EPSILON)
    tail = (1 - confidence) / 2
    ends = np.quantile(np.stack([precision, recall, f1]), [tail, 1 - tail], axis=1)
    return {
        measure: Intervals(*(Interval(float(low), float(high)) for low, high in ends[:, :, place].T))
        for place, measure in enumerate(measures)
    }
