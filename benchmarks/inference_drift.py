"""How far other numbers than fp32 move the outcome."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmarks.inference_variants import Variants
from models.predictions import TweetPrediction
from models.scoring.pipeline import Pipeline


def drift(case: str, exact: Pipeline, variants: Variants, texts: Sequence[str]) -> list[dict[str, Any]]:
    """Judge the same tweets at fp32 and in other numbers.

    Returns:
        For each variant the farthest and the mean move of the probability, and how many tweets have another
        label, other spans, or other codes.
    """
    before = exact.score(texts)
    return [
        {"case": case, "numbers": name, "tweets": len(texts)}
        | _moves(before, variants.pipeline(name, lanes=2).score(texts))
        for name in variants
        if name != "fp32"
    ]


def _moves(exact: Sequence[TweetPrediction], other: Sequence[TweetPrediction]) -> dict[str, Any]:
    pairs = list(zip(exact, other, strict=True))
    moves = [abs(one.probability - two.probability) for one, two in pairs]
    return {
        "positives": sum(one.label == "ADE" for one in exact),
        "max_move": round(max(moves), 4),
        "mean_move": round(sum(moves) / len(moves), 5),
        "labels_changed": sum(one.label != two.label for one, two in pairs),
        "spans_changed": sum(_spans(one) != _spans(two) for one, two in pairs),
        "codes_changed": sum(_spans(one) == _spans(two) and _codes(one) != _codes(two) for one, two in pairs),
    }


def _spans(tweet: TweetPrediction) -> list[tuple[int, int]]:
    return [(mention.start, mention.end) for mention in tweet.mentions]


def _codes(tweet: TweetPrediction) -> list[str | None]:
    return [mention.ptid for mention in tweet.mentions]
