"""Early exits with random heads, whose log-odds vary from text to text."""

from __future__ import annotations

import math
from dataclasses import replace

import torch

from models.bundle import Bundle, EarlyExit
from models.network import ExitHead, NetworkWeights, exit_shapes


def random_exit(weights: NetworkWeights, below: int, *, seed: int = 0) -> ExitHead:
    """Return a head with random parameters for a network; no text leaves, whatever the threshold is."""
    generator = torch.Generator().manual_seed(seed)
    tensors = {
        name: 0.2 * torch.randn(size, generator=generator)
        for name, size in exit_shapes(weights.shape).items()
    }
    tensors |= {name: tensor + 1 for name, tensor in tensors.items() if name.endswith("LayerNorm.weight")}
    return ExitHead(
        below, -math.inf, -math.inf, {name: tensor.half().float() for name, tensor in tensors.items()}
    )


def leaving_below(head: ExitHead, log_odds: float) -> ExitHead:
    """Return the head with another threshold, which serves every caller."""
    return replace(head, leaves_below=log_odds)


def section_of(head: ExitHead, bundle: Bundle) -> EarlyExit:
    """Return a section for a head that serves the threshold of a bundle."""
    shown_for = bundle.config.decision.log_odds_at(bundle.config.thresholds.classifier)
    return EarlyExit(
        layer=head.below,
        leaves_below=max(-99.0, min(head.leaves_below, shown_for)),
        shown_for=shown_for,
        positives=1_000,
        kept=1_000,
        least_share=0.997,
        leaving=0.5,
    )
