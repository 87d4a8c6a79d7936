"""Heads refitted to a quantized body: from its states, they predict what they predicted from exact ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize
from torch import Tensor, nn

from models.network import EnsembleMember, MultiTaskNetwork, run_layers, run_layers_to_cls
from models.runtime import PackedBatch, PaddedTexts, SharedStates

Body = Callable[[PackedBatch], SharedStates]
Floats = NDArray[np.float64]

# Candidates for the strength of the penalty on changed weights. The best one depends on the number of texts.
_PENALTIES: Final = (1e-1, 1e-2, 1e-3, 1e-4)
_STEPS: Final = 300
_WORTHWHILE: Final = 0.95  # of the divergence before; a smaller gain is chance


@dataclass(frozen=True)
class HeadStates:
    """The inputs of a head.

    Attributes:
        states: `[inputs, hidden]`. An input is a text for a classifier, and a token for the Extractor.
        texts: `[inputs]`, the index of the text that each input belongs to.
    """

    states: Floats
    texts: NDArray[np.int64]


@dataclass(frozen=True)
class RefitResult:
    """The effect of a refit.

    Attributes:
        before: divergence from the exact network on held-out texts, in nats per input.
        after: the same with the new head; equal to `before` if the old head stays.
        penalty: the strength that was chosen, or None if the old head stays.
    """

    before: float
    after: float
    penalty: float | None


def classifier_states(
    network: MultiTaskNetwork, body: Body, batches: Sequence[PackedBatch], advance: Callable[[int], None]
) -> list[HeadStates]:
    """Compute the inputs of each classifier: the states at [CLS].

    Args:
        network: in eval mode, on the CPU.
        body: computes the states below the heads' own layers.
        batches: the texts.
        advance: called after each batch with the number of its texts.
    """
    members = [member.shared for member in network.members if isinstance(member, EnsembleMember)]

    def run_batch(batch: PackedBatch) -> list[Tensor]:
        shared, padded = body(batch), PaddedTexts(batch)
        mask = padded.attention_mask
        below, trunk = padded.pad(shared.before_last), padded.pad(shared.trunk)
        bias = network.position_bias(mask.shape[1])
        first = run_layers_to_cls(network.shared[-1:], below, mask, bias)
        return [first, *(run_layers_to_cls(layers, trunk, mask, bias) for layers in members)]

    by_batch: list[list[Tensor]] = []
    texts: list[int] = []
    with torch.inference_mode():
        for batch in batches:
            by_batch.append(run_batch(batch))
            texts.extend(batch.rows)
            advance(len(batch.rows))
    by_classifier = zip(*by_batch, strict=True)
    return [HeadStates(_concatenate(states), np.array(texts)) for states in by_classifier]


def extractor_states(network: MultiTaskNetwork, body: Body, batches: Sequence[PackedBatch]) -> HeadStates:
    """Compute the inputs of the Extractor: the state of each token. See `classifier_states`."""
    by_batch: list[Tensor] = []
    texts: list[int] = []
    with torch.inference_mode():
        for batch in batches:
            padded = PaddedTexts(batch)
            below = padded.pad(body(batch).before_last)
            bias = network.position_bias(below.shape[1])
            states = run_layers(network.shared[-1:], below, padded.attention_mask, bias)
            by_batch.append(padded.unpad(states))
            texts.extend(np.repeat(batch.rows, batch.lengths).tolist())
    return HeadStates(_concatenate(by_batch), np.array(texts))


def refit_head(
    head: nn.Linear, exact: HeadStates, quantized: HeadStates, held_out: NDArray[np.bool_]
) -> RefitResult:
    """Refit a head with two classes in place, or leave it as it is.

    The new weights minimize the cross-entropy with the probabilities of the exact network (distillation,
    Hinton et al. 2015), plus a penalty on the change of the weights. Held-out texts decide how strong the
    penalty is. They also decide whether the head changes at all: if quantization added noise without a shift,
    the old weights are the best ones.

    Args:
        head: of the exact network.
        exact: its inputs there.
        quantized: its inputs now, for the same texts and tokens in the same order.
        held_out: `[texts]`, True for the texts that choose the penalty.
    """
    old = _log_odds_weights(head)
    target = _probability(_log_odds(exact.states, old))
    chooses = held_out[quantized.texts]
    if not chooses.any() or chooses.all():
        return RefitResult(0.0, 0.0, None)
    states = quantized.states

    def divergence(weights: Floats) -> float:
        expected = target[chooses]
        return _loss(_log_odds(states[chooses], weights), expected) - _entropy(expected)

    before = divergence(old)
    fits = {penalty: _fit(states[~chooses], target[~chooses], old, penalty) for penalty in _PENALTIES}
    after = {penalty: divergence(weights) for penalty, weights in fits.items()}
    best = min(after, key=after.__getitem__)
    if after[best] > before * _WORTHWHILE:
        return RefitResult(before, before, None)
    _change_head(head, _fit(states, target, old, best) - old)
    return RefitResult(before, after[best], best)


def _fit(states: Floats, target: Floats, old: Floats, penalty: float) -> Floats:
    def loss_and_gradient(change: Floats) -> tuple[float, Floats]:
        odds = _log_odds(states, old + change)
        weights = change[:-1]
        error = _probability(odds) - target
        gradient = np.append(states.T @ error / len(states) + penalty * weights, error.mean())
        return _loss(odds, target) + penalty / 2 * float(weights @ weights), gradient

    start = np.zeros_like(old)
    solution = minimize(loss_and_gradient, start, jac=True, method="L-BFGS-B", options={"maxiter": _STEPS})
    return np.asarray(old + solution.x, dtype=np.float64)


def _log_odds_weights(head: nn.Linear) -> Floats:
    """Return the weights of the log-odds of the second class, the bias last: `[hidden + 1]`."""
    weight, bias = head.weight.detach().double(), head.bias.detach().double()
    return torch.cat([weight[1] - weight[0], bias[1:] - bias[:1]]).numpy()


def _change_head(head: nn.Linear, change: Floats) -> None:
    """Add a change of the log-odds, half of it to each class, so that the sum of both logits stays."""
    half = torch.from_numpy(change / 2).to(head.weight.dtype)
    with torch.no_grad():
        head.weight.add_(torch.stack([-half[:-1], half[:-1]]))
        head.bias.add_(torch.stack([-half[-1], half[-1]]))


def _log_odds(states: Floats, weights: Floats) -> Floats:
    odds: Floats = states @ weights[:-1] + weights[-1]
    return odds


def _probability(log_odds: Floats) -> Floats:
    probability: Floats = 1 / (1 + np.exp(-log_odds.clip(-700, 700)))
    return probability


def _loss(log_odds: Floats, target: Floats) -> float:
    return float((np.logaddexp(0, log_odds) - target * log_odds).mean())


def _entropy(target: Floats) -> float:
    clipped = target.clip(1e-12, 1 - 1e-12)
    return float(-(clipped * np.log(clipped) + (1 - clipped) * np.log(1 - clipped)).mean())


def _concatenate(states: Sequence[Tensor]) -> Floats:
    return torch.cat(list(states)).double().numpy()
