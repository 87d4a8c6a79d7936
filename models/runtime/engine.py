"""The engine: it takes any number of encodings, and returns probabilities and vectors.

It runs a network on packed micro-batches, on several lanes at a time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import torch
from torch import Tensor

from models.device import Precision
from models.network import Decision, ExitHead, NetworkWeights
from models.runtime.int8 import BodyIr, QuantizedBody
from models.runtime.lanes import Lane, LanePool
from models.runtime.packed_network import PackedNetwork, SharedStates
from models.runtime.packing import PackableInput, PackedBatch, micro_batches
from models.runtime.placement import choose_placement

if TYPE_CHECKING:
    from models.network import MultiTaskNetwork

Advance = Callable[[int], None]
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class TweetScores:
    """The outputs of the Classifier and the Extractor for one tweet.

    Attributes:
        probability: of ADE, in [0, 1].
        token_probabilities: for each token, special ones included, the probability of AE; None where the
            Classifier's probability is below its threshold, since Algorithm 2 does not run the Extractor.
        left_early: True if the head of an early exit computed the probability, which is then below the
            threshold.
    """

    probability: float
    token_probabilities: tuple[float, ...] | None
    left_early: bool = False


class Engine:
    """Runs a network on packed micro-batches; several threads may call it at once.

    Args:
        network: or its weights alone; see `PackedNetwork`.
        device: where it runs; the CPU by default.
        precision: of matrix products.
        lanes: micro-batches computed at a time; by default the number of torch's threads, and two on a GPU.
        token_budget: tokens of a micro-batch; by default what suits the device.
        graphs: capture CUDA graphs on a GPU. That takes seconds and memory, and pays off for a server, not
            for a single evaluation.
        threads_of: another engine with as many lanes, whose threads this one uses, too: both together compute
            no more micro-batches at a time than one of them.
        body: a quantized body, which computes the states that Classifier and Extractor start from; spans and
            names are read by the exact network.
        early_exit: settles clear negatives after a lower layer. It is not taken on a GPU, which a smaller
            batch makes no faster, nor together with a quantized body, whose states it was not trained on.

    Raises:
        ModelError: there is a quantized body, and OpenVINO is not installed or the device is not a CPU; or
            the GPU has too little memory.
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
        early_exit: ExitHead | None = None,
        threads_of: Engine | None = None,
    ) -> None:
        self.device = device or torch.device("cpu")
        self.precision = precision
        weights = network if isinstance(network, NetworkWeights) else network.weights()
        placement = choose_placement(
            weights.shape, self.device, precision, lanes=lanes, token_budget=token_budget, graphs=graphs
        )
        attention = placement.attention
        with placement.explain_out_of_memory():
            weights = weights.to(self.device)
            quantized = QuantizedBody(body, weights, attention, lanes=placement.lanes) if body else None
            is_exact = quantized is None and weights.kept_states is None
            self._exit = early_exit if is_exact and self.device.type == "cpu" else None
            self._network = PackedNetwork(
                weights, precision, attention, body=quantized, early_exit=self._exit
            )
            lanes_of_device = [placement.make_lane(self._network) for _ in range(placement.lanes)]
            self._lanes: LanePool = LanePool(
                lanes_of_device, threads_of._lanes.threads if threads_of else None
            )
        self._budgets = placement.token_budget, placement.text_budget

    @property
    def hidden_size(self) -> int:
        """Width of the states and of the retriever's vectors."""
        return self._network.shape.hidden

    def score(
        self,
        encodings: Sequence[PackableInput],
        *,
        threshold: float | Sequence[float],
        decision: Decision | None = None,
        advance: Advance = lambda texts: None,
    ) -> list[TweetScores]:
        """Run the Classifier and, on the positive tweets, the Extractor (Algorithm 2, lines 6 to 8).

        Args:
            encodings: of `[CLS] tweet [SEP]`.
            threshold: probability from which a tweet is positive, or one for each of `encodings`.
            decision: how the probability is computed from the logits; a plain majority by default.
                Texts leave at an early exit only if it serves this decision and a threshold for all texts.
            advance: called after each micro-batch with its number of texts.

        Returns:
            One for each of `encodings`, in their order.
        """
        vote = decision or Decision()
        thresholds = [threshold] * len(encodings) if isinstance(threshold, float | int) else threshold
        scores: dict[int, TweetScores] = {}

        may_exit = (
            self._exit is not None
            and isinstance(threshold, float | int)
            and self._exit.serves(threshold, vote)
        )
        score_batch = self._score_with_exit if may_exit else self._score_batch

        def step(lane: Lane, batch: PackedBatch) -> tuple[tuple[int, ...], list[TweetScores]]:
            least = [thresholds[row] for row in batch.rows]
            return batch.rows, score_batch(lane, batch, least, vote)

        for rows, batch_scores in self._run(step, encodings):
            scores.update(zip(rows, batch_scores, strict=True))
            advance(len(rows))
        return [scores[row] for row in range(len(encodings))]

    def vectors(self, encodings: Sequence[PackableInput], advance: Advance = lambda texts: None) -> Tensor:
        """Return the retriever's vectors of spans or names: `[spans, hidden]`, fp32, on the CPU."""
        return self._read_spans(self._vectors, encodings, self.hidden_size, advance)

    def log_classes(self, encodings: Sequence[PackableInput]) -> Tensor:
        """Return the log-probabilities of the Normalizer's classes: `[spans, classes]`, fp32, on the CPU."""
        return self._read_spans(self._log_classes, encodings, self._network.shape.ptids)

    def vectors_and_log_classes(self, encodings: Sequence[PackableInput]) -> tuple[Tensor, Tensor]:
        """Return both, running the trunk only once."""

        def both(batch: PackedBatch, states: Tensor) -> Tensor:
            return torch.cat([self._vectors(batch, states), self._log_classes(batch, states)], -1)

        width = self.hidden_size
        joined = self._read_spans(both, encodings, width + self._network.shape.ptids)
        return joined[:, :width], joined[:, width:]

    def token_states(self, encodings: Sequence[PackableInput]) -> list[Tensor]:
        """Return the last states of each input's tokens, `[tokens, hidden]`, fp32, on the CPU.

        The Extractor reads them. They need 46 KB for a tweet and a width of 384, so pass some hundred inputs
        at a time.
        """

        def step(lane: Lane, batch: PackedBatch) -> tuple[tuple[int, ...], Sequence[Tensor]]:
            on_device, states = lane.shared_states(batch)
            last = self._network.last_states(states, on_device, range(len(batch.rows)))
            return batch.rows, torch.split(lane.to_host(last), list(batch.lengths))

        by_row: dict[int, Tensor] = {}
        for rows, parts in self._run(step, encodings):
            by_row.update(zip(rows, parts, strict=True))
        return [by_row[row] for row in range(len(encodings))]

    def _score_batch(
        self, lane: Lane, batch: PackedBatch, thresholds: Sequence[float], decision: Decision
    ) -> list[TweetScores]:
        on_device, states = lane.shared_states(batch)
        return self._score_states(lane, on_device, states, thresholds, decision)

    def _score_with_exit(
        self, lane: Lane, batch: PackedBatch, thresholds: Sequence[float], decision: Decision
    ) -> list[TweetScores]:
        after = self._network.shared_states_after_exit(lane.to_device(batch))
        log_odds = lane.to_host(after.log_odds)
        votes = torch.stack([torch.zeros_like(log_odds), log_odds], -1)[None]  # of NoADE and ADE
        # A text that leaves is negative, whatever its probability is rounded to.
        scores = [
            TweetScores(min(probability, math.nextafter(min(threshold, 1.0), 0)), None, left_early=True)
            for probability, threshold in zip(decision.probability(votes).tolist(), thresholds, strict=True)
        ]
        if after.batch is not None and after.states is not None:
            least = [thresholds[text] for text in after.staying]
            further = self._score_states(lane, after.batch, after.states, least, decision)
            for text, text_scores in zip(after.staying, further, strict=True):
                scores[text] = text_scores
        return scores

    def _score_states(
        self,
        lane: Lane,
        on_device: PackedBatch,
        states: SharedStates,
        thresholds: Sequence[float],
        decision: Decision,
    ) -> list[TweetScores]:
        votes = lane.to_host(self._network.votes(states, on_device))
        probabilities: list[float] = decision.probability(votes).tolist()
        pairs = zip(probabilities, thresholds, strict=True)
        positives = [text for text, (probability, threshold) in enumerate(pairs) if probability >= threshold]
        tags: dict[int, tuple[float, ...]] = {}
        if positives:
            logits = self._network.extract(states, on_device, positives)
            joined = lane.to_host(logits.softmax(-1)[:, 1])
            by_text = torch.split(joined, [on_device.lengths[text] for text in positives])
            tags = {text: tuple(part.tolist()) for text, part in zip(positives, by_text, strict=True)}
        return [TweetScores(probability, tags.get(text)) for text, probability in enumerate(probabilities)]

    def _vectors(self, batch: PackedBatch, trunk_states: Tensor) -> Tensor:
        return self._network.embed_spans(trunk_states, batch)

    def _log_classes(self, batch: PackedBatch, trunk_states: Tensor) -> Tensor:
        return self._network.normalize(trunk_states, batch).log_softmax(-1)

    def _read_spans(
        self,
        read: Callable[[PackedBatch, Tensor], Tensor],
        encodings: Sequence[PackableInput],
        width: int,
        advance: Advance = lambda texts: None,
    ) -> Tensor:
        def step(lane: Lane, batch: PackedBatch) -> tuple[tuple[int, ...], Tensor]:
            on_device = lane.to_device(batch)
            return batch.rows, lane.to_host(read(on_device, self._network.trunk_states(on_device)))

        rows: list[int] = []
        outputs: list[Tensor] = []
        for batch_rows, output in self._run(step, encodings):
            rows.extend(batch_rows)
            outputs.append(output)
            advance(len(batch_rows))
        if not outputs:
            return torch.zeros(0, width)
        return torch.cat(outputs)[torch.tensor(rows).argsort()]

    def _run(
        self, step: Callable[[Lane, PackedBatch], Result], encodings: Sequence[PackableInput]
    ) -> Iterator[Result]:
        tokens, texts = self._budgets
        return self._lanes.run(step, micro_batches(encodings, token_budget=tokens, text_budget=texts))
