"""The case `early-exit`: a bundle with an early exit, compared with the same bundle without one.

By default it is the packaged bundle with heads that are made here, after layers 3 and 4. Such a head is a
copy of the layer above it, run at [CLS], and a linear layer that is fitted to the log-odds of the whole
network on the same tweets. It costs what a trained head costs. Its threshold is taken from its own outputs,
so that a stated share of the tweets leaves: the share is set, not measured. A bundle that is named has its
own exit and its own threshold, and the share that leaves is measured.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

import torch
from torch import Tensor

from benchmarks.inference.bundle_variants import BundleVariant, VariantCase
from models.bundle import Bundle
from models.network import ExitHead, NetworkPart
from models.network.exit_head import LAYER, LINEAR
from models.runtime import GroupedAttention, micro_batches
from models.runtime.layer import ClsLayer, cls_states, position_bias
from models.scoring import make_engines
from training.exits.exit_states import TOKEN_BUDGET, ClimbingStates
from training.exits.head_training import HeadInTraining

LEAVING: Final[Mapping[int, float]] = {3: 0.5, 4: 0.8}
"""Share of the tweets that leaves at a head that is made here, by the number of layers below it."""

_CASE: Final = "early-exit"
_SHRINKAGE: Final = 1e-2  # of the linear layer, relative to the mean square of the states


def early_exit_case(texts: Sequence[str], bundle: Bundle, *, own_exit: bool = False) -> VariantCase:
    """Make the case.

    Args:
        texts: the tweets.
        bundle: without its exit it is the baseline.
        own_exit: take the exit that the bundle has; by default heads are made.
    """
    without = replace(bundle, early_exit=None)
    if own_exit:
        variants = [("with its exit", bundle)]
    else:
        variants = [
            (f"exit after layer {head.below}", replace(bundle, early_exit=head))
            for head in _fitted_heads(without, texts)
        ]
    thresholds = bundle.config.effective_thresholds
    return VariantCase(
        _CASE,
        tuple(texts),
        "leave",
        BundleVariant("without an exit", without, thresholds),
        tuple(
            BundleVariant(name, changed, thresholds, round(_share_leaving(changed, texts), 3))
            for name, changed in variants
        ),
    )


def _share_leaving(bundle: Bundle, texts: Sequence[str]) -> float:
    config = bundle.config
    windows = bundle.tweet_tokenizer.windows(texts, None).inputs
    engine = make_engines(bundle, lanes=1).first
    scores = engine.score(windows, threshold=config.settling_threshold, decision=config.decision)
    return sum(score.left_early for score in scores) / len(scores)


def _fitted_heads(bundle: Bundle, texts: Sequence[str]) -> Iterator[ExitHead]:
    """Yield a head for each layer of `LEAVING`; the highest layer it may follow is the one below the last."""
    encodings = bundle.tweet_tokenizer.encode(texts)
    batches = list(micro_batches(encodings, token_budget=TOKEN_BUDGET))
    climbing = ClimbingStates(bundle, batches, lambda texts: None)
    for below, leaving in sorted(LEAVING.items()):
        while climbing.below < below:
            climbing.climb()
        yield _fitted_head(bundle, climbing, leaving)


@torch.inference_mode()
def _fitted_head(bundle: Bundle, climbing: ClimbingStates, leaving: float) -> ExitHead:
    shape = bundle.weights.shape
    copied = HeadInTraining(bundle, climbing.below).layer.state_dict()
    tensors = {f"{LAYER}.{name}": tensor for name, tensor in copied.items()}
    layer = ClsLayer(NetworkPart(tensors, f"{LAYER}."), shape, "fp32")
    bias = position_bias(bundle.weights)
    states = torch.cat(
        [
            cls_states([layer], part.float(), batch, GroupedAttention(), bias)[0]
            for batch, part in climbing.by_batch()
        ]
    )
    weight, intercept = _least_squares(states, climbing.whole)
    tensors |= {f"{LINEAR}.weight": weight[None], f"{LINEAR}.bias": intercept[None]}
    log_odds = states @ weight + intercept
    return ExitHead(climbing.below, float(log_odds.quantile(leaving)), -torch.inf, tensors)


def _least_squares(states: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Return weight `[hidden]` and bias `[]` of a ridge regression on `[texts, hidden]`."""
    mean_state, mean_target = states.mean(0), targets.mean()
    centred = states - mean_state
    squares = centred.T @ centred
    ridge = _SHRINKAGE * squares.diagonal().mean() * torch.eye(len(squares))
    weight = torch.linalg.solve(squares + ridge, centred.T @ (targets - mean_target))
    return weight, mean_target - mean_state @ weight
