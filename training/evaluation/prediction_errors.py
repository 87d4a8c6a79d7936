"""The tweets whose predictions differ from their annotations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

from training.evaluation.gold import Gold
from training.evaluation.prediction_files import Predictions
from training.scorer import TweetAnnotation, match_relaxed, match_strict, with_equal_codes

ErrorKind = Literal["false alarm", "missed tweet", "missed span", "extra span", "other code", "other offsets"]
ERROR_KINDS: Final[tuple[ErrorKind, ...]] = get_args(ErrorKind)


@dataclass(frozen=True)
class PredictionError:
    """A tweet whose prediction is not its annotation.

    Attributes:
        id: of the tweet.
        kinds: what is wrong, in the order of `ERROR_KINDS`. A span is missed or extra only in a tweet that is
            annotated and predicted as ADE, and has another code or other offsets only if a span matches it.
        text: of the tweet.
        gold: its annotation.
        predicted: its prediction.
        probability: of ADE, or None if it is not known.
    """

    id: str
    kinds: tuple[ErrorKind, ...]
    text: str
    gold: TweetAnnotation
    predicted: TweetAnnotation
    probability: float | None


def find_errors(gold: Gold, predictions: Predictions) -> list[PredictionError]:
    """Return the tweets with errors, by kind; within a kind, those with the surest Classifier come first."""
    errors = []
    for tweet, annotation in gold.by_tweet.items():
        predicted = predictions.by_tweet.get(tweet, TweetAnnotation())
        if kinds := _kinds(annotation, predicted):
            probability = predictions.probabilities.get(tweet)
            text = gold.texts.get(tweet, "")
            errors.append(PredictionError(tweet, kinds, text, annotation, predicted, probability))
    return sorted(errors, key=_order)


def count_errors(errors: list[PredictionError]) -> dict[ErrorKind, int]:
    """Return the number of tweets with each kind of error; a tweet with two kinds counts for both."""
    counts = Counter(kind for error in errors for kind in error.kinds)
    return {kind: counts[kind] for kind in ERROR_KINDS}


def errors_by_kind(errors: list[PredictionError], most: int) -> dict[ErrorKind, list[PredictionError]]:
    """Return the first `most` errors of each kind, each under its first kind; empty kinds are left out."""
    groups: Mapping[ErrorKind, list[PredictionError]] = {kind: [] for kind in ERROR_KINDS}
    for error in errors:
        groups[error.kinds[0]].append(error)
    return {kind: group[:most] for kind, group in groups.items() if group}


def _kinds(gold: TweetAnnotation, predicted: TweetAnnotation) -> tuple[ErrorKind, ...]:
    if gold.adverse != predicted.adverse:
        return ("false alarm",) if predicted.adverse else ("missed tweet",)
    same_code = with_equal_codes(match_relaxed)
    kinds: list[ErrorKind] = []
    if any(not any(match_relaxed(span, other) for other in predicted.spans) for span in gold.spans):
        kinds.append("missed span")
    if any(not any(match_relaxed(span, other) for other in gold.spans) for span in predicted.spans):
        kinds.append("extra span")
    if any(
        span.code is not None
        and any(match_relaxed(span, other) for other in predicted.spans)
        and not any(same_code(span, other) for other in predicted.spans)
        for span in gold.spans
    ):
        kinds.append("other code")
    if _has_other_offsets(gold, predicted) or _has_other_offsets(predicted, gold):
        kinds.append("other offsets")
    return tuple(kinds)


def _has_other_offsets(spans: TweetAnnotation, others: TweetAnnotation) -> bool:
    """Return True if a span overlaps others, but none of them has its offsets."""
    return any(
        any(match_relaxed(span, other) for other in others.spans)
        and not any(match_strict(span, other) for other in others.spans)
        for span in spans.spans
    )


def _order(error: PredictionError) -> tuple[int, float, str]:
    probability = error.probability if error.probability is not None else 0.5
    lowest_first = error.kinds[0] == "missed tweet"
    return ERROR_KINDS.index(error.kinds[0]), probability if lowest_first else -probability, error.id
