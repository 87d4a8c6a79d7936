"""Tweets for the default bundle, and the share of their predictions that change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from models import TweetPrediction
from models.bundle import Bundle
from models.terminology import Terminology
from monitor.embedded.sample_run import sample_tweets
from training.examples import Example
from training.synthetic import generate_tweets


def examples_of(bundle: Bundle, *, seed: int) -> list[Example]:
    """Generate about a hundred tweets with the names that a bundle knows, half of them positive."""
    names = Terminology({label.ptid: label.pt_name for label in bundle.labels.classes})
    return list(generate_tweets(names, [], positives=50, negatives=50, seed=seed).training)


def tweets_of(bundle: Bundle, *, seed: int) -> list[str]:
    """Return the texts of such tweets, and of the package's samples."""
    samples = sample_tweets(datetime.now(UTC))
    return [*(tweet.text for tweet in examples_of(bundle, seed=seed)), *(tweet["text"] for tweet in samples)]


def changed_share(
    predictions: Sequence[TweetPrediction],
    expected: Sequence[TweetPrediction],
    part: Callable[[TweetPrediction], Any],
) -> float:
    """Return the share of predictions of which a part differs from the expected one."""
    differs = [part(p) != part(e) for p, e in zip(predictions, expected, strict=True)]
    return differs.count(True) / len(expected)
