"""Bootstrap confidence intervals of the scores (Efron 1979): tweets are drawn again, with replacement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Set
from dataclasses import dataclass

import numpy as np

from training.scorer import EPSILON, Measure, TweetAnnotation, count_tweet, measures_of


@dataclass(frozen=True, slots=True)
class Interval:
    """The range that a figure lies in with the chosen confidence.

    Attributes:
        low: a share in [0, 1].
        high: a share in [0, 1].
    """

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Intervals:
    """The intervals of one measure."""

    precision: Interval
    recall: Interval
    f1: Interval


def bootstrap(
    gold: Mapping[str, TweetAnnotation],
    predicted: Mapping[str, TweetAnnotation],
    *,
    seen: Set[str] | None = None,
    samples: int = 1_000,
    seed: int = 1,
    confidence: float = 0.95,
) -> dict[Measure, Intervals]:
    """Return percentile intervals of precision, recall and F1 for each measure.

    A sample has as many tweets as `gold`, drawn with replacement. Tweets with the same counts are drawn as
    one group, by a multinomial draw: the result is the same, and the time does not grow with the tweets.

    Args:
        gold: annotations by tweet id.
        predicted: predictions by tweet id; a tweet without one counts as NoADE.
        seen: PT codes of the training data, as for `score_annotations`.
        samples: how many samples to draw.
        seed: of the draws.
        confidence: share of the samples between the two ends.

    Raises:
        ValueError: there are no tweets.
    """
    if not gold:
        raise ValueError("there are no tweets to draw from")
    measures = measures_of(gold.values(), with_unseen=seen is not None)
    groups: Counter[tuple[float, ...]] = Counter()
    for tweet, annotation in gold.items():
        by_measure = count_tweet(annotation, predicted.get(tweet, TweetAnnotation()), seen=seen)
        counts = (by_measure[measure] for measure in measures)
        groups[tuple(number for each in counts for number in (each.hits, each.extra, each.missed))] += 1
    shares = np.array(list(groups.values()), dtype=np.float64) / len(gold)
    drawn = np.random.default_rng(seed).multinomial(len(gold), shares / shares.sum(), size=samples)
    sums = (drawn @ np.array(list(groups), dtype=np.float64)).reshape(samples, len(measures), 3)
    hits, extra, missed = sums[..., 0], sums[..., 1], sums[..., 2]
    precision, recall = hits / (hits + extra + EPSILON), hits / (hits + missed + EPSILON)
    f1 = 2 * precision * recall / (precision + recall + EPSILON)
    tail = (1 - confidence) / 2
    ends = np.quantile(np.stack([precision, recall, f1]), [tail, 1 - tail], axis=1)
    return {
        measure: Intervals(*(Interval(float(low), float(high)) for low, high in ends[:, :, index].T))
        for index, measure in enumerate(measures)
    }
