"""Vectors of phrases and names during training, and how often the nearest name is a right one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.network import FrozenTrunk, MultiTaskNetwork, Retriever
from models.normalizer import Names
from training.loop import Inputs, KeptStates, NullCallback, TrainingCallback

_TOKENS_PER_PASS: Final = 1_024  # padding included
_PHRASES_PER_CHUNK: Final = 64  # with 100,000 names, a matrix of 26 MB
_DEPTHS: Final = (1, 5)


class BelowRetriever(FrozenTrunk):
    """The trunk and the shared layers below the retriever, which are all frozen by now.

    Args:
        network: trained by Algorithm 1, in eval mode. Its modules are used, not copied.
    """

    def __init__(self, network: MultiTaskNetwork) -> None:
        nn.Module.__init__(self)  # FrozenTrunk's own __init__ takes an encoder apart
        below = len(network.shared) - network.retriever_layers
        self.hidden_size = network.hidden_size
        self.frozen_layers = network.frozen_layers + below
        self.kept_states = None
        self.embeddings = network.embeddings
        self.trunk = nn.ModuleList([*network.trunk, *network.shared[:below]])
        self.eval()


class VectorSource:
    """Computes the retriever's vectors. The states of the layers below it are kept.

    Args:
        network: has a retriever, and is on its device.
        bfloat16: multiply matrices, and keep states, in bfloat16.
        limit: bytes of states that are kept.
    """

    def __init__(self, network: MultiTaskNetwork, *, bfloat16: bool, limit: int) -> None:
        if network.retriever is None:
            raise ValueError("the network has no retriever: create it with retriever_layers of 1 or more")
        self.below = BelowRetriever(network)
        self.retriever: Retriever = network.retriever
        self.device = next(network.parameters()).device
        self._bfloat16 = bfloat16
        self._states = KeptStates("memory", limit=limit)

    def keep(self, inputs: Sequence[Inputs], callback: TrainingCallback | None = None) -> None:
        """Compute and keep the states of inputs whose vectors will be needed many times."""
        self._states.plan(self.below, inputs, bfloat16=self._bfloat16)
        self._states.fill(self.below, callback or NullCallback())

    def vectors(self, inputs: Inputs, rows: NDArray[np.int64]) -> Tensor:
        """Return vectors of length one, `[rows, hidden]`, fp32, on the device, in the order of `rows`."""
        order: list[NDArray[np.int64]] = []
        parts: list[Tensor] = []
        for positions in _passes(inputs.lengths[rows]):
            batch = inputs.batch(rows[positions].tolist()).to(self.device)
            states = self._states.states(self.below, inputs, rows[positions].tolist())
            with torch.autocast(self.device.type, torch.bfloat16, enabled=self._bfloat16):
                bias = self.below.position_bias(states.shape[1])
                parts.append(self.retriever(states, batch.attention_mask, batch.span_mask, bias).float())
            order.append(positions)
        if not parts:
            return torch.zeros(0, self.below.hidden_size, device=self.device)
        back = np.argsort(np.concatenate(order), kind="stable")
        return torch.cat(parts)[torch.from_numpy(back).to(self.device)]

    @torch.no_grad()
    def all_vectors(self, inputs: Inputs) -> Tensor:
        """Return the vectors of all inputs, without gradients and without dropout."""
        was_training = self.retriever.training
        self.retriever.eval()
        try:
            return self.vectors(inputs, np.arange(len(inputs)))
        finally:
            self.retriever.train(was_training)


def _passes(lengths: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Yield the positions of inputs for each forward pass: of similar length, and few tokens together."""
    ordered = np.argsort(lengths, kind="stable")
    start = 0
    for end in range(1, len(ordered) + 1):
        is_last = end == len(ordered)
        if is_last or (end + 1 - start) * int(lengths[ordered[end]]) > _TOKENS_PER_PASS:
            yield ordered[start:end]
            start = end


@torch.inference_mode()
def accuracy_at(
    queries: Tensor, vectors: Tensor, concepts: NDArray[np.int64], names: Names
) -> dict[str, float]:
    """Measure how often a search by vectors alone finds the right concept.

    Args:
        queries: `[queries, hidden]`, vectors of phrases, one or more.
        vectors: `[names, hidden]`, vectors of all names, on the same device.
        concepts: `[queries]`, the concept of each phrase.
        names: the names that are searched.

    Returns:
        "1" and "5": the share of phrases whose concept is the nearest, or one of the five nearest.
    """
    better = []
    for start in range(0, len(queries), _PHRASES_PER_CHUNK):
        rows = slice(start, start + _PHRASES_PER_CHUNK)
        cosines = (queries[rows] @ vectors.T).float().cpu().numpy()
        best = np.maximum.reduceat(cosines, names.starts, axis=1)
        right = np.take_along_axis(best, concepts[rows, None], axis=1)
        better.append((best > right).sum(1))
    ranks = np.concatenate(better)
    return {str(depth): round(float((ranks < depth).mean()), 4) for depth in _DEPTHS}
