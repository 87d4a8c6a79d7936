"""Temperature, bias and threshold of a bundle, fitted to validation texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch

from models.bundle import Bundle
from models.encoder import TweetTokenizer
from models.network import Decision
from models.runtime import Engine
from models.scoring import Reader, decode_spans
from training.errors import RunError
from training.evaluation.calibration import (
    Calibrator,
    Reliability,
    fit_calibrator,
    log_odds,
    measure_reliability,
    prevalence_weights,
)
from training.evaluation.thresholds import (
    ThresholdChoice,
    choose_threshold,
    operating_points,
    threshold_for_precision,
)
from training.examples import Example

_UNREACHABLE: Final = 2.0  # a threshold above every probability


@dataclass(frozen=True)
class DecisionQuality:
    """A calibration and a threshold, with their figures on the validation texts.

    Attributes:
        calibrator: temperature and bias.
        reliability: of the calibrated probabilities.
        choice: the threshold, and the precision, recall and F1 of the labels.
    """

    calibrator: Calibrator
    reliability: Reliability
    choice: ThresholdChoice

    def to_json(self) -> dict[str, Any]:
        """Return the figures as a JSON document."""
        return {
            "temperature": self.calibrator.temperature,
            "bias": self.calibrator.bias,
            "threshold": self.choice.threshold,
            "precision": round(self.choice.precision, 4),
            "recall": round(self.choice.recall, 4),
            "f1": round(self.choice.f1, 4),
            "expected_calibration_error": round(self.reliability.error, 4),
            "negative_log_likelihood": round(self.reliability.loss, 4),
        }


@dataclass(frozen=True)
class Recalibration:
    """The settings that a bundle has, and the better ones."""

    before: DecisionQuality
    after: DecisionQuality


def recalibrate(
    bundle: Bundle,
    examples: Sequence[Example],
    *,
    precision: float | None,
    prevalence: float | None,
    bias: bool,
    device: torch.device,
    advance: Callable[[int], None] = lambda texts: None,
) -> Recalibration:
    """Fit the calibration with the lowest negative log-likelihood, then choose the threshold.

    The labels are those of Algorithm 2. If the bundle has the option of its line 12, a text without a span is
    NoADE, whatever its probability.

    Args:
        bundle: stays as it is.
        examples: of both classes, not trained on.
        precision: the minimum precision of the threshold, which then has the best recall; None for the best
            expected F1.
        prevalence: share of positives in the stream, which the negatives are weighted to; None is the share
            in the examples.
        bias: whether to shift the log-odds, too.
        device: where the network runs.
        advance: called with the number of further texts that were scored.

    Raises:
        RunError: these texts do not allow it; the message says why.
    """
    labels = [example.label for example in examples]
    if len(set(labels)) < 2:
        raise RunError(f"the {len(labels):,} validation texts are all of one class: give texts of both")
    uncalibrated, reachable = _score(bundle, examples, device, advance)
    if not any(reachable):
        raise RunError(
            "the Extractor finds no span in any text, so all of them are NoADE: train the bundle longer"
        )
    odds = log_odds(uncalibrated)
    config = bundle.config
    current = Calibrator(config.decision.temperature, config.decision.bias)
    fitted = fit_calibrator(odds, labels, bias=bias, prevalence=prevalence)

    def quality(calibrator: Calibrator, choice: ThresholdChoice) -> DecisionQuality:
        probabilities = calibrator.probabilities(odds)
        reliability = measure_reliability(probabilities, labels, prevalence=prevalence)
        return DecisionQuality(calibrator, reliability, choice)

    current_choice = _figures_at(
        config.thresholds.classifier, current.probabilities(odds), labels, prevalence, reachable
    )
    best_choice = _choose(precision, fitted.probabilities(odds), labels, prevalence, reachable)
    return Recalibration(quality(current, current_choice), quality(fitted, best_choice))


def _score(
    bundle: Bundle, examples: Sequence[Example], device: torch.device, advance: Callable[[int], None]
) -> tuple[list[float], list[bool]]:
    """Return each text's probability before calibration, and whether it can be ADE at all."""
    config = bundle.config
    feedback = config.options.feedback
    reader = Reader(
        Engine(bundle.weights, device=device, body=bundle.body),
        TweetTokenizer(bundle.tokenizer, config.max_tokens),
        Decision(vote=config.decision.vote),
        reads_context=config.options.reads_context,
    )
    readings = reader.read(
        [example.text for example in examples],
        [example.context for example in examples],
        threshold=0.0 if feedback else _UNREACHABLE,  # spans are only needed if they decide
        advance=advance,
    )
    probabilities = [reading.probability for reading in readings]
    if not feedback:
        return probabilities, [True] * len(examples)
    reachable = [
        bool(decode_spans(example.text, reading.words or ()))
        for example, reading in zip(examples, readings, strict=True)
    ]
    return probabilities, reachable


def _choose(
    precision: float | None,
    probabilities: Sequence[float],
    labels: Sequence[int],
    prevalence: float | None,
    reachable: Sequence[bool],
) -> ThresholdChoice:
    if precision is None:
        return choose_threshold(probabilities, labels, prevalence=prevalence, reachable=reachable)
    choice = threshold_for_precision(
        precision, probabilities, labels, prevalence=prevalence, reachable=reachable
    )
    if choice is None:
        points = operating_points(probabilities, labels, prevalence=prevalence, reachable=reachable)
        raise RunError(
            f"no threshold has a precision of {precision:g} on these texts, the highest is "
            f"{points.precision.max():.3f}: ask for less, or train the bundle longer"
        )
    return choice


def _figures_at(
    threshold: float,
    probabilities: Sequence[float],
    labels: Sequence[int],
    prevalence: float | None,
    reachable: Sequence[bool],
) -> ThresholdChoice:
    weights = prevalence_weights(labels, prevalence)
    predicted = (np.asarray(probabilities) >= threshold) & np.asarray(reachable, dtype=bool)
    truth = np.asarray(labels) == 1
    hits, alarms = float((predicted & truth).sum()), float(weights[predicted].sum())
    precision, recall = (hits / alarms if alarms else 0.0), hits / float(truth.sum())
    total = precision + recall
    return ThresholdChoice(threshold, precision, recall, 2 * precision * recall / total if total else 0.0)
