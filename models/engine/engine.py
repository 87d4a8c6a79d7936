"""What the pipeline and the Normalizer ask: encodings in any number in, probabilities and vectors out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import torch
from tokenizers import Encoding
from torch import Tensor

from models.engine.attention import GroupedAttention
from models.engine.lanes import Lanes
from models.engine.packed_network import PackedNetwork
from models.engine.packing import PackedBatch, packed
from models.engine.precision import Precision
from models.network import MultiTaskNetwork
from models.vote import Decision

TOKEN_BUDGET: Final = 1_024  # of a micro-batch on a CPU: the states of larger ones leave its caches

Advance = Callable[[int], None]
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class TweetScores:
    """What the Classifier and the Extractor say of one tweet.

    Attributes:
        probability: of ADE, in [0, 1].
        adverse: for each token, special ones included, the probability of AE; None where the
            Classifier's probability is under its threshold (Algorithm 2 never asks then).
    """

    probability: float
    adverse: tuple[float, ...] | None


class Engine:
    """Runs a network on packed micro-batches; safe to call from several threads at once.

    Args:
        network: it is put in eval mode and on the device; see `PackedNetwork`.
        device: where it runs.
        precision: of products.
        lanes: micro-batches computed at a time; by default the threads that torch has.
        token_budget: tokens of a micro-batch.
    """

    def __init__(
        self,
        network: MultiTaskNetwork,
        *,
        device: torch.device | None = None,
        precision: Precision = "fp32",
        lanes: int | None = None,
        token_budget: int = TOKEN_BUDGET,
    ) -> None:
        self.device = device or torch.device("cpu")
        self.precision = precision
        self._network = PackedNetwork(network.to(self.device).eval(), precision, GroupedAttention())
        self._lanes = Lanes(lanes or torch.get_num_threads())
        self._token_budget = token_budget

    @property
    def hidden_size(self) -> int:
        """Width of the states and of the retriever's vectors."""
        return self._network.hidden_size

    def judge(
        self,
        encodings: Sequence[Encoding],
        *,
        threshold: float,
        decision: Decision | None = None,
        advance: Advance = lambda texts: None,
    ) -> list[TweetScores]:
        """Run Classifier and, on the positives, Extractor (Algorithm 2, lines 6 to 8).

        Args:
            encodings: of `[CLS] tweet [SEP]`.
            threshold: probability from which a tweet is positive.
            decision: how the probability comes about; as it is where there is a single classifier by
                default.
            advance: told of each micro-batch, how many texts it had.

        Returns:
            One for each of `encodings`, in their order.
        """
        vote = decision or Decision()
        scores: dict[int, TweetScores] = {}

        def step(batch: PackedBatch) -> tuple[tuple[int, ...], list[TweetScores]]:
            return batch.rows, self._judge(batch.to(self.device), threshold, vote)

        for rows, judged in self._run(step, encodings):
            scores.update(zip(rows, judged, strict=True))
            advance(len(rows))
        return [scores[row] for row in range(len(encodings))]

    def vectors(self, encodings: Sequence[Encoding], advance: Advance = lambda texts: None) -> Tensor:
        """Give the retriever's vectors of spans or names: `[spans, hidden]`, fp32, on the CPU."""
        return self._rows_of(self._vectors, encodings, advance)

    def log_classes(self, encodings: Sequence[Encoding]) -> Tensor:
        """Give the log-probabilities of the Normalizer's classes: `[spans, classes]`, fp32, on the CPU."""
        return self._rows_of(self._log_classes, encodings)

    def vectors_and_log_classes(self, encodings: Sequence[Encoding]) -> tuple[Tensor, Tensor]:
        """Give both; the trunk runs once."""

        def both(batch: PackedBatch, states: Tensor) -> Tensor:
            return torch.cat([self._vectors(batch, states), self._log_classes(batch, states)], -1)

        found = self._rows_of(both, encodings)
        return found[:, : self.hidden_size], found[:, self.hidden_size :]

    def _judge(self, batch: PackedBatch, threshold: float, decision: Decision) -> list[TweetScores]:
        kept = self._network.kept(batch)
        probabilities: list[float] = decision.probability(self._network.votes(kept, batch)).tolist()
        positives = [text for text, probability in enumerate(probabilities) if probability >= threshold]
        adverse: dict[int, tuple[float, ...]] = {}
        if positives:
            logits = self._network.extract(kept, batch, positives)
            tags = [tuple(tokens.softmax(-1)[:, 1].tolist()) for tokens in logits]
            adverse = dict(zip(positives, tags, strict=True))
        return [TweetScores(probability, adverse.get(text)) for text, probability in enumerate(probabilities)]

    def _vectors(self, batch: PackedBatch, states: Tensor) -> Tensor:
        return self._network.embed_spans(states, batch)

    def _log_classes(self, batch: PackedBatch, states: Tensor) -> Tensor:
        return self._network.normalize(states, batch).log_softmax(-1)

    def _rows_of(
        self,
        read: Callable[[PackedBatch, Tensor], Tensor],
        encodings: Sequence[Encoding],
        advance: Advance = lambda texts: None,
    ) -> Tensor:
        def step(batch: PackedBatch) -> tuple[tuple[int, ...], Tensor]:
            placed = batch.to(self.device)
            return batch.rows, read(placed, self._network.trunk_states(placed)).cpu()

        rows: list[int] = []
        parts: list[Tensor] = []
        for some, found in self._run(step, encodings):
            rows.extend(some)
            parts.append(found)
            advance(len(some))
        if not parts:
            return torch.zeros(0, self.hidden_size)
        return torch.cat(parts)[torch.tensor(rows).argsort()]

    def _run(self, step: Callable[[PackedBatch], Found], encodings: Sequence[Encoding]) -> Iterator[Found]:
        return self._lanes.run(step, packed(encodings, token_budget=self._token_budget))
