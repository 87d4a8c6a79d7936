"""The steps from a bundle to the same bundle with a quantized body, in memory."""

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
from models.network import EnsembleMember, MultiTaskNetwork
from models.runtime import GroupedAttention, PackedBatch, PackedNetwork, micro_batches
from models.runtime.int8 import BodyIr, QuantizedBody, body_layers
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

RANGE_TEXTS: Final = 400  # texts that the ranges are measured on; more change nothing
REFIT_TEXTS: Final = 4_000  # most texts that heads are refitted on, since their states are kept in memory
_HELD_OUT: Final = 0.25  # of these, to choose how much a head may change
_TOKEN_BUDGET: Final = 1_024


@dataclass(frozen=True)
class CalibratedBody:
    """A quantized body, before the heads are refitted to it.

    Attributes:
        exact: the bundle that was quantized.
        body: its quantized body.
        batches: the calibration texts.
        positive: `[texts]`, True for those that report an adverse effect.
    """

    exact: Bundle
    body: BodyIr
    batches: list[PackedBatch]
    positive: NDArray[np.bool_]


@dataclass(frozen=True)
class QuantizedBundle:
    """A bundle with a quantized body and heads refitted to it.

    Attributes:
        bundle: its config and path are those of the exact bundle.
        texts: number of texts that it was calibrated on.
        refits: the result for each head, by name.
    """

    bundle: Bundle
    texts: int
    refits: Mapping[str, RefitResult]


def quantize_body(bundle: Bundle, examples: Sequence[Example], *, seed: int) -> CalibratedBody:
    """Quantize the body of a bundle.

    Args:
        bundle: is not changed.
        examples: calibration texts, like those to come.
        seed: for the choice among them.

    Raises:
        RunError: OpenVINO or NNCF is not installed, the network is too small to be quantized, or there are no
            texts.
    """
    if not examples:
        raise RunError("there are no calibration texts: use some hundreds of texts like those to come")
    if not body_layers(bundle.weights.shape):
        raise RunError("the network has a single layer, which stays exact: there is nothing to quantize")
    order = np.random.default_rng(seed).permutation(len(examples))[:REFIT_TEXTS]
    tokenizer = bundle.tweet_tokenizer
    encodings = tokenizer.encode([examples[row].text for row in order])
    return CalibratedBody(
        bundle,
        quantize_with_nncf(bundle.weights, encodings[:RANGE_TEXTS]),
        list(micro_batches(encodings, token_budget=_TOKEN_BUDGET)),
        np.array([examples[row].label == 1 for row in order]),
    )


def refit_heads(
    calibrated: CalibratedBody, advance: Callable[[int], None] = lambda texts: None
) -> QuantizedBundle:
    """Refit the heads of the Classifiers and the Extractor to a quantized body.

    Labels are not needed: the target is what the exact network predicts. The Extractor is fitted on the texts
    that report an adverse effect, since it is run on no others.

    Args:
        calibrated: is not changed.
        advance: called after each batch with the number of its texts; each text counts twice.
    """
    weights, network = calibrated.exact.weights, deepcopy(calibrated.exact.network)
    exact = PackedNetwork(weights, "fp32", GroupedAttention()).shared_states
    quantized = QuantizedBody(calibrated.body, weights, GroupedAttention(), lanes=1)
    refits = _refit_all(network, exact, quantized, calibrated.batches, calibrated.positive, advance)
    _round_to_half(network)
    bundle = calibrated.exact.with_network(network, calibrated.body)
    return QuantizedBundle(bundle, len(calibrated.positive), refits)


def _refit_all(
    network: MultiTaskNetwork,
    exact: Body,
    quantized: Body,
    batches: Sequence[PackedBatch],
    positive: NDArray[np.bool_],
    advance: Callable[[int], None],
) -> dict[str, RefitResult]:
    # The texts are already in a random order, so every fourth one is a random choice.
    held_out = np.arange(len(positive)) % round(1 / _HELD_OUT) == 0
    before = classifier_states(network, exact, batches, advance)
    after = classifier_states(network, quantized, batches, advance)
    refits = {}
    heads = zip(_classifiers(network), before, after, strict=True)
    for number, (head, old_states, new_states) in enumerate(heads, 1):
        name = "classifier" if number == 1 else f"classifier {number}"
        refits[name] = refit_head(head, old_states, new_states, held_out)
    positives = _select_texts(batches, positive)
    if positives:
        refits["extractor"] = refit_head(
            network.extractor,
            extractor_states(network, exact, positives),
            extractor_states(network, quantized, positives),
            held_out,
        )
    return refits


def _classifiers(network: MultiTaskNetwork) -> list[nn.Linear]:
    members = [member.classifier for member in network.members if isinstance(member, EnsembleMember)]
    return [network.classifier, *members]


def _select_texts(batches: Sequence[PackedBatch], selected: NDArray[np.bool_]) -> list[PackedBatch]:
    indices = [[index for index, row in enumerate(batch.rows) if selected[row]] for batch in batches]
    return [batch.select(texts)[0] for batch, texts in zip(batches, indices, strict=True) if texts]


def _round_to_half(network: MultiTaskNetwork) -> None:
    """Round the weights as the bundle will store them, so that the stored bundle is the evaluated one."""
    with torch.no_grad():
        for tensor in network.trained_state().values():
            tensor.copy_(tensor.half())
