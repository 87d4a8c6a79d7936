"""Temperature, bias and threshold of a bundle, fitted to validation texts of one kind or several."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from models.bundle import Bundle, Calibration, Thresholds
from training.errors import RunError
from training.evaluation.calibration import (
    Calibrator,
    Numbers,
    Reliability,
    fit_calibrator,
    measure_reliability,
)
from training.evaluation.common_threshold import CommonThreshold, choose_common_threshold
from training.evaluation.scored_odds import ScoredOdds, present_calibrator, score_odds
from training.evaluation.thresholds import operating_points
from training.examples import Example

Kinds = Sequence[tuple[str, Sequence[Example]]]
"""Name and texts of each kind of language."""


@dataclass(frozen=True)
class DecisionQuality:
    """A calibration and a threshold, with their figures on the validation texts.

    Attributes:
        calibrator: temperature and bias.
        reliability: of the calibrated probabilities.
        common: the threshold, and precision, recall and F1 of the labels, by kind of texts.
    """

    calibrator: Calibrator
    reliability: Reliability
    common: CommonThreshold

    def to_json(self) -> dict[str, Any]:
        """Return the figures as a JSON document; those of several kinds are means."""
        mean = self.common.mean
        figures: dict[str, Any] = {
            "temperature": self.calibrator.temperature,
            "bias": self.calibrator.bias,
            "threshold": self.common.threshold,
            "precision": round(mean.precision, 4),
            "recall": round(mean.recall, 4),
            "f1": round(mean.f1, 4),
            "expected_calibration_error": round(self.reliability.error, 4),
            "negative_log_likelihood": round(self.reliability.loss, 4),
        }
        if len(self.common.by_kind) > 1:
            figures["by_kind"] = self.common.to_json()["by_kind"]
        return figures


@dataclass(frozen=True)
class Recalibration:
    """The settings that a bundle has, and the better ones.

    Attributes:
        before: the settings that it has.
        after: the better ones.
        scored: the validation texts, as the bundle scored them.
    """

    before: DecisionQuality
    after: DecisionQuality
    scored: Sequence[ScoredOdds]

    def settings(self, bundle: Bundle) -> dict[str, Any]:
        """Return the better settings as arguments of `revise_bundle`.

        A bundle with two readers keeps the calibration of its first; the weights of both are changed.
        """
        calibrator = self.after.calibrator
        thresholds = Thresholds(
            classifier=self.after.common.threshold, normalizer=bundle.config.thresholds.normalizer
        )
        section = bundle.config.second_reader
        if section is None:
            calibration = Calibration(temperature=calibrator.temperature, bias=calibrator.bias)
            return {"thresholds": thresholds, "calibration": calibration}
        slope, bias = 1 / calibrator.temperature, calibrator.bias
        changes = {
            "first": slope * section.first,
            "second": slope * section.second,
            "bias": slope * section.bias + bias,
            "alone": slope * section.alone,
            "alone_bias": slope * section.alone_bias + bias,
        }
        return {"thresholds": thresholds, "second_reader": section.model_copy(update=changes)}


def recalibrate(
    bundle: Bundle,
    kinds: Kinds,
    *,
    precision: float | None,
    prevalence: float | None,
    bias: bool,
    device: torch.device,
    advance: Callable[[int], None] = lambda texts: None,
) -> Recalibration:
    """Fit the calibration with the lowest negative log-likelihood, then choose the threshold.

    The labels are those of Algorithm 2: a text in which no span counts is NoADE, whatever its probability, if
    the bundle has the options for that, and so is a text that a second reader does not read.

    Args:
        bundle: stays as it is.
        kinds: texts of each kind of language, of both classes, not trained on. All kinds count the same.
        precision: the minimum precision of the threshold on each kind, which then has the best recall; None
            for the best expected F1.
        prevalence: share of positives in the stream, which the negatives are weighted to; None is the share
            in the texts of each kind.
        bias: whether to shift the log-odds, too.
        device: where the network runs.
        advance: called with the number of further texts that were scored.

    Raises:
        RunError: these texts do not allow it; the message says why.
    """
    for name, examples in kinds:
        if len({example.label for example in examples}) < 2:
            raise RunError(
                f"the {len(examples):,} validation texts of {name} are all of one class: give texts of both"
            )
    scored = score_odds(bundle, kinds, device, advance)
    present = present_calibrator(bundle)
    fitted = fit_to_kinds(scored, prevalence=prevalence, bias=bias)
    threshold = bundle.config.thresholds.classifier
    before = CommonThreshold(
        threshold,
        {kind.name: kind.calibrated(present).at(threshold, prevalence=prevalence) for kind in scored},
    )
    return Recalibration(
        DecisionQuality(present, _reliability(scored, present, prevalence), before),
        DecisionQuality(
            fitted, _reliability(scored, fitted, prevalence), _choose(scored, fitted, precision, prevalence)
        ),
        scored,
    )


def fit_to_kinds(scored: Sequence[ScoredOdds], *, prevalence: float | None, bias: bool = True) -> Calibrator:
    """Fit one calibration to texts of several kinds, which all count the same.

    Args:
        scored: the texts of each kind.
        prevalence: share of positives in the stream; None is the share in the texts of each kind.
        bias: whether to shift the log-odds, too.

    Raises:
        RunError: positives do not have the higher probabilities.
    """
    odds, labels, weights = _together(scored, prevalence)
    return fit_calibrator(odds, labels, bias=bias, weights=weights)


def _together(scored: Sequence[ScoredOdds], prevalence: float | None) -> tuple[Numbers, list[int], Numbers]:
    """Return log-odds, labels and weights of all kinds; the positives of each weigh the same."""
    labels = [label for kind in scored for label in kind.labels]
    weight = sum(labels) / len(scored)
    weights = [kind.weights(prevalence) * (weight / sum(kind.labels)) for kind in scored]
    return np.concatenate([kind.odds for kind in scored]), labels, np.concatenate(weights)


def _reliability(
    scored: Sequence[ScoredOdds], calibrator: Calibrator, prevalence: float | None
) -> Reliability:
    odds, labels, weights = _together(scored, prevalence)
    return measure_reliability(calibrator.probabilities(odds), labels, weights=weights)


def _choose(
    scored: Sequence[ScoredOdds], calibrator: Calibrator, precision: float | None, prevalence: float | None
) -> CommonThreshold:
    kinds = [kind.calibrated(calibrator) for kind in scored]
    common = choose_common_threshold(kinds, prevalence=prevalence, precision=precision)
    if common is None:
        points = [
            operating_points(kind.probabilities, kind.labels, prevalence=prevalence, reachable=kind.reachable)
            for kind in kinds
        ]
        highest = min(float(each.precision.max(initial=0.0)) for each in points)
        raise RunError(
            f"no threshold has a precision of {precision:g} on these texts, the highest is {highest:.3f}: "
            "ask for less, or train the bundle longer"
        )
    return common
