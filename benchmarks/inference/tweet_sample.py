"""Generated tweets with the lengths of real ones."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from functools import cache
from random import Random
from typing import Final

from models.bundle import load_bundle
from models.encoder import TweetTokenizer
from models.scoring import bundle_folder
from models.terminology import Terminology
from training.examples import Example
from training.synthetic import generate_tweets

POSITIVES: Final = 0.07
"""Share of the tweets that report an adverse effect, as in a stream of tweets that name a medicine."""

# Shape and scale of the gamma distribution with the mean (34) and the 95th percentile (62) of tweets.
_SHAPE, _SCALE = 5.0, 6.8
_SPARE = 3  # tweets generated for each one that is chosen
_BLOCK = 64  # the largest batch of the baseline
_MAX_TOKENS = 128


def sample_texts(count: int) -> tuple[str, ...]:
    """Return different texts. Every 64 of them have similar lengths, so that a part costs its share.

    Args:
        count: number of texts; a multiple of 64 divides evenly.
    """
    return tuple(tweet.text for tweet in labelled_sample(count, seed=0))


@cache
def labelled_sample(count: int, seed: int) -> tuple[Example, ...]:
    """Return such tweets with the labels and spans that they were generated with."""
    bundle = load_bundle(bundle_folder("default"))
    terminology = Terminology({label.ptid: label.pt_name for label in bundle.labels.classes})
    positives = round(count * POSITIVES)
    generated = generate_tweets(
        terminology, [], positives=_SPARE * positives, negatives=_SPARE * (count - positives), seed=seed
    ).training
    tokenizer = TweetTokenizer(bundle.tokenizer, _MAX_TOKENS)
    rng = Random(seed)
    chosen: list[tuple[int, Example]] = []
    for label, size in ((1, positives), (0, count - positives)):
        tweets = [tweet for tweet in generated if tweet.label == label]
        encodings = tokenizer.encode([tweet.text for tweet in tweets])
        chosen += _choose_by_length(tweets, [len(encoding.ids) for encoding in encodings], size, rng)
    return tuple(_spread_lengths(chosen, rng))


def token_counts(texts: Sequence[str]) -> list[int]:
    """Count the tokens of each text, including special tokens."""
    tokenizer = TweetTokenizer(load_bundle(bundle_folder("default")).tokenizer, _MAX_TOKENS)
    return [len(encoding.ids) for encoding in tokenizer.encode(texts)]


def _choose_by_length(
    tweets: list[Example], lengths: list[int], size: int, rng: Random
) -> list[tuple[int, Example]]:
    """Draw lengths, and choose for each the tweet with the nearest one."""
    available = sorted(zip(lengths, range(len(tweets)), strict=True))
    chosen = []
    for _ in range(size):
        length = rng.gammavariate(_SHAPE, _SCALE)
        index = bisect(available, (round(length), 0))
        neighbours = [near for near in (index - 1, index) if 0 <= near < len(available)]
        nearest = min(neighbours, key=lambda near: abs(available[near][0] - length))
        tokens, number = available.pop(nearest)
        chosen.append((tokens, tweets[number]))
    return chosen


def _spread_lengths(tweets: list[tuple[int, Example]], rng: Random) -> list[Example]:
    """Deal the tweets into blocks by their length, then shuffle each block."""
    count = max(1, len(tweets) // _BLOCK)
    blocks: list[list[Example]] = [[] for _ in range(count)]
    for number, (_, tweet) in enumerate(sorted(tweets, key=lambda pair: pair[0])):
        turn, block = divmod(number, count)
        blocks[block if turn % 2 else -1 - block].append(tweet)  # alternately from either end
    for block_tweets in blocks:
        rng.shuffle(block_tweets)
    return [tweet for block_tweets in blocks for tweet in block_tweets]
