"""The case `two-readers`: a bundle with a second reader, compared with its first reader alone.

By default both are random networks of real sizes, MiniLM and MPNet-base, so nothing has to be installed. What
they cost depends on the share that the second reads, not on the weights: `reads_from` is set so that this is
15% of the tweets. A bundle that is named is taken as it is, with its own `reads_from`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from benchmarks.inference.benchmark_bundles import make_bundle
from benchmarks.inference.bundle_variants import BundleVariant, VariantCase, quantile
from benchmarks.inference.tweet_sample import POSITIVES
from models.bundle import Bundle, SecondReader, Thresholds
from models.predictions import TweetPrediction
from models.scoring import Pipeline

READ_BY_SECOND: Final = 0.15
"""Share of the tweets that the second of two random readers reads."""

_CASE: Final = "two-readers"


def two_reader_case(texts: Sequence[str], bundle: Bundle | None = None) -> VariantCase:
    """Make the case.

    With both readers and with the first one alone, equally many tweets are positive: else one would read more
    spans than the other.

    Args:
        texts: the tweets.
        bundle: with two readers; by default random ones are made.
    """
    if bundle is None:
        first = make_bundle("minilm-1", texts[:64]).bundle
        probabilities = [tweet.probability for tweet in _score(first, texts)]
        bundle = _with_random_second(first, texts[:32], quantile(probabilities, 1 - READ_BY_SECOND))
        positives = round(POSITIVES * len(texts))
    else:
        first = replace(bundle, config=bundle.config.changed({}, second_reader=None), second=None)
        probabilities = [tweet.probability for tweet in _score(first, texts)]
        threshold = bundle.config.thresholds.classifier
        positives = sum(probability >= threshold for probability in _combined(_score(bundle, texts)))
    combined = _combined(_score(bundle, texts))
    thresholds = bundle.config.effective_thresholds
    return VariantCase(
        _CASE,
        tuple(texts),
        "read by the second",
        BundleVariant("first reader alone", first, _at(thresholds, _reached_by(positives, probabilities))),
        (
            BundleVariant(
                "both readers",
                bundle,
                _at(thresholds, _reached_by(positives, combined)),
                round(len(combined) / len(texts), 3),
            ),
        ),
    )


def _with_random_second(first: Bundle, sample: Sequence[str], reads_from: float) -> Bundle:
    second = make_bundle("mpnet-base-1", sample).bundle
    section = SecondReader(version=second.version, reads_from=reads_from, first=0.5, second=0.5)
    return first.with_second(second, section)


def _score(bundle: Bundle, texts: Sequence[str]) -> list[TweetPrediction]:
    """Score tweets without reading spans."""
    return Pipeline.of(bundle, lanes=1, thresholds=Thresholds(classifier=1.0)).score(texts)


def _combined(predictions: Sequence[TweetPrediction]) -> list[float]:
    """Return the probabilities of the tweets that the second reader reads; no other one can be positive."""
    return [tweet.probability for tweet in predictions if tweet.second_probability is not None]


def _reached_by(count: int, probabilities: Sequence[float]) -> float:
    """Return the probability that so many tweets reach."""
    ranked = sorted(probabilities, reverse=True)
    return ranked[min(len(ranked), count) - 1] if count and ranked else 1.0


def _at(thresholds: Thresholds, probability: float) -> Thresholds:
    return thresholds.model_copy(update={"classifier": probability})
