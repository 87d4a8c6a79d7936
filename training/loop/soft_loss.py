"""The loss on soft targets: a student learns the teacher's distribution along with the annotated class.

Knowledge distillation after Hinton et al. (2015, "Distilling the Knowledge in a Neural Network"): both
distributions are softened by a temperature, and the divergence is multiplied by its square, so that its
gradients keep their size.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from training.loop.config import TrainingConfig
from training.loop.soft_targets import SoftBatch
from training.loop.task_data import IGNORED


@dataclass(frozen=True)
class TargetWeights:
    """How much each target of a mini-batch counts.

    Attributes:
        hard: `[targets]`, of the annotated class; 0 where there is none.
        soft: `[targets]`, of the teacher's distribution; 0 where there is none.
    """

    hard: Tensor
    soft: Tensor

    @property
    def total(self) -> float:
        """The sum by which the loss is divided."""
        return float(self.hard.sum() + self.soft.sum())


def weigh_targets(
    targets: Tensor, present: Tensor, class_weights: Tensor | None, config: TrainingConfig
) -> TargetWeights:
    """Divide the weight of each target between the annotated class and the teacher.

    A target with both counts `1 - distill_weight` for the class and `distill_weight` for the teacher. A
    target with one of the two counts 1 for it. Class weights apply to annotated classes alone: the teacher's
    distribution is learned as it is.

    Args:
        targets: `[targets]`, `IGNORED` where there is no annotated class.
        present: `[targets]`, True where the teacher gave a distribution.
        class_weights: `[classes]`, or None where all classes weigh 1.
        config: has `distill_weight`.
    """
    is_hard = targets != IGNORED
    weights = torch.ones(targets.shape, device=targets.device)
    if class_weights is not None:
        weights = class_weights[targets.clamp(min=0)]
    share = config.distill_weight
    hard = torch.where(is_hard, weights, 0.0)
    hard = torch.where(present, (1 - share) * hard, hard)
    soft = torch.where(present, torch.where(is_hard, share, 1.0), 0.0)
    return TargetWeights(hard, soft)


def weighted_loss(
    logits: Tensor, targets: Tensor, soft: SoftBatch, weights: TargetWeights, temperature: float
) -> Tensor:
    """Compute the sum of the weighted losses of all targets.

    Args:
        logits: `[targets, classes]`.
        targets: `[targets]`, `IGNORED` where there is no annotated class.
        soft: with as many targets.
        weights: of the targets.
        temperature: by which the logits of both are divided.

    Returns:
        A scalar: cross-entropy with the annotated classes, plus the divergence from the teacher.
    """
    hard = cross_entropy(logits, targets, ignore_index=IGNORED, reduction="none")
    divergence = soft_divergence(logits, soft, temperature)
    return (weights.hard * hard).sum() + temperature**2 * (weights.soft * divergence).sum()


def soft_divergence(logits: Tensor, soft: SoftBatch, temperature: float) -> Tensor:
    """Compute the Kullback-Leibler divergence of the student from the teacher, both softened.

    The teacher's probabilities are scaled to a sum of 1 over the candidates that are known. The student's
    cover all classes, so it learns that the others are unlikely.

    Args:
        logits: of the student, `[targets, classes]`.
        soft: of the teacher, with as many targets.
        temperature: by which the logits are divided.

    Returns:
        `[targets]`; 0 where there is no soft target.
    """
    classes = soft.classes.flatten(0, -2)
    is_candidate = classes >= 0
    teacher = soft.log_probabilities.flatten(0, -2) / temperature
    # A target without candidates gets a uniform distribution here, and is set to 0 at the end.
    lowest = torch.finfo(teacher.dtype).min
    log_teacher = teacher.masked_fill(~is_candidate, lowest).log_softmax(-1)
    probability = log_teacher.exp() * is_candidate
    log_student = (logits / temperature).log_softmax(-1).gather(-1, classes.clamp(min=0))
    divergence = (probability * (log_teacher.clamp(min=-1e4) - log_student)).sum(-1)
    return torch.where(is_candidate[..., 0], divergence, 0.0)
