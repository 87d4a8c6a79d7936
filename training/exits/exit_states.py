"""What a head is trained on: the log-odds of the whole network, and the states below the head."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.bundle import Bundle
from models.device import Precision
from models.network import ExitHead
from models.network.vote import combined_log_odds
from models.runtime import GroupedAttention, PackedBatch, PackedNetwork, choose_precision, micro_batches
from models.runtime.exit_on_tokens import PackedExit
from models.runtime.layer import position_bias
from training.examples import Example
from training.loop import window_examples

Floats = NDArray[np.float64]
Advance = Callable[[int], None]

TOKEN_BUDGET: Final = 2_048
"""Tokens of a micro-batch, as in serving."""


@dataclass(frozen=True)
class HeadOutputs:
    """A head and the whole network on the same inputs, in the same order.

    Attributes:
        whole: log-odds of the whole network, before calibration.
        head: log-odds of the head.
    """

    whole: Floats
    head: Floats


def serving_precision(bundle: Bundle) -> Precision:
    """Return the precision that serving chooses on this processor. It measures for less than a second."""
    return choose_precision("auto", torch.device("cpu"), bundle.weights).precision


def packed_inputs(bundle: Bundle, examples: Sequence[Example]) -> list[PackedBatch]:
    """Return texts as a worker would read them: with contexts, long ones in windows, without padding."""
    reads_context = bundle.config.options.reads_context
    windowed = window_examples(examples, bundle.tweet_tokenizer, reads_context=reads_context)
    return list(micro_batches(windowed.inputs, token_budget=TOKEN_BUDGET))


class ClimbingStates:
    """The states of texts after one layer, which climbs: each layer starts from the states of the one below.

    The whole network also runs once, at the start, for its decisions. Only the states of one layer are kept,
    in half precision, for all tokens of all texts: 26 KB for a tweet and a width of 384.

    Args:
        bundle: its network computes them.
        batches: the texts.
        advance: called with the number of texts after each batch, for the whole pass and for each layer.
        precision: of matrix products; by default the one that serving chooses.

    Attributes:
        precision: of matrix products.
        whole: log-odds of the whole network for each text, in the order of the batches.
        below: number of layers that the states have passed.
    """

    def __init__(
        self,
        bundle: Bundle,
        batches: Sequence[PackedBatch],
        advance: Advance,
        *,
        precision: Precision | None = None,
    ) -> None:
        self.precision = precision or serving_precision(bundle)
        self._network = PackedNetwork(bundle.weights, self.precision, GroupedAttention())
        self._advance = advance
        self.batches = batches
        self.below = 0
        self._states: list[Tensor] = []
        whole: list[Tensor] = []
        vote = bundle.config.decision.vote
        with torch.inference_mode():
            for batch in batches:
                votes = self._network.votes(self._network.shared_states(batch), batch)
                whole.append(combined_log_odds(votes, vote))
                self._states.append(self._network.embed(batch).half())
                advance(len(batch.rows))
        self.whole = torch.cat(whole).float() if whole else torch.zeros(0)

    def climb(self) -> None:
        """Run the next layer."""
        with torch.inference_mode():
            for number, batch in enumerate(self.batches):
                states = self._network.run_layer(self.below, self._states[number].float(), batch)
                self._states[number] = states.half()
                self._advance(len(batch.rows))
        self.below += 1

    def by_batch(self) -> Iterator[tuple[PackedBatch, Tensor]]:
        """Yield each batch with its states, `[tokens, hidden]`, fp16."""
        yield from zip(self.batches, self._states, strict=True)

    def texts(self) -> list[Tensor]:
        """Return the states of each text, `[tokens, hidden]`, fp16, in the order of the batches."""
        return [
            states
            for batch, packed in zip(self.batches, self._states, strict=True)
            for states in torch.split(packed, list(batch.lengths))
        ]


def head_outputs(bundle: Bundle, head: ExitHead, climbing: ClimbingStates) -> HeadOutputs:
    """Run a head on states that have reached it, in the precision of these states.

    Args:
        bundle: whose network is below the head.
        head: to run.
        climbing: the states below it.
    """
    bias = position_bias(bundle.weights)
    exit_on_tokens = PackedExit(head, bundle.weights.shape, climbing.precision, GroupedAttention(), bias)
    with torch.inference_mode():
        outputs = [exit_on_tokens.log_odds(states.float(), batch) for batch, states in climbing.by_batch()]
    return HeadOutputs(climbing.whole.double().numpy(), _joined(outputs))


def _joined(parts: Sequence[Tensor]) -> Floats:
    return torch.cat(list(parts)).double().numpy() if parts else np.zeros(0)
