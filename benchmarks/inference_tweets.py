"""Tweets as long as tweets are: written by `training.synthetic`, drawn by their number of tokens."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from functools import cache
from random import Random
from typing import Final

from models.bundle import load_bundle
from models.encoder.tokenization import TweetTokenizer
from models.scoring.catalog import bundle_folder
from models.terminology import Terminology
from training.examples import Example
from training.synthetic import generate_tweets

POSITIVES: Final = 0.07  # of a stream of tweets that name a medicine, the share with an adverse effect
# Shape and scale of the gamma distribution with the mean (34) and the 95th percentile (62) of tweets.
_SHAPE, _SCALE = 5.0, 6.8
_SPARE = 3  # so many are written for each one that is taken
_BLOCK = 64  # the largest batch of the baseline
_MAX_TOKENS = 128


def tweets(count: int) -> tuple[str, ...]:
    """Give different texts; each run of 64 has like lengths, so that a part costs what the whole does.

    Args:
        count: how many; a multiple of 64 deals out evenly.
    """
    return tuple(tweet.text for tweet in labelled_tweets(count, seed=0))


@cache
def labelled_tweets(count: int, seed: int) -> tuple[Example, ...]:
    """Give the same with the labels and spans that they were written with."""
    bundle = load_bundle(bundle_folder("default"))
    terminology = Terminology({label.ptid: label.pt_name for label in bundle.labels.classes})
    positives = round(count * POSITIVES)
    written = generate_tweets(
        terminology, [], positives=_SPARE * positives, negatives=_SPARE * (count - positives), seed=seed
    ).training
    tokenizer = TweetTokenizer(bundle.tokenizer, _MAX_TOKENS)
    rng = Random(seed)
    chosen: list[tuple[int, Example]] = []
    for label, wanted in ((1, positives), (0, count - positives)):
        own = [tweet for tweet in written if tweet.label == label]
        encodings = tokenizer.encode([tweet.text for tweet in own])
        chosen += _drawn(own, [len(encoding.ids) for encoding in encodings], wanted, rng)
    return tuple(_dealt(chosen, rng))


def token_counts(texts: Sequence[str]) -> list[int]:
    """Count the tokens of each text, special ones included."""
    tokenizer = TweetTokenizer(load_bundle(bundle_folder("default")).tokenizer, _MAX_TOKENS)
    return [len(encoding.ids) for encoding in tokenizer.encode(texts)]


def _drawn(written: list[Example], lengths: list[int], wanted: int, rng: Random) -> list[tuple[int, Example]]:
    """Take for each length that is drawn the tweet that is nearest to it."""
    left = sorted(zip(lengths, range(len(written)), strict=True))
    taken = []
    for _ in range(wanted):
        length = rng.gammavariate(_SHAPE, _SCALE)
        place = bisect(left, (round(length), 0))
        near = [near for near in (place - 1, place) if 0 <= near < len(left)]
        tokens, number = left.pop(min(near, key=lambda one: abs(left[one][0] - length)))
        taken.append((tokens, written[number]))
    return taken


def _dealt(chosen: list[tuple[int, Example]], rng: Random) -> list[Example]:
    """Deal the tweets out into blocks by their length, then shuffle each block."""
    blocks = max(1, len(chosen) // _BLOCK)
    hands: list[list[Example]] = [[] for _ in range(blocks)]
    for place, (_, tweet) in enumerate(sorted(chosen, key=lambda one: one[0])):
        turn, seat = divmod(place, blocks)
        hands[seat if turn % 2 else -1 - seat].append(tweet)  # whoever came first comes last then
    for hand in hands:
        rng.shuffle(hand)
    return [tweet for hand in hands for tweet in hand]
