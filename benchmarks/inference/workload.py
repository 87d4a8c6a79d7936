"""The work of a case: tweets, the positives among them and their spans, and the arithmetic that it takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from benchmarks.inference.benchmark_bundles import BenchmarkBundle
from benchmarks.inference.tweet_sample import POSITIVES
from models.bundle import Bundle, Thresholds
from models.scoring import Pipeline


@dataclass(frozen=True)
class Workload:
    """Tweets, and what our cascade at fp32 finds in them.

    Attributes:
        texts: all tweets.
        positives: indices of the tweets that the Classifier calls positive.
        spans: index of the tweet, and text of the span.
    """

    texts: tuple[str, ...]
    positives: tuple[int, ...]
    spans: tuple[tuple[int, str], ...]

    def part(self, start: int, end: int) -> Workload:
        """Return the work of the tweets from `start` up to `end`."""
        return Workload(
            self.texts[start:end],
            tuple(index - start for index in self.positives if start <= index < end),
            tuple((index - start, span) for index, span in self.spans if start <= index < end),
        )


def prepare_workload(made: BenchmarkBundle, texts: Sequence[str]) -> tuple[Thresholds, Workload]:
    """Score the tweets with our cascade, so that the baseline can do the same work.

    Returns:
        The bundle's thresholds, or for untrained heads such that 7% of these tweets are positive; and the
        work.
    """
    classifying = Pipeline.of(made.bundle, lanes=1, thresholds=Thresholds(classifier=1.0))
    scores = torch.tensor([tweet.probability for tweet in classifying.score(texts)], dtype=torch.float64)
    thresholds = made.bundle.config.effective_thresholds
    if not made.is_trained:
        thresholds = Thresholds(classifier=float(scores.quantile(1 - POSITIVES)), normalizer=0.0)
    positives = (scores >= thresholds.classifier).nonzero().flatten().tolist()
    extracting = Pipeline.of(made.bundle, lanes=1, thresholds=thresholds)
    predictions = extracting.score([texts[index] for index in positives])
    spans = [
        (index, mention.text)
        for index, prediction in zip(positives, predictions, strict=True)
        for mention in prediction.mentions
    ]
    return thresholds, Workload(tuple(texts), tuple(positives), tuple(spans))


@dataclass(frozen=True)
class Arithmetic:
    """The arithmetic of a tweet in GFLOP, on average.

    Attributes:
        required: what the predictions need.
        whole: one pass of the whole encoder over all tokens.
    """

    required: float
    whole: float

    @classmethod
    def of(cls, bundle: Bundle, work: Workload) -> Arithmetic:
        """Count both for a bundle and its work."""
        return cls(_required_gflop(bundle, work), _whole_gflop(bundle, work))


def _required_gflop(bundle: Bundle, work: Workload) -> float:
    """Count the multiplications and additions that a tweet needs, on average, in 10⁹.

    With `h` the hidden size, `f` that of the feed-forward part and `L` the tokens, a layer takes
    `2L(4h² + 2hf) + 4L²h`, and at [CLS] only `2(4h² + 2hf) + 4Lh·heads` (`EncoderLayer.at_cls`).
    A tweet needs each layer that classifiers share once, and for each classifier its own layers, the last one
    at [CLS] only. A positive also needs the last shared layer for all tokens. A span needs all layers, those
    of the retriever, and the products with all names if there are any.
    """
    shape = bundle.weights.shape
    h, f, heads = shape.hidden, shape.intermediate, shape.attention_heads

    def layer(tokens: int) -> float:
        return 2 * tokens * (4 * h * h + 2 * h * f) + 4 * tokens * tokens * h

    def layer_at_cls(tokens: int) -> float:
        return 2 * (4 * h * h + 2 * h * f) + 4 * tokens * h * heads

    tokenizer = bundle.tweet_tokenizer
    tweets = [len(encoding.ids) for encoding in tokenizer.encode(work.texts)]
    spans = [len(encoding.ids) for encoding in tokenizer.encode([span for _, span in work.spans])]
    full_layers = shape.frozen_layers + shape.classifiers * (shape.shared_layers - 1)
    names = len(bundle.dictionary.index.names) if bundle.dictionary else 0
    total = sum(full_layers * layer(tokens) + shape.classifiers * layer_at_cls(tokens) for tokens in tweets)
    total += sum(layer(tweets[index]) for index in work.positives)
    span_layers = shape.frozen_layers + shape.shared_layers + shape.retriever_layers
    total += sum(span_layers * layer(tokens) + 2 * h * names for tokens in spans)
    return total / len(tweets) / 1e9


def _whole_gflop(bundle: Bundle, work: Workload) -> float:
    shape = bundle.weights.shape
    h, f, layers = shape.hidden, shape.intermediate, shape.frozen_layers + shape.shared_layers
    tokenizer = bundle.tweet_tokenizer
    lengths = [len(encoding.ids) for encoding in tokenizer.encode(work.texts)]
    flop = sum(2 * tokens * (4 * h * h + 2 * h * f) + 4 * tokens * tokens * h for tokens in lengths)
    return layers * flop / len(lengths) / 1e9
