"""How far the outputs of an engine are from those of the reference, for texts of any number of tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

import torch
from tokenizers import Encoding
from torch import Tensor

from models.encoder import TweetTokenizer
from models.network import Decision
from models.runtime import Engine
from tests.random_networks import POSITIONS, Shape, text_of
from tests.reference_network import ReferenceNetwork, ReferenceTokenizer
from tests.tiny import Trained

Text = tuple[int, int]  # number of words, and variant: see `text_of`

TOLERANCE = 1e-4  # in fp32, of each field of `Drift`
SHAPES = [
    Shape(frozen_layers=0, classifiers=5, pooling="mean", retriever_layers=2),
    Shape(frozen_layers=1, classifiers=3, pooling="cls", retriever_layers=2),
    Shape(frozen_layers=2, classifiers=5, pooling="mean", retriever_layers=1),
    Shape(frozen_layers=2, classifiers=1, pooling="cls", retriever_layers=1),
    Shape(frozen_layers=3, classifiers=3, pooling="cls"),
]
# Few enough lengths that the cached answers of the slow reference are used again.
SHORT: list[Text] = [(words, variant) for words in (*range(10), 15, 16, 31, 62, 63) for variant in range(3)]
LONG: list[Text] = [(words, 0) for words in (126, 127, 254, 300, 509, 510, 511, 700)]


@dataclass(frozen=True)
class Drift:
    """Absolute differences from the reference, fp32; empty for what was not computed.

    Attributes:
        probabilities: of ADE: `[texts]`.
        tags: probabilities of AE: `[tokens of all positive texts]`.
        log_classes: log-probabilities of the Normalizer's classes: `[texts, classes]`.
        vectors: of the retriever: `[texts, hidden]`.
    """

    probabilities: Tensor
    tags: Tensor
    log_classes: Tensor
    vectors: Tensor

    def stays_within(self, most: float, mean: float = torch.inf) -> None:
        """Fail if a difference is over `most`, or the mean of a field is over `mean`."""
        for field in fields(self):
            values: Tensor = getattr(self, field.name)
            if values.numel():
                message = f"{field.name}: {values.max():.2g} at most, {values.mean():.2g} on average"
                assert values.max() <= most, message  # false for NaN too
                assert values.mean() <= mean, message


class Subject:
    """A network with cached answers of the reference."""

    def __init__(self, trained: Trained) -> None:
        self.network = trained.network
        self._tokenizer = TweetTokenizer(trained.encoder.tokenizer, POSITIONS)
        reference = ReferenceNetwork(trained.network)
        tokenizer = ReferenceTokenizer(trained.encoder.tokenizer, POSITIONS)

        def single(text: Text) -> Encoding:
            return tokenizer.text(text_of(*text))

        def pair(text: Text) -> Encoding:
            return tokenizer.span(text_of(*text)[:7], text_of(*text), context=True)

        self._votes = cache(lambda text: reference.votes(single(text)))
        self._tags = cache(lambda text: torch.tensor(reference.token_probabilities(single(text))))
        self._log_classes = cache(lambda text: reference.log_classes(pair(text)))
        self._vector = cache(lambda text: reference.vector(pair(text)))

    def encode(self, texts: Sequence[Text]) -> list[Encoding]:
        """Tokenize texts as the engine's inputs."""
        return self._tokenizer.encode([text_of(*text) for text in texts])

    def engine(self, **options: Any) -> Engine:
        """Return an engine for the network; `options` are its arguments."""
        return Engine(self.network, **options)

    def drift(
        self, engine: Engine, texts: Sequence[Text], threshold: float = 0.0, decision: Decision | None = None
    ) -> Drift:
        """Run everything that an engine of this network computes, and compare it with the reference.

        The spans are each text's first words, with the text as context. Fails if the Extractor was run on a
        text that is clearly under the threshold, or not on one that is clearly over it.
        """
        strings = [text_of(*text) for text in texts]
        decision = decision or Decision()
        scores = engine.score(self._tokenizer.encode(strings), threshold=threshold, decision=decision)
        probabilities = torch.tensor([score.probability for score in scores], dtype=torch.double)
        expected = decision.probability(torch.stack([self._votes(text) for text in texts], 1))
        tags = [torch.zeros(0)]
        for text, score, probability in zip(texts, scores, expected.tolist(), strict=True):
            if abs(probability - threshold) > TOLERANCE or threshold == 0:
                assert (score.token_probabilities is not None) == (probability >= threshold)
            if score.token_probabilities is not None:
                assert len(score.token_probabilities) == len(self._tags(text))
                tags.append(torch.tensor(score.token_probabilities) - self._tags(text))
        pairs = self._tokenizer.encode_pairs([string[:7] for string in strings], strings)
        vectors = torch.zeros(0)
        if self.network.retriever is None:
            log_classes = engine.log_classes(pairs)
        else:
            retrieved, log_classes = engine.vectors_and_log_classes(pairs)
            vectors = retrieved - torch.stack([self._vector(text) for text in texts])
        log_classes = log_classes - torch.stack([self._log_classes(text) for text in texts])
        differences = (probabilities - expected, torch.cat(tags), log_classes, vectors)
        return Drift(*(difference.abs().float() for difference in differences))

    def answers(self, text: Text) -> tuple[Tensor, Tensor, Tensor]:
        """Return the reference's probability of ADE, tags, and log-probabilities of the classes."""
        return Decision().probability(self._votes(text)[:, None]), self._tags(text), self._log_classes(text)
