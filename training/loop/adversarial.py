"""Adversarial training, the paper's future work: gradients under the worst small perturbation of the states.

The states of the embeddings or of the trunk are perturbed, each text on its own. The size of a perturbation
is relative to the text's own states, over all its tokens: with `adversarial_norm` 0.05, its L2 norm is at
most a twentieth of theirs.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from training.loop.config import TrainingConfig

# Computes the loss from states `[batch, tokens, hidden]`.
LossFunction = Callable[[Tensor], Tensor]


def adversarial_backward(
    loss_of: LossFunction, states: Tensor, mask: Tensor, config: TrainingConfig
) -> Tensor:
    """Accumulate the gradients of an adversarial step, by the method in `config.adversarial`.

    Args:
        loss_of: computes the loss from states; called several times.
        states: `[batch, tokens, hidden]`, unperturbed.
        mask: `[batch, tokens]`, 1 for tokens. Padding is never perturbed.
        config: the method, the size of the perturbation, and the number of steps.

    Returns:
        The loss to report: that of the unperturbed states (FGM), or the mean over the steps (FreeLB).
    """
    is_token = mask.to(states.dtype).unsqueeze(-1)
    radius = config.adversarial_norm * _norm(states * is_token)
    if config.adversarial == "fgm":
        return _fgm(loss_of, states, is_token, radius)
    return _freelb(loss_of, states, is_token, radius, config.adversarial_steps)


def _fgm(loss_of: LossFunction, states: Tensor, is_token: Tensor, radius: Tensor) -> Tensor:
    """Run FGM (Miyato et al. 2017, Equation 5): add the gradients of the loss one step uphill."""
    loss, gradient = _backward(loss_of, states, torch.zeros_like(states))
    perturbation = radius * _unit(gradient * is_token)
    _backward(loss_of, states, perturbation)
    return loss


def _freelb(loss_of: LossFunction, states: Tensor, is_token: Tensor, radius: Tensor, steps: int) -> Tensor:
    """Run FreeLB (Zhu et al. 2020, Algorithm 1): `steps` gradient steps uphill within the radius.

    The gradients of the weights are the mean over all steps. The first perturbation is drawn uniformly in
    each element and scaled to half the radius. Each step moves by 2 / `steps` of the radius.
    """
    perturbation = 0.5 * radius * _unit((2 * torch.rand_like(states) - 1) * is_token)
    losses = []
    for _ in range(steps):
        loss, gradient = _backward(lambda perturbed: loss_of(perturbed) / steps, states, perturbation)
        losses.append(loss)
        moved = perturbation + radius * (2 / steps) * _unit(gradient * is_token)
        perturbation = moved * (radius / _norm(moved).clamp(min=1e-12)).clamp(max=1)
    return torch.stack(losses).sum()


def _backward(loss_of: LossFunction, states: Tensor, perturbation: Tensor) -> tuple[Tensor, Tensor]:
    """Accumulate the weights' gradients. Return the loss and its gradient by the perturbation."""
    leaf = perturbation.detach().requires_grad_()
    loss = loss_of(states + leaf)
    loss.backward()  # type: ignore[no-untyped-call]
    return loss.detach(), leaf.grad if leaf.grad is not None else torch.zeros_like(leaf)


def _norm(states: Tensor) -> Tensor:
    """Return the L2 norm of each text over its tokens: `[batch, 1, 1]`."""
    norms: Tensor = torch.linalg.vector_norm(states.detach().float(), dim=(1, 2), keepdim=True)
    return norms


def _unit(direction: Tensor) -> Tensor:
    """Scale each text's direction to norm 1; zero stays zero."""
    return direction.detach() / _norm(direction).clamp(min=1e-12)
