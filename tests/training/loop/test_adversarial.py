"""FGM and FreeLB: the size, direction and effect of the perturbations."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from tests.training.loop.tiny_training import CONFIG, tiny_fit
from training.loop.adversarial import adversarial_backward
from training.loop.config import TrainingConfig

STATES = torch.randn(3, 4, 6, generator=torch.Generator().manual_seed(0))
MASK = torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0], [1, 0, 0, 0]])
FGM = replace(CONFIG, adversarial="fgm", adversarial_norm=0.2)
FREELB = replace(CONFIG, adversarial="freelb", adversarial_norm=0.2, adversarial_steps=4)


class CurvedLoss:
    """A curved loss whose weights get gradients; records the states that it was computed from."""

    def __init__(self) -> None:
        self.weights = torch.linspace(-1, 1, 6).requires_grad_()
        self.inputs: list[Tensor] = []
        self.losses: list[float] = []

    def __call__(self, states: Tensor) -> Tensor:
        self.inputs.append(states.detach().clone())
        loss = ((states * MASK.unsqueeze(-1)) @ self.weights).square().sum()
        self.losses.append(loss.item())
        return loss


def norms(perturbation: Tensor) -> Tensor:
    return perturbation.flatten(1).norm(dim=1)


@pytest.mark.parametrize("config", [FGM, FREELB], ids=["fgm", "freelb"])
def test_perturbations_stay_within_the_radius_and_leave_padding_alone(config: TrainingConfig) -> None:
    curve = CurvedLoss()
    adversarial_backward(curve, STATES, MASK, config)
    radius = config.adversarial_norm * norms(STATES * MASK.unsqueeze(-1))
    for states in curve.inputs:
        perturbation = states - STATES
        assert bool((norms(perturbation) <= radius * 1.0001).all())
        assert not perturbation[MASK == 0].any()
    assert torch.allclose(norms(curve.inputs[-1] - STATES), radius, rtol=1e-3)


@pytest.mark.parametrize("config", [FGM, FREELB], ids=["fgm", "freelb"])
def test_perturbations_increase_the_loss(config: TrainingConfig) -> None:
    curve = CurvedLoss()
    adversarial_backward(curve, STATES, MASK, config)
    clean = CurvedLoss()(STATES).item()
    assert curve.losses[-1] > clean
    assert curve.losses == sorted(curve.losses)


def test_fgm_follows_the_gradient_and_adds_both_losses() -> None:
    curve, plain = CurvedLoss(), CurvedLoss()
    reported = adversarial_backward(curve, STATES, MASK, FGM)
    leaf = STATES.clone().requires_grad_()
    plain(leaf).backward()
    assert leaf.grad is not None
    cosine = torch.cosine_similarity((curve.inputs[1] - STATES).flatten(1), leaf.grad.flatten(1))
    assert torch.allclose(cosine, torch.ones(3), atol=1e-5)
    plain(curve.inputs[1]).backward()
    assert torch.allclose(curve.weights.grad, plain.weights.grad)
    assert reported.item() == pytest.approx(curve.losses[0])


def test_freelb_takes_the_mean_over_its_steps() -> None:
    curve, plain = CurvedLoss(), CurvedLoss()
    reported = adversarial_backward(curve, STATES, MASK, FREELB)
    assert len(curve.inputs) == 4
    for states in curve.inputs:
        (plain(states) / 4).backward()
    assert torch.allclose(curve.weights.grad, plain.weights.grad, rtol=1e-4)
    assert reported.item() == pytest.approx(sum(curve.losses) / 4)


@pytest.mark.parametrize("at", ["embeddings", "trunk"])
@pytest.mark.parametrize("kind", ["fgm", "freelb"])
def test_both_methods_train_at_embeddings_and_at_the_trunk(
    kind: str, at: str, tiny_encoder: Path, tmp_path: Path
) -> None:
    config = replace(
        CONFIG,
        adversarial=kind,
        adversarial_at=at,
        epochs=5,
        dropout=0.0,
        layer_dropout=0.0,
        learning_rate=3e-3,
        head_learning_rate=3e-3,
    )
    _, state = tiny_fit(tiny_encoder, tmp_path, config)
    losses = [figures["losses"]["1a"] for figures in state.history if "1a" in figures["losses"]]
    assert losses[-1] < losses[0]


def test_fgm_with_norm_zero_doubles_the_plain_gradient() -> None:
    curve, plain = CurvedLoss(), CurvedLoss()
    adversarial_backward(curve, STATES, MASK, replace(FGM, adversarial_norm=0.0))
    plain(STATES).backward()
    assert torch.allclose(curve.weights.grad, 2 * plain.weights.grad)
