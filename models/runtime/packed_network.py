"""The multi-task network on packed tokens: states that all heads share are computed once for a batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import groupby

import torch
from torch import Tensor
from torch.nn.functional import linear, normalize

from models.device import Precision
from models.network import CLASSIFIER, EXTRACTOR, NORMALIZER, Affine, ExitHead, NetworkPart, NetworkWeights
from models.runtime.attention import Attention
from models.runtime.exit_on_tokens import PackedExit
from models.runtime.layer import ClsLayer, PackedEmbedding, PackedLayer, cls_states, position_bias
from models.runtime.packing import PackedBatch, padded_parts


@dataclass(frozen=True)
class SharedStates:
    """The states of a batch that several heads start from, all `[tokens, hidden]`, fp32.

    Attributes:
        trunk: after the frozen layers; the further classifiers of an ensemble start from it.
        before_last: before the last shared layer, which the first classifier runs at [CLS] alone and the
            Extractor on the tokens of positive texts; the same as `trunk` where no layer is shared.
    """

    trunk: Tensor
    before_last: Tensor

    def cut_to(self, tokens: int) -> SharedStates:
        """Remove rows after the last token; if both states are the same tensor they stay so."""
        trunk = self.trunk[:tokens]
        is_same = self.before_last is self.trunk
        return SharedStates(trunk, trunk if is_same else self.before_last[:tokens])


@dataclass(frozen=True)
class AfterExit:
    """A batch at an early exit.

    Attributes:
        log_odds: of the exit's head, `[texts]`, fp32.
        staying: indices of the texts that go on, ascending.
        batch: these texts; None if all leave.
        states: of these texts; None if all leave.
    """

    log_odds: Tensor
    staying: tuple[int, ...]
    batch: PackedBatch | None
    states: SharedStates | None


class PackedNetwork:
    """A multi-task network with its weights prepared for a device; computes what `MultiTaskNetwork` does.

    Args:
        weights: on the device. They are copied only where they are prepared, so training them further may or
            may not have an effect here.
        precision: of matrix products.
        attention: of the device.
        body: computes the shared states instead of the layers here, such as a quantized body.
        early_exit: settles clear negatives after a lower layer; not together with a body.
    """

    def __init__(
        self,
        weights: NetworkWeights,
        precision: Precision,
        attention: Attention,
        *,
        body: Callable[[PackedBatch], SharedStates] | None = None,
        early_exit: ExitHead | None = None,
    ) -> None:
        shape = weights.shape
        bias = position_bias(weights)

        def packed_layers(layers: Sequence[NetworkPart]) -> list[PackedLayer]:
            return [PackedLayer(layer, shape, precision, attention, bias) for layer in layers]

        def classifier_at(prefix: str, layers: Sequence[NetworkPart]) -> _PackedClassifier:
            last = ClsLayer(layers[-1], shape, precision) if layers else None
            return _PackedClassifier(last, weights.affine(f"{prefix}{CLASSIFIER.name}"))

        self.shape = shape
        self._attention = attention
        self._bias = bias
        self._body = body
        self._embedding = PackedEmbedding(weights)
        self._kept_states = weights.kept_states
        self._trunk = packed_layers(weights.layers("trunk", 0 if self._kept_states else shape.frozen_layers))
        shared = weights.layers("shared", shape.shared_layers)
        self._shared = packed_layers(shared)
        self._classifier = classifier_at("", shared)
        self._members: list[tuple[list[PackedLayer], _PackedClassifier]] = []
        for member in range(shape.classifiers - 1):
            layers = weights.layers(f"members.{member}.shared", shape.shared_layers)
            self._members.append((packed_layers(layers[:-1]), classifier_at(f"members.{member}.", layers)))
        self._extractor = weights.affine(EXTRACTOR.name)
        self._normalizer = weights.affine(NORMALIZER.name)
        self._pools_mean = shape.pooling == "mean"
        self._retriever = packed_layers(weights.layers("retriever.layers", shape.retriever_layers))
        self._exit: PackedExit | None = None
        if early_exit is not None:
            self._exit = PackedExit(early_exit, shape, precision, attention, bias)

    def shared_states(self, batch: PackedBatch) -> SharedStates:
        """Run everything that heads have in common (Algorithm 2, line 6)."""
        if self._body is not None:
            return self._body(batch)
        trunk = self.trunk_states(batch)
        return SharedStates(trunk, _run(self._shared[:-1], trunk, batch))

    def embed(self, batch: PackedBatch) -> Tensor:
        """Return the embeddings, `[tokens, hidden]`, fp32."""
        return self._embedding(batch)

    def run_layer(self, number: int, states: Tensor, batch: PackedBatch) -> Tensor:
        """Run one of the layers that heads have in common, counted from 0 above the embeddings."""
        return self._common_layers[number](states, batch)

    def exit_log_odds(self, states: Tensor, batch: PackedBatch) -> Tensor:
        """Return the log-odds of the early exit's head, `[texts]`, for the states below it.

        Raises:
            ValueError: the network has no exit.
        """
        return self._required_exit.log_odds(states, batch)

    def shared_states_after_exit(self, batch: PackedBatch) -> AfterExit:
        """Run what heads have in common, and let clear negatives leave at the early exit.

        The texts that go on get the same states as from `shared_states`, since no text attends to another.

        Raises:
            ValueError: the network has no exit.
        """
        early_exit = self._required_exit
        below, frozen = early_exit.below, len(self._trunk)
        layers = self._common_layers
        trunk_below = _run(layers[: min(below, frozen)], self._embedding(batch), batch)
        states_below = _run(layers[frozen:below], trunk_below, batch)
        log_odds = early_exit.log_odds(states_below, batch)
        staying = early_exit.staying(log_odds)
        if not staying:
            return AfterExit(log_odds, staying, None, None)
        selected, tokens = batch.select(staying)
        trunk = _run(layers[below:frozen], trunk_below[tokens], selected)
        # The same tensor stays the same: classifiers that start from it share one attention.
        states = trunk if states_below is trunk_below else states_below[tokens]
        states = _run(layers[max(below, frozen) :], states, selected)
        return AfterExit(log_odds, staying, selected, SharedStates(trunk, states))

    @property
    def _common_layers(self) -> list[PackedLayer]:
        """The layers that all heads have in common."""
        return [*self._trunk, *self._shared[:-1]]

    @property
    def _required_exit(self) -> PackedExit:
        if self._exit is None:
            raise ValueError("the network has no early exit: create it with early_exit")
        return self._exit

    def trunk_states(self, batch: PackedBatch) -> Tensor:
        """Run the embeddings and the frozen layers, or return their states from `NetworkWeights.kept_states`.

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

    def votes(self, states: SharedStates, batch: PackedBatch) -> Tensor:
        """Return the logits of each classifier, `[classifiers, texts, 2]` of NoADE and ADE (subtask 1a).

        Classifiers that start from the same states share one attention.
        """
        inputs = [(states.before_last, self._classifier)]
        inputs += [(_run(layers, states.trunk, batch), classifier) for layers, classifier in self._members]
        votes: list[Tensor] = []
        for _, group in groupby(inputs, key=lambda pair: id(pair[0])):
            [same_states, *_], classifiers = zip(*group, strict=True)
            at_cls = self._states_at_cls(classifiers, same_states, batch)
            votes += [
                linear(cls, *classifier.linear) for cls, classifier in zip(at_cls, classifiers, strict=True)
            ]
        return torch.stack(votes)

    def extract(self, states: SharedStates, batch: PackedBatch, texts: Sequence[int]) -> Tensor:
        """Return the Extractor's logits of O and AE for some of the texts (subtask 1b).

        Args:
            states: of the batch.
            batch: the texts.
            texts: indices in the batch, ascending; at least one.

        Returns:
            `[tokens of these texts, 2]`, one text after another.
        """
        return linear(self.last_states(states, batch, texts), *self._extractor)

    def last_states(self, states: SharedStates, batch: PackedBatch, texts: Sequence[int]) -> Tensor:
        """Return the states after the last layer for some of the texts; takes the arguments of `extract`.

        Returns:
            `[tokens of these texts, hidden]`, fp32, one text after another.
        """
        selected, tokens = batch.select(texts)
        return _run(self._shared[-1:], states.before_last[tokens], selected)

    def normalize(self, trunk_states: Tensor, batch: PackedBatch) -> Tensor:
        """Return the Normalizer's logits `[spans, classes]` (subtask 1c).

        Args:
            trunk_states: as returned by the method of this name.
            batch: `[CLS] span [SEP]`, or `[CLS] span [SEP] tweet [SEP]`.
        """
        if self._pools_mean:
            states = _run(self._shared, trunk_states, batch)
            return linear(_mean_of_spans(states, batch), *self._normalizer)
        states = _run(self._shared[:-1], trunk_states, batch)
        [cls] = self._states_at_cls([self._classifier], states, batch)
        return linear(cls, *self._normalizer)

    def embed_spans(self, trunk_states: Tensor, batch: PackedBatch) -> Tensor:
        """Return the retriever's vector of each span or name, `[spans, hidden]`, of length one (subtask 1c).

        Raises:
            ValueError: the network has no retriever.
        """
        if not self._retriever:
            raise ValueError("the network has no retriever: create it with retriever_layers of 1 or more")
        below = self._shared[: len(self._shared) - len(self._retriever)]
        states = _run([*below, *self._retriever], trunk_states, batch)
        return normalize(_mean_of_spans(states, batch), dim=-1)

    def _states_at_cls(
        self, classifiers: Sequence[_PackedClassifier], states: Tensor, batch: PackedBatch
    ) -> list[Tensor]:
        """Return the state at [CLS], `[texts, hidden]`, that each of the classifiers reads."""
        layers = [classifier.last_layer for classifier in classifiers if classifier.last_layer is not None]
        if not layers:  # all layers are frozen, so that the classifiers read the same states
            return [states[batch.starts]] * len(classifiers)
        return cls_states(layers, states, batch, self._attention, self._bias)


@dataclass(frozen=True)
class _PackedClassifier:
    """A classifier of the ensemble: its last layer, if any layer is shared, and its linear layer."""

    last_layer: ClsLayer | None
    linear: Affine


def _run(layers: Sequence[PackedLayer], states: Tensor, batch: PackedBatch) -> Tensor:
    return reduce(lambda below, layer: layer(below, batch), layers, states)


def _mean_of_spans(states: Tensor, batch: PackedBatch) -> Tensor:
    """Return the mean state, `[spans, hidden]`, of the tokens of `[CLS] span [SEP]`, without a tweet's."""
    is_span = batch.type_ids == 0
    texts = batch.text_of_token[is_span]
    sums = states.new_zeros(len(batch.rows), states.shape[1]).index_add_(0, texts, states[is_span])
    counts = torch.bincount(texts, minlength=len(batch.rows)).clamp(min=1)
    return sums / counts[:, None]
