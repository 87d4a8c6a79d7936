"""Step two, forward: batches of tokens to probabilities. The only step that needs the device."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from models.network import MultiTaskNetwork
from models.tokenization import TokenBatch
from models.vote import Decision


@dataclass(frozen=True)
class TweetScores:
    """What the Classifier and the Extractor say of one tweet.

    Attributes:
        probability: of ADE, in [0, 1].
        adverse: for each token, special ones included, the probability of AE; None where the
            Classifier's probability is under its threshold (Algorithm 2 never asks then).
    """

    probability: float
    adverse: tuple[float, ...] | None


@dataclass(frozen=True)
class RankedClass:
    """A class of the Normalizer, by its index, with its probability."""

    index: int
    probability: float


@torch.inference_mode()
def classify_and_extract(
    network: MultiTaskNetwork, batch: TokenBatch, *, threshold: float, decision: Decision | None = None
) -> list[TweetScores]:
    """Run Classifier and, on the positives, Extractor (Algorithm 2, lines 6 to 8).

    The trunk runs once for both heads, and for all classifiers of an ensemble.

    Args:
        network: in eval mode, on the device of the batch.
        batch: of `[CLS] tweet [SEP]`.
        threshold: probability from which a tweet is positive.
        decision: how the probability comes about; as it is where there is a single classifier by default.

    Returns:
        One for each row of the batch, in its order.
    """
    mask = batch.attention_mask
    states = _trunk_states(network, batch)
    decision = decision or Decision()
    probabilities: list[float] = decision.probability(network.votes(states, mask)).tolist()
    positives = [position for position, probability in enumerate(probabilities) if probability >= threshold]
    adverse: dict[int, tuple[float, ...]] = {}
    if positives:
        lengths: list[int] = mask.sum(1).tolist()
        logits = network.extract(states[positives], mask[positives])
        tokens: list[list[float]] = logits.softmax(-1)[..., 1].tolist()
        adverse = {
            position: tuple(row[: lengths[position]]) for position, row in zip(positives, tokens, strict=True)
        }
    return [
        TweetScores(probability, adverse.get(position)) for position, probability in enumerate(probabilities)
    ]


@torch.inference_mode()
def normalize(network: MultiTaskNetwork, batch: TokenBatch, *, best: int) -> list[list[RankedClass]]:
    """Run the Normalizer on spans (Algorithm 2, line 10).

    Args:
        network: in eval mode, on the device of the batch.
        batch: of `[CLS] span [SEP]` or `[CLS] span [SEP] tweet [SEP]`.
        best: how many classes to give for each span, fewer where there are fewer.

    Returns:
        For each row of the batch, in its order, the likeliest classes, best first.
    """
    logits = network.normalize(_trunk_states(network, batch), batch.attention_mask, batch.span_mask)
    probabilities = logits.softmax(-1)
    top = probabilities.topk(min(best, network.ptids))
    return [
        [RankedClass(index, probability) for index, probability in zip(indices, values, strict=True)]
        for indices, values in zip(top.indices.tolist(), top.values.tolist(), strict=True)
    ]


def _trunk_states(network: MultiTaskNetwork, batch: TokenBatch) -> Tensor:
    return network.trunk_states(batch.input_ids, batch.attention_mask, batch.token_type_ids)
