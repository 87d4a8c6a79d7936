"""What there is to do: tweets, those that are positive, and their spans; and how much arithmetic it takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from benchmarks.inference_networks import Subject
from benchmarks.inference_tweets import POSITIVES
from models.bundle import Bundle, Thresholds
from models.encoder.tokenization import TweetTokenizer
from models.scoring.pipeline import Pipeline


@dataclass(frozen=True)
class Work:
    """Tweets, and what our cascade at fp32 finds in them.

    Attributes:
        texts: all tweets.
        positives: those that the Classifier calls positive, by their place.
        spans: place of the tweet, and text of the span.
    """

    texts: tuple[str, ...]
    positives: tuple[int, ...]
    spans: tuple[tuple[int, str], ...]

    def part(self, start: int, end: int) -> Work:
        """Give the tweets from `start` to before `end` alone."""
        return Work(
            self.texts[start:end],
            tuple(place - start for place in self.positives if start <= place < end),
            tuple((place - start, span) for place, span in self.spans if start <= place < end),
        )


def prepare(subject: Subject, texts: Sequence[str]) -> tuple[Thresholds, Work]:
    """Let our cascade judge the tweets, to know what the baseline has to do.

    Returns:
        The thresholds: the bundle's own, or for untrained heads such that 7% of these tweets are positive;
        and the work.
    """
    asking = Pipeline.of(subject.bundle, lanes=1, thresholds=Thresholds(classifier=1.0))
    odds = torch.tensor([tweet.probability for tweet in asking.score(texts)], dtype=torch.float64)
    own = subject.bundle.config.believed_from
    if not subject.is_trained:
        own = Thresholds(classifier=float(odds.quantile(1 - POSITIVES)), normalizer=0.0)
    positives = (odds >= own.classifier).nonzero().flatten().tolist()
    finding = Pipeline.of(subject.bundle, lanes=1, thresholds=own)
    found = finding.score([texts[place] for place in positives])
    spans = [
        (place, mention.text)
        for place, tweet in zip(positives, found, strict=True)
        for mention in tweet.mentions
    ]
    return own, Work(tuple(texts), tuple(positives), tuple(spans))


def required_gflop(bundle: Bundle, work: Work) -> float:
    """Count the multiplications and additions that a tweet requires, on average, in 10⁹.

    With `h` the hidden size, `f` that of the feed-forward part and `L` the tokens, a layer takes
    `2L(4h² + 2hf) + 4L²h`, and at [CLS] alone `2(4h² + 2hf) + 4Lh·heads` (`models.network.layers.cls_state`).
    A tweet takes each layer that classifiers share once, and for each classifier those of its own, the last
    one at [CLS] alone; a positive takes the last shared layer for all tokens as well; a span takes all
    layers, and those of the retriever and the products with all names where there are any.
    """
    shape = bundle.weights.shape
    h, f, heads = shape.hidden, shape.intermediate, shape.attention_heads

    def layer(tokens: int) -> float:
        return 2 * tokens * (4 * h * h + 2 * h * f) + 4 * tokens * tokens * h

    def at_cls(tokens: int) -> float:
        return 2 * (4 * h * h + 2 * h * f) + 4 * tokens * h * heads

    tokenizer = TweetTokenizer(bundle.tokenizer, bundle.config.max_tokens)
    tweets = [len(encoding.ids) for encoding in tokenizer.encode(work.texts)]
    spans = [len(encoding.ids) for encoding in tokenizer.encode([span for _, span in work.spans])]
    whole = shape.frozen_layers + shape.classifiers * (shape.shared_layers - 1)
    names = len(bundle.dictionary.index.names) if bundle.dictionary else 0
    total = sum(whole * layer(tokens) + shape.classifiers * at_cls(tokens) for tokens in tweets)
    total += sum(layer(tweets[place]) for place in work.positives)
    for_span = shape.frozen_layers + shape.shared_layers + shape.retriever_layers
    total += sum(for_span * layer(tokens) + 2 * h * names for tokens in spans)
    return total / len(tweets) / 1e9


def whole_gflop(bundle: Bundle, work: Work) -> float:
    """Count what one pass of the whole encoder over all tokens of a tweet takes, on average, in 10⁹."""
    shape = bundle.weights.shape
    h, f, layers = shape.hidden, shape.intermediate, shape.frozen_layers + shape.shared_layers
    tokenizer = TweetTokenizer(bundle.tokenizer, bundle.config.max_tokens)
    tokens = [len(encoding.ids) for encoding in tokenizer.encode(work.texts)]
    each = sum(2 * one * (4 * h * h + 2 * h * f) + 4 * one * one * h for one in tokens)
    return layers * each / len(tokens) / 1e9
