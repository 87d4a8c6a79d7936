"""Vectors of phrases and names in training: the layers below the retriever run once for each text.

How often the nearest names are those of the right PT.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.network.multitask import MultiTaskNetwork
from models.network.retriever import Retriever
from models.network.trunk import FrozenTrunk
from models.normalizer.names import Names
from training.loop.callbacks import NullCallback, TrainingCallback
from training.loop.inputs import Inputs
from training.loop.states import KeptStates

_TOKENS_PER_PASS: Final = 1_024  # of a forward pass, padding included


class BelowRetriever(FrozenTrunk):
    """The trunk and the shared layers under the retriever, taken together as what is frozen by now.

    Args:
        network: finished by Algorithm 1, in eval mode; its modules are used, not copied.
    """

    def __init__(self, network: MultiTaskNetwork) -> None:
        nn.Module.__init__(self)  # that of FrozenTrunk takes an encoder apart
        below = len(network.shared) - network.retriever_layers
        self.hidden_size = network.hidden_size
        self.frozen_layers = network.frozen_layers + below
        self.kept_states = None
        self.embeddings = network.embeddings
        self.trunk = nn.ModuleList([*network.trunk, *network.shared[:below]])
        self.eval()


class VectorSource:
    """Gives the retriever's vectors of inputs, with gradients where they are asked for.

    Args:
        network: with a retriever, on its device.
        bfloat16: multiply matrices, and keep states, in bfloat16.
        limit: bytes of states that are kept.
    """

    def __init__(self, network: MultiTaskNetwork, *, bfloat16: bool, limit: int) -> None:
        if network.retriever is None:
            raise ValueError("the network has no retriever: make it with retriever_layers of 1 or more")
        self.below = BelowRetriever(network)
        self.retriever: Retriever = network.retriever
        self.device = next(network.parameters()).device
        self._bfloat16 = bfloat16
        self._states = KeptStates("memory", limit=limit)

    def keep(self, inputs: Sequence[Inputs], watcher: TrainingCallback | None = None) -> None:
        """Compute the states under the retriever of inputs that will be asked for again and again."""
        self._states.plan(self.below, inputs, bfloat16=self._bfloat16)
        self._states.fill(self.below, watcher or NullCallback())

    def vectors(self, inputs: Inputs, rows: NDArray[np.int64]) -> Tensor:
        """Give vectors of length one, `[rows, hidden]`, fp32, on the device, in the order of `rows`."""
        order: list[NDArray[np.int64]] = []
        parts: list[Tensor] = []
        for places in _passes(inputs.lengths[rows]):
            batch = inputs.batch(rows[places].tolist()).to(self.device)
            states = self._states.states(self.below, inputs, rows[places].tolist())
            with torch.autocast(self.device.type, torch.bfloat16, enabled=self._bfloat16):
                parts.append(self.retriever(states, batch.attention_mask, batch.span_mask).float())
            order.append(places)
        if not parts:
            return torch.zeros(0, self.below.hidden_size, device=self.device)
        back = np.argsort(np.concatenate(order), kind="stable")
        return torch.cat(parts)[torch.from_numpy(back).to(self.device)]

    @torch.no_grad()
    def all_vectors(self, inputs: Inputs) -> Tensor:
        """Give the vectors of all inputs, without gradients, the retriever in eval mode."""
        was_training = self.retriever.training
        self.retriever.eval()
        try:
            return self.vectors(inputs, np.arange(len(inputs)))
        finally:
            self.retriever.train(was_training)


def _passes(lengths: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Cut inputs into passes of like length, of few tokens each."""
    ordered = np.argsort(lengths, kind="stable")
    start = 0
    for end in range(1, len(ordered) + 1):
        at_the_end = end == len(ordered)
        if at_the_end or (end + 1 - start) * int(lengths[ordered[end]]) > _TOKENS_PER_PASS:
            yield ordered[start:end]
            start = end


_CHUNK: Final = 64  # phrases at once: with 100,000 names a matrix of 26 MB
_DEPTHS: Final = (1, 5)


@torch.inference_mode()
def accuracy_at(
    queries: Tensor, vectors: Tensor, concepts: NDArray[np.int64], names: Names
) -> dict[str, float]:
    """Search names by vectors alone.

    Args:
        queries: `[queries, hidden]`, vectors of phrases, one or more.
        vectors: `[names, hidden]`, those of all names, on the same device.
        concepts: `[queries]`, the concept of each phrase.
        names: what is searched.

    Returns:
        "1" and "5": the share of phrases whose concept is the nearest, or one of the five nearest.
    """
    better = []
    for start in range(0, len(queries), _CHUNK):
        rows = slice(start, start + _CHUNK)
        cosines = (queries[rows] @ vectors.T).float().cpu().numpy()
        best = np.maximum.reduceat(cosines, names.starts, axis=1)
        own = np.take_along_axis(best, concepts[rows, None], axis=1)
        better.append((best > own).sum(1))
    ranks = np.concatenate(better)
    return {str(depth): round(float((ranks < depth).mean()), 4) for depth in _DEPTHS}
