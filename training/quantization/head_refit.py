"""What the heads of a network read, for an exact and for a quantized body.

A head that gives on quantized states what it gave on exact ones, where that can be learned.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize
from torch import Tensor, nn

from models.network.layers import run_layers, run_layers_to_cls
from models.network.multitask import EnsembleMember, MultiTaskNetwork
from models.runtime.packed_network import SharedStates
from models.runtime.packing import PackedBatch, PaddedTexts

Body = Callable[[PackedBatch], SharedStates]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class HeadStates:
    """What a head reads.

    Attributes:
        states: `[inputs, hidden]`: a text each for a classifier, a token each for the Extractor.
        texts: `[inputs]`, which text each is of.
    """

    states: Floats
    texts: NDArray[np.int64]


def classifier_states(
    network: MultiTaskNetwork, body: Body, batches: Sequence[PackedBatch], advance: Callable[[int], None]
) -> list[HeadStates]:
    """Give what each classifier reads: its state at [CLS].

    Args:
        network: in eval mode, on the CPU.
        body: gives the states below the heads' own layers.
        batches: the texts.
        advance: told of each batch, how many texts it had.
    """
    members = [member.shared for member in network.members if isinstance(member, EnsembleMember)]

    def step(batch: PackedBatch) -> list[Tensor]:
        kept, padded = body(batch), PaddedTexts(batch)
        mask = padded.attention_mask
        below, trunk = padded.pad(kept.before_last), padded.pad(kept.trunk)
        first = run_layers_to_cls(network.shared[-1:], below, mask)
        return [first, *(run_layers_to_cls(layers, trunk, mask) for layers in members)]

    found: list[list[Tensor]] = []
    rows: list[int] = []
    with torch.inference_mode():
        for batch in batches:
            found.append(step(batch))
            rows.extend(batch.rows)
            advance(len(batch.rows))
    return [HeadStates(_joined(parts), np.array(rows)) for parts in zip(*found, strict=True)]


def extractor_states(network: MultiTaskNetwork, body: Body, batches: Sequence[PackedBatch]) -> HeadStates:
    """Give what the Extractor reads: the state of each token; arguments as in `classifier_states`."""
    found: list[Tensor] = []
    rows: list[int] = []
    with torch.inference_mode():
        for batch in batches:
            padded = PaddedTexts(batch)
            below = padded.pad(body(batch).before_last)
            found.append(padded.unpad(run_layers(network.shared[-1:], below, padded.attention_mask)))
            rows.extend(np.repeat(batch.rows, batch.lengths).tolist())
    return HeadStates(_joined(found), np.array(rows))


def _joined(parts: Sequence[Tensor]) -> Floats:
    return torch.cat(list(parts)).double().numpy()


# Pulls towards the head as it was; which one is best depends on the number of texts.
_PULLS: Final = (1e-1, 1e-2, 1e-3, 1e-4)
_STEPS: Final = 300
_WORTH_IT: Final = 0.95  # of the divergence: a smaller gain is chance


@dataclass(frozen=True)
class RefitResult:
    """What came of it.

    Attributes:
        before: divergence from the exact network on texts that were not fitted, in nats an input.
        after: the same with the new head; as before where no new one is better.
        pull: towards the old head, of the new one; None where the old one stays.
    """

    before: float
    after: float
    pull: float | None


def refit_head(
    head: nn.Linear, exact: HeadStates, quantized: HeadStates, held_out: NDArray[np.bool_]
) -> RefitResult:
    """RefitResult a head of two classes in place, or leave it.

    The new weights have the least cross-entropy with the probabilities that the exact network gives
    (distillation, Hinton et al. 2015), plus a pull towards the old weights. The strength of the pull is
    chosen on texts held out, and so is whether there is a new head at all: where rounding has left noise
    and no shift, the old weights are the best ones.

    Args:
        head: of the exact network.
        exact: what it read there.
        quantized: what it reads now, of the same inputs in the same order.
        held_out: `[texts]`, whether a text is for choosing.
    """
    old = _odds_of(head)
    target = _probability(_log_odds(exact.states, old))
    choosing = held_out[quantized.texts]
    if not choosing.any() or choosing.all():
        return RefitResult(0.0, 0.0, None)
    inputs = quantized.states

    def divergence(odds: Floats) -> float:
        wanted = target[choosing]
        return _loss(_log_odds(inputs[choosing], odds), wanted) - _entropy(wanted)

    before = divergence(old)
    tried = {pull: _fitted(inputs[~choosing], target[~choosing], old, pull) for pull in _PULLS}
    after = {pull: divergence(odds) for pull, odds in tried.items()}
    best = min(after, key=after.__getitem__)
    if after[best] > before * _WORTH_IT:
        return RefitResult(before, before, None)
    _put(head, _fitted(inputs, target, old, best) - old)
    return RefitResult(before, after[best], best)


def _fitted(states: Floats, target: Floats, old: Floats, pull: float) -> Floats:
    def loss(change: Floats) -> tuple[float, Floats]:
        odds = _log_odds(states, old + change)
        weights = change[:-1]
        missed = _probability(odds) - target
        slope = np.append(states.T @ missed / len(states) + pull * weights, missed.mean())
        return _loss(odds, target) + pull / 2 * float(weights @ weights), slope

    found = minimize(loss, np.zeros_like(old), jac=True, method="L-BFGS-B", options={"maxiter": _STEPS})
    return np.asarray(old + found.x, dtype=np.float64)


def _odds_of(head: nn.Linear) -> Floats:
    """Give the weights of the log-odds of the second class, the bias last: `[hidden + 1]`."""
    weight, bias = head.weight.detach().double(), head.bias.detach().double()
    return torch.cat([weight[1] - weight[0], bias[1:] - bias[:1]]).numpy()


def _put(head: nn.Linear, change: Floats) -> None:
    half = torch.from_numpy(change / 2).to(head.weight.dtype)
    with torch.no_grad():
        head.weight.add_(torch.stack([-half[:-1], half[:-1]]))
        head.bias.add_(torch.stack([-half[-1], half[-1]]))


def _log_odds(states: Floats, odds: Floats) -> Floats:
    found: Floats = states @ odds[:-1] + odds[-1]
    return found


def _probability(log_odds: Floats) -> Floats:
    found: Floats = 1 / (1 + np.exp(-log_odds.clip(-700, 700)))
    return found


def _loss(log_odds: Floats, target: Floats) -> float:
    return float((np.logaddexp(0, log_odds) - target * log_odds).mean())


def _entropy(target: Floats) -> float:
    certain = target.clip(1e-12, 1 - 1e-12)
    return float(-(certain * np.log(certain) + (1 - certain) * np.log(1 - certain)).mean())
