"""What the pipeline and the Normalizer ask: encodings in any number in, probabilities and vectors out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import torch
from tokenizers import Encoding
from torch import Tensor

from models.device import Precision
from models.network.vote import Decision
from models.network.weights import NetworkWeights
from models.runtime.int8 import BodyIr, QuantizedBody
from models.runtime.lanes import Lane, Lanes
from models.runtime.packed_network import PackedNetwork
from models.runtime.packing import PackedBatch, micro_batches
from models.runtime.placement import placement

if TYPE_CHECKING:
    from models.network.multitask import MultiTaskNetwork

Advance = Callable[[int], None]
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class TweetScores:
    """What the Classifier and the Extractor say of one tweet.

    Attributes:
        probability: of ADE, in [0, 1].
        token_probabilities: for each token, special ones included, the probability of AE; None where the
            Classifier's probability is under its threshold (Algorithm 2 never asks then).
    """

    probability: float
    token_probabilities: tuple[float, ...] | None


class Engine:
    """Runs a network on packed micro-batches; safe to call from several threads at once.

    Args:
        network: or its weights alone; see `PackedNetwork`.
        device: where it runs.
        precision: of products.
        lanes: micro-batches computed at a time; by default the threads that torch has, and two on a GPU.
        token_budget: tokens of a micro-batch; by default what suits the device.
        graphs: whether it is worth capturing CUDA graphs, which takes seconds and memory: to serve, not to
            judge once. On a CPU there are none.
        body: a quantized one, which gives the states that Classifier and Extractor start from; spans and
            names are read by the exact network.

    Raises:
        ModelError: there is a quantized body, and OpenVINO is not installed or the device is no CPU; or the
            GPU has too little memory.
        BundleError: the quantized body is damaged.
    """

    def __init__(
        self,
        network: NetworkWeights | MultiTaskNetwork,
        *,
        device: torch.device | None = None,
        precision: Precision = "fp32",
        lanes: int | None = None,
        token_budget: int | None = None,
        graphs: bool = False,
        body: BodyIr | None = None,
    ) -> None:
        self.device = device or torch.device("cpu")
        self.precision = precision
        weights = network if isinstance(network, NetworkWeights) else network.weights()
        place = placement(
            weights.shape, self.device, precision, lanes=lanes, token_budget=token_budget, graphs=graphs
        )
        with place.explain_out_of_memory():
            weights = weights.to(self.device)
            quantized = QuantizedBody(body, weights, place.attention, lanes=place.lanes) if body else None
            self._network = PackedNetwork(weights, precision, place.attention, body=quantized)
            self._lanes = Lanes([place.lane(self._network) for _ in range(place.lanes)])
        self._budgets = place.token_budget, place.text_budget

    @property
    def hidden_size(self) -> int:
        """Width of the states and of the retriever's vectors."""
        return self._network.shape.hidden

    def score(
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

        def step(lane: Lane, batch: PackedBatch) -> tuple[tuple[int, ...], list[TweetScores]]:
            return batch.rows, self._judge(lane, batch, threshold, vote)

        for rows, judged in self._run(step, encodings):
            scores.update(zip(rows, judged, strict=True))
            advance(len(rows))
        return [scores[row] for row in range(len(encodings))]

    def vectors(self, encodings: Sequence[Encoding], advance: Advance = lambda texts: None) -> Tensor:
        """Give the retriever's vectors of spans or names: `[spans, hidden]`, fp32, on the CPU."""
        return self._rows_of(self._vectors, encodings, self.hidden_size, advance)

    def log_classes(self, encodings: Sequence[Encoding]) -> Tensor:
        """Give the log-probabilities of the Normalizer's classes: `[spans, classes]`, fp32, on the CPU."""
        return self._rows_of(self._log_classes, encodings, self._network.shape.ptids)

    def vectors_and_log_classes(self, encodings: Sequence[Encoding]) -> tuple[Tensor, Tensor]:
        """Give both; the trunk runs once."""

        def both(batch: PackedBatch, states: Tensor) -> Tensor:
            return torch.cat([self._vectors(batch, states), self._log_classes(batch, states)], -1)

        found = self._rows_of(both, encodings, self.hidden_size + self._network.shape.ptids)
        return found[:, : self.hidden_size], found[:, self.hidden_size :]

    def _judge(
        self, lane: Lane, batch: PackedBatch, threshold: float, decision: Decision
    ) -> list[TweetScores]:
        placed, kept = lane.front(batch)
        votes = lane.read(self._network.votes(kept, placed))
        probabilities: list[float] = decision.probability(votes).tolist()
        positives = [text for text, probability in enumerate(probabilities) if probability >= threshold]
        adverse: dict[int, tuple[float, ...]] = {}
        if positives:
            joined = lane.read(self._network.extract(kept, placed, positives).softmax(-1)[:, 1])
            tags = torch.split(joined, [batch.lengths[text] for text in positives])
            adverse = {text: tuple(own.tolist()) for text, own in zip(positives, tags, strict=True)}
        return [TweetScores(probability, adverse.get(text)) for text, probability in enumerate(probabilities)]

    def _vectors(self, batch: PackedBatch, states: Tensor) -> Tensor:
        return self._network.embed_spans(states, batch)

    def _log_classes(self, batch: PackedBatch, states: Tensor) -> Tensor:
        return self._network.normalize(states, batch).log_softmax(-1)

    def _rows_of(
        self,
        read: Callable[[PackedBatch, Tensor], Tensor],
        encodings: Sequence[Encoding],
        width: int,
        advance: Advance = lambda texts: None,
    ) -> Tensor:
        def step(lane: Lane, batch: PackedBatch) -> tuple[tuple[int, ...], Tensor]:
            placed = lane.placed(batch)
            return batch.rows, lane.read(read(placed, self._network.trunk_states(placed)))

        rows: list[int] = []
        parts: list[Tensor] = []
        for some, found in self._run(step, encodings):
            rows.extend(some)
            parts.append(found)
            advance(len(some))
        if not parts:
            return torch.zeros(0, width)
        return torch.cat(parts)[torch.tensor(rows).argsort()]

    def _run(
        self, step: Callable[[Lane, PackedBatch], Found], encodings: Sequence[Encoding]
    ) -> Iterator[Found]:
        tokens, texts = self._budgets
        return self._lanes.run(step, micro_batches(encodings, token_budget=tokens, text_budget=texts))
