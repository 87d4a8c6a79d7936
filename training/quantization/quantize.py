"""From a bundle to the same bundle with a quantized body, in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from models.bundle import Bundle
from models.encoder.tokenization import TweetTokenizer
from models.network.multitask import EnsembleMember, MultiTaskNetwork
from models.runtime.attention import GroupedAttention
from models.runtime.int8 import BodyIr, QuantizedBody
from models.runtime.int8.body import body_layers
from models.runtime.packed_network import PackedNetwork
from models.runtime.packing import PackedBatch, micro_batches
from training.errors import RunError
from training.examples import Example
from training.quantization.head_refit import (
    Body,
    RefitResult,
    classifier_states,
    extractor_states,
    refit_head,
)
from training.quantization.post_training import quantize_with_nncf

RANGE_TEXTS: Final = 400  # whose activations give the ranges: more change nothing
REFIT_TEXTS: Final = 4_000  # that heads are refitted on, at most: their states are kept in memory
_HELD_OUT: Final = 0.25  # of these, for choosing how much a head may change
_TOKEN_BUDGET: Final = 1_024

Advance = Callable[[int], None]


@dataclass(frozen=True)
class CalibratedBody:
    """A quantized body, before the heads are refitted to it.

    Attributes:
        exact: the bundle that it was made of.
        body: of it, quantized.
        batches: the calibration texts.
        positive: `[texts]`, which of them report an adverse effect.
    """

    exact: Bundle
    body: BodyIr
    batches: list[PackedBatch]
    positive: NDArray[np.bool_]


@dataclass(frozen=True)
class QuantizedBundle:
    """What came of it.

    Attributes:
        bundle: with the quantized body and the refitted heads; config and path are those of the exact one.
        texts: how many gave ranges or a refit_head.
        refits: of the heads, by name.
    """

    bundle: Bundle
    texts: int
    refits: Mapping[str, RefitResult]


def quantize_body(bundle: Bundle, examples: Sequence[Example], *, seed: int) -> CalibratedBody:
    """Quantize the body of a bundle.

    Args:
        bundle: is not changed.
        examples: calibration texts, like those to come.
        seed: of the choice among them.

    Raises:
        ModelError: OpenVINO is not installed.
        RunError: NNCF is not installed, the network is too small to be quantized, or there is no text.
    """
    if not examples:
        raise RunError("there are no calibration texts: give some hundreds of those to come")
    if not body_layers(bundle.weights.shape):
        raise RunError("the network has a single layer, which stays exact: there is nothing to quantize")
    order = np.random.default_rng(seed).permutation(len(examples))[:REFIT_TEXTS]
    tokenizer = TweetTokenizer(bundle.tokenizer, bundle.config.max_tokens)
    encodings = tokenizer.encode([examples[row].text for row in order])
    return CalibratedBody(
        bundle,
        quantize_with_nncf(bundle.weights, encodings[:RANGE_TEXTS]),
        list(micro_batches(encodings, token_budget=_TOKEN_BUDGET)),
        np.array([examples[row].label == 1 for row in order]),
    )


def refit_heads(rounded: CalibratedBody, advance: Advance = lambda texts: None) -> QuantizedBundle:
    """RefitResult the heads of the Classifiers and the Extractor to a quantized body.

    Labels are not asked: the heads are held against what the exact network says. The Extractor is fitted on
    the texts that report an adverse effect, as it is asked of no others.

    Args:
        rounded: is not changed.
        advance: told of so many more texts that were read, each twice.
    """
    weights, network = rounded.exact.weights, deepcopy(rounded.exact.network)
    exact = PackedNetwork(weights, "fp32", GroupedAttention()).shared_states
    body = QuantizedBody(rounded.body, weights, GroupedAttention(), lanes=1)
    refits = _refit_all(network, exact, body, rounded.batches, rounded.positive, advance)
    _halve(network)
    return QuantizedBundle(rounded.exact.with_network(network, rounded.body), len(rounded.positive), refits)


def _refit_all(
    network: MultiTaskNetwork,
    exact: Body,
    rounded: Body,
    batches: Sequence[PackedBatch],
    positive: NDArray[np.bool_],
    advance: Advance,
) -> dict[str, RefitResult]:
    # Texts are in the order of a seeded draw already.
    held_out = np.arange(len(positive)) % round(1 / _HELD_OUT) == 0
    before = classifier_states(network, exact, batches, advance)
    after = classifier_states(network, rounded, batches, advance)
    refits = {}
    for number, (head, was, now) in enumerate(zip(_classifiers(network), before, after, strict=True), 1):
        refits["classifier" if number == 1 else f"classifier {number}"] = refit_head(head, was, now, held_out)
    with_spans = list(_only(batches, positive))
    if with_spans:
        refits["extractor"] = refit_head(
            network.extractor,
            extractor_states(network, exact, with_spans),
            extractor_states(network, rounded, with_spans),
            held_out,
        )
    return refits


def _classifiers(network: MultiTaskNetwork) -> list[nn.Linear]:
    members = [member.classifier for member in network.members if isinstance(member, EnsembleMember)]
    return [network.classifier, *members]


def _only(batches: Sequence[PackedBatch], wanted: NDArray[np.bool_]) -> list[PackedBatch]:
    chosen = [(batch, [at for at, row in enumerate(batch.rows) if wanted[row]]) for batch in batches]
    return [batch.select(places)[0] for batch, places in chosen if places]


def _halve(network: MultiTaskNetwork) -> None:
    """Round the weights as the bundle will store them, so that what is judged is what is written."""
    with torch.no_grad():
        for tensor in network.trained_state().values():
            tensor.copy_(tensor.half())
