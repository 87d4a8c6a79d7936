"""Tweets for the default bundle, and how many predictions of them change."""

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
    """Write some hundred tweets with the names that a bundle knows, about half of them positive."""
    names = Terminology({label.ptid: label.pt_name for label in bundle.labels.classes})
    return list(generate_tweets(names, [], positives=50, negatives=50, seed=seed).training)


def tweets_of(bundle: Bundle, *, seed: int) -> list[str]:
    """Give the texts of such tweets, and of those that the package shows."""
    shown = sample_tweets(datetime.now(UTC))
    return [*(tweet.text for tweet in examples_of(bundle, seed=seed)), *(tweet["text"] for tweet in shown)]


def changed(
    found: Sequence[TweetPrediction],
    wanted: Sequence[TweetPrediction],
    part: Callable[[TweetPrediction], Any],
) -> float:
    """Give the share of predictions of which a part is another."""
    different = [part(f) != part(w) for f, w in zip(found, wanted, strict=True)]
    return different.count(True) / len(wanted)
