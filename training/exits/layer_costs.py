"""The time of each part of a pass on this machine, from which the speed with an exit is expected."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import torch

from models.bundle import Bundle
from models.device import Precision
from models.network import ExitHead, highest_exit
from models.runtime import GroupedAttention, PackedBatch, PackedNetwork, SharedStates

_REPEATS: Final = 5


@dataclass(frozen=True)
class LayerCosts:
    """CPU seconds for a text, on average.

    Attributes:
        whole: from the tokens to the votes.
        below: for each layer from 1 on: the embeddings, that many layers, and a head above them.
        above: for each layer from 1 on: what is left for a text that goes on.
    """

    whole: float
    below: tuple[float, ...]
    above: tuple[float, ...]

    def speedup(self, layer: int, leaving: float) -> float:
        """Return how many times as fast the network becomes.

        Args:
            layer: number of layers below the exit.
            leaving: share of all texts that leave.
        """
        return self.whole / (self.below[layer - 1] + (1 - leaving) * self.above[layer - 1])


def measure_costs(
    bundle: Bundle, head: ExitHead, batches: Sequence[PackedBatch], precision: Precision
) -> LayerCosts:
    """Measure the parts on one micro-batch, each several times; medians count.

    Args:
        bundle: its network is run.
        head: any; all heads take the same time.
        batches: the fullest of them is measured.
        precision: of matrix products.
    """
    layers = highest_exit(bundle.weights.shape)
    batch = max(batches, key=lambda candidate: len(candidate.input_ids))
    network = PackedNetwork(bundle.weights, precision, GroupedAttention(), early_exit=head)
    with torch.inference_mode():
        states = network.embed(batch)
        embedding = _seconds(lambda: network.embed(batch))
        layer = _seconds(lambda: network.run_layer(0, states, batch))
        shared = SharedStates(states, states)
        votes = _seconds(lambda: network.votes(shared, batch))
        at_exit = _seconds(lambda: network.exit_log_odds(states, batch))
    texts = len(batch.lengths)
    numbers = range(1, layers + 1)
    below = tuple((embedding + number * layer + at_exit) / texts for number in numbers)
    above = tuple(((layers - number) * layer + votes) / texts for number in numbers)
    return LayerCosts((embedding + layers * layer + votes) / texts, below, above)


def _seconds(run: Callable[[], object]) -> float:
    run()
    times = []
    for _ in range(_REPEATS):
        started = time.thread_time()
        run()
        times.append(time.thread_time() - started)
    return statistics.median(times)
