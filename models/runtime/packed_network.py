"""The multi-task network over packed tokens: what it keeps of the trunk serves all heads and all members."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import groupby

import torch
from torch import Tensor
from torch.nn.functional import linear, normalize

from models.device import Precision
from models.network.weights import Affine, NetworkPart, NetworkWeights
from models.runtime.attention import Attention
from models.runtime.layer import ClsLayer, PackedEmbedding, PackedLayer, cls_states
from models.runtime.packing import PackedBatch, padded_parts


@dataclass(frozen=True)
class SharedStates:
    """What is computed once for a batch, all `[tokens, hidden]`, fp32.

    Attributes:
        trunk: after the frozen layers; the further classifiers of an ensemble start from it.
        below: before the last of the shared layers, which the first classifier runs at [CLS] alone and the
            Extractor on the tokens of positive texts; the trunk's where no layer is shared.
    """

    trunk: Tensor
    below: Tensor

    def first(self, tokens: int) -> SharedStates:
        """Leave out what a batch was filled up with; where both are the same tensor they stay so."""
        trunk = self.trunk[:tokens]
        return SharedStates(trunk, trunk if self.below is self.trunk else self.below[:tokens])


class PackedNetwork:
    """A multi-task network with its weights prepared for a device; it judges as `MultiTaskNetwork` does.

    Args:
        weights: on the device. They are copied only where they are prepared: training them further may or may
            not be seen here.
        precision: of products.
        attention: of the device.
        body: gives the kept states instead of the layers here, such as a quantized body.
    """

    def __init__(
        self,
        weights: NetworkWeights,
        precision: Precision,
        attention: Attention,
        *,
        body: Callable[[PackedBatch], SharedStates] | None = None,
    ) -> None:
        shape = weights.shape

        def stack(layers: Sequence[NetworkPart]) -> list[PackedLayer]:
            return [PackedLayer(layer, shape, precision, attention) for layer in layers]

        def cls_head(layers: Sequence[NetworkPart], classifier: Affine) -> _ClsHead:
            return _ClsHead(ClsLayer(layers[-1], shape, precision) if layers else None, classifier)

        self.shape = shape
        self._attention = attention
        self._body = body
        self._embedding = PackedEmbedding(weights)
        self._kept_states = weights.kept_states
        self._trunk = stack(weights.layers("trunk", 0 if self._kept_states else shape.frozen_layers))
        shared = weights.layers("shared", shape.shared_layers)
        self._shared = stack(shared)
        self._first = cls_head(shared, weights.affine("classifier"))
        self._members: list[tuple[list[PackedLayer], _ClsHead]] = []
        for member in range(shape.classifiers - 1):
            own = weights.layers(f"members.{member}.shared", shape.shared_layers)
            head = cls_head(own, weights.affine(f"members.{member}.classifier"))
            self._members.append((stack(own[:-1]), head))
        self._extractor = weights.affine("extractor")
        self._normalizer = weights.affine("normalizer")
        self._pools_mean = shape.pooling == "mean"
        self._retriever = stack(weights.layers("retriever.layers", shape.retriever_layers))

    def shared_states(self, batch: PackedBatch) -> SharedStates:
        """Run what all heads have in common (Algorithm 2, line 6)."""
        if self._body is not None:
            return self._body(batch)
        trunk = self.trunk_states(batch)
        return SharedStates(trunk, _run(self._shared[:-1], trunk, batch))

    def trunk_states(self, batch: PackedBatch) -> Tensor:
        """Run the embeddings and the frozen layers, or take what the network's `kept_states` has of them.

        Returns:
            `[tokens, hidden]`, fp32.
        """
        if self._kept_states is not None:
            kept_states = self._kept_states
            return torch.cat(
                [
                    part.unpad(kept_states(part.input_ids, part.attention_mask, part.type_ids))
                    for part in padded_parts(batch)
                ]
            )
        return _run(self._trunk, self._embedding(batch), batch)

    def votes(self, kept: SharedStates, batch: PackedBatch) -> Tensor:
        """Subtask 1a by each classifier: logits `[classifiers, texts, 2]` of NoADE and ADE.

        Members that add nothing but a last layer to the trunk look at its states together.
        """
        heads = [(kept.below, self._first)]
        heads += [(_run(layers, kept.trunk, batch), head) for layers, head in self._members]
        votes: list[Tensor] = []
        for _, together in groupby(heads, key=lambda one: id(one[0])):
            [states, *_], own = zip(*together, strict=True)
            found = self._cls(own, states, batch)
            votes += [linear(cls, *head.classifier) for cls, head in zip(found, own, strict=True)]
        return torch.stack(votes)

    def extract(self, kept: SharedStates, batch: PackedBatch, chosen: Sequence[int]) -> Tensor:
        """Subtask 1b for some of the texts: logits `[their tokens, 2]` of O and AE, one text after another.

        Args:
            kept: of the batch.
            batch: the texts.
            chosen: places in the batch, ascending; one at least.
        """
        part, places = batch.only(chosen)
        states = _run(self._shared[-1:], kept.below[places], part)
        return linear(states, *self._extractor)

    def normalize(self, trunk_states: Tensor, batch: PackedBatch) -> Tensor:
        """Subtask 1c by the classes: logits `[spans, classes]` for `[CLS] span [SEP]` or with its text."""
        if self._pools_mean:
            return linear(_mean_of_spans(_run(self._shared, trunk_states, batch), batch), *self._normalizer)
        states = _run(self._shared[:-1], trunk_states, batch)
        [cls] = self._cls([self._first], states, batch)
        return linear(cls, *self._normalizer)

    def embed_spans(self, trunk_states: Tensor, batch: PackedBatch) -> Tensor:
        """Retrieval for 1c: a vector `[spans, hidden]` of length one for each span or name.

        Raises:
            ValueError: there is no retriever.
        """
        if not self._retriever:
            raise ValueError("the network has no retriever: make it with retriever_layers of 1 or more")
        below = self._shared[: len(self._shared) - len(self._retriever)]
        states = _run([*below, *self._retriever], trunk_states, batch)
        return normalize(_mean_of_spans(states, batch), dim=-1)

    def _cls(self, heads: Sequence[_ClsHead], states: Tensor, batch: PackedBatch) -> list[Tensor]:
        """Give the state at [CLS], `[texts, hidden]`, that each of some heads on the same states reads."""
        layers = [head.layer for head in heads if head.layer is not None]
        if not layers:  # none of them has any of its own
            return [states[batch.starts]] * len(heads)
        return cls_states(layers, states, batch, self._attention)


@dataclass(frozen=True)
class _ClsHead:
    """The last layer of a classifier, if it has any of its own, and its head."""

    layer: ClsLayer | None
    classifier: Affine


def _run(layers: Sequence[PackedLayer], states: Tensor, batch: PackedBatch) -> Tensor:
    return reduce(lambda found, layer: layer(found, batch), layers, states)


def _mean_of_spans(states: Tensor, batch: PackedBatch) -> Tensor:
    """Give the mean state `[spans, hidden]` of the tokens of `[CLS] span [SEP]`, without those of a text."""
    inside = batch.type_ids == 0
    texts = batch.text_of_token[inside]
    summed = states.new_zeros(len(batch.rows), states.shape[1]).index_add_(0, texts, states[inside])
    counts = torch.bincount(texts, minlength=len(batch.rows)).clamp(min=1)
    return summed / counts[:, None]
