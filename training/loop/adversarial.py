"""Adversarial training, the future work of the paper: the loss under the worst small change of the states.

The change is made to the states of the embeddings or of the trunk, text by text. Its size is measured
against the text's own states: with `norm` 0.05, the L2 norm of the change is at most a twentieth of that of
the states, over all tokens of the text.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from training.loop.config import TrainingConfig

# Computes the loss from states `[batch, tokens, hidden]`.
LossOf = Callable[[Tensor], Tensor]


def adversarial_backward(loss_of: LossOf, states: Tensor, mask: Tensor, config: TrainingConfig) -> Tensor:
    """Compute the gradients of a step that resists small changes, by `config.adversarial`.

    Args:
        loss_of: gives the loss for states; it is asked several times.
        states: `[batch, tokens, hidden]`, unchanged.
        mask: `[batch, tokens]`, 1 for tokens; padding is never changed.
        config: which method, how far, and in how many steps.

    Returns:
        The loss to report: of the unchanged states (FGM), or the mean over the steps (FreeLB).
    """
    real = mask.to(states.dtype).unsqueeze(-1)
    radius = config.adversarial_norm * _norm(states * real)
    if config.adversarial == "fgm":
        return _fgm(loss_of, states, real, radius)
    return _freelb(loss_of, states, real, radius, config.adversarial_steps)


def _fgm(loss_of: LossOf, states: Tensor, real: Tensor, radius: Tensor) -> Tensor:
    """Fast gradient method (Miyato et al. 2017, Equation 5): the loss, and the loss one step uphill."""
    loss, uphill = _backward(loss_of, states, torch.zeros_like(states))
    change = radius * _direction(uphill * real)
    _backward(loss_of, states, change)
    return loss


def _freelb(loss_of: LossOf, states: Tensor, real: Tensor, radius: Tensor, steps: int) -> Tensor:
    """FreeLB (Zhu et al. 2020, Algorithm 1): `steps` gradient steps uphill within the radius.

    The gradients of the weights are the mean over all steps. The first change is drawn at random, uniformly
    in each element, with half the radius as its size; each step goes 2 / `steps` of the radius.
    """
    change = 0.5 * radius * _direction((2 * torch.rand_like(states) - 1) * real)
    losses = []
    for _ in range(steps):
        loss, uphill = _backward(lambda changed: loss_of(changed) / steps, states, change)
        losses.append(loss)
        moved = change + radius * (2 / steps) * _direction(uphill * real)
        change = moved * (radius / _norm(moved).clamp(min=1e-12)).clamp(max=1)
    return torch.stack(losses).sum()


def _backward(loss_of: LossOf, states: Tensor, change: Tensor) -> tuple[Tensor, Tensor]:
    """Add to the gradients of the weights; give the loss, and its gradient by the change."""
    leaf = change.detach().requires_grad_()
    loss = loss_of(states + leaf)
    loss.backward()  # type: ignore[no-untyped-call]
    return loss.detach(), leaf.grad if leaf.grad is not None else torch.zeros_like(leaf)


def _norm(states: Tensor) -> Tensor:
    """L2 norm of each text, over its tokens: `[batch, 1, 1]`."""
    norms: Tensor = torch.linalg.vector_norm(states.detach().float(), dim=(1, 2), keepdim=True)
    return norms


def _direction(change: Tensor) -> Tensor:
    """Bring the change of each text to norm 1; none stays none."""
    return change.detach() / _norm(change).clamp(min=1e-12)
