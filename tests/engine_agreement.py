"""How far an engine is from the reference, over texts of any number of tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

import torch
from tokenizers import Encoding
from torch import Tensor

from models.encoder.tokenization import TweetTokenizer
from models.network.vote import Decision
from models.runtime import Engine
from tests.reference_network import ReferenceNetwork, ReferenceTokenizer
from tests.spread import POSITIONS, Shape, text_of
from tests.tiny import Trained

Text = tuple[int, int]  # number of words, and variant: see `text_of`

TOLERANCE = 1e-4  # in fp32, of all that `Drift` has
SHAPES = [
    Shape(frozen_layers=0, classifiers=5, pooling="mean", retriever_layers=2),
    Shape(frozen_layers=1, classifiers=3, pooling="cls", retriever_layers=2),
    Shape(frozen_layers=2, classifiers=5, pooling="mean", retriever_layers=1),
    Shape(frozen_layers=2, classifiers=1, pooling="cls", retriever_layers=1),
    Shape(frozen_layers=3, classifiers=3, pooling="cls"),
]
# Not all lengths that there are, so that the slow reference meets most texts again.
SHORT: list[Text] = [(words, variant) for words in (*range(10), 15, 16, 31, 62, 63) for variant in range(3)]
LONG: list[Text] = [(words, 0) for words in (126, 127, 254, 300, 509, 510, 511, 700)]


@dataclass(frozen=True)
class Drift:
    """Absolute differences, fp32; what was not asked for is empty.

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
        """Fail where one difference is over `most`, or those of a kind are over `mean` on average."""
        for field in fields(self):
            values: Tensor = getattr(self, field.name)
            if values.numel():
                told = f"{field.name}: {values.max():.2g} at most, {values.mean():.2g} on average"
                assert values.max() <= most, told  # false for NaN too
                assert values.mean() <= mean, told


class Subject:
    """A network, and what the reference says of texts, each of them asked once."""

    def __init__(self, made: Trained) -> None:
        self.network = made.network
        self._tokenizer = TweetTokenizer(made.encoder.tokenizer, POSITIONS)
        reference = ReferenceNetwork(made.network)
        read = ReferenceTokenizer(made.encoder.tokenizer, POSITIONS)

        def pair(text: Text) -> Encoding:
            return read.span(text_of(*text)[:7], text_of(*text), context=True)

        self._votes = cache(lambda text: reference.votes(read.text(text_of(*text))))
        self._adverse = cache(lambda text: reference.adverse(read.text(text_of(*text))))
        self._log_classes = cache(lambda text: reference.log_classes(pair(text)))
        self._vector = cache(lambda text: reference.vector(pair(text)))

    def engine(self, **options: Any) -> Engine:
        """Make an engine of the network; `options` are its arguments."""
        return Engine(self.network, **options)

    def drift(
        self, engine: Engine, texts: Sequence[Text], threshold: float = 0.0, decision: Decision | None = None
    ) -> Drift:
        """Ask an engine of this network for all that it can say of the texts.

        The spans are each text's first words, with the text beside them. Fails where the Extractor was
        asked for a text that is clearly under the threshold, or not for one that is over it.
        """
        whole = [text_of(*text) for text in texts]
        decision = decision or Decision()
        judged = engine.score(self._tokenizer.encode(whole), threshold=threshold, decision=decision)
        found = torch.tensor([one.probability for one in judged], dtype=torch.double)
        wanted = decision.probability(torch.stack([self._votes(text) for text in texts], 1))
        tags = [torch.zeros(0)]
        for text, one, probability in zip(texts, judged, wanted.tolist(), strict=True):
            if abs(probability - threshold) > TOLERANCE or threshold == 0:
                assert (one.token_probabilities is not None) == (probability >= threshold)
            if one.token_probabilities is not None:
                assert len(one.token_probabilities) == len(self._adverse(text))
                tags.append(torch.tensor(one.token_probabilities) - torch.tensor(self._adverse(text)))
        pairs = self._tokenizer.encode_pairs([text[:7] for text in whole], whole)
        log_classes = torch.stack([self._log_classes(text) for text in texts])
        vectors = torch.zeros(0)
        if self.network.retriever is None:
            classified = engine.log_classes(pairs)
        else:
            retrieved, classified = engine.vectors_and_log_classes(pairs)
            vectors = retrieved - torch.stack([self._vector(text) for text in texts])
        differences = (found - wanted, torch.cat(tags), classified - log_classes, vectors)
        return Drift(*(difference.abs().float() for difference in differences))

    def answers(self, text: Text) -> tuple[Tensor, Tensor, Tensor]:
        """Give what the reference says: probability of ADE, tags, and log-probabilities of the classes."""
        adverse = torch.tensor(self._adverse(text))
        return Decision().probability(self._votes(text)[:, None]), adverse, self._log_classes(text)
