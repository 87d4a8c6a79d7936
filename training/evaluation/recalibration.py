"""Temperature, bias and threshold of a bundle, found on validation texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from models.bundle import Bundle
from models.encoder.tokenization import TweetTokenizer
from models.network.vote import Decision
from models.runtime import Engine
from models.scoring.decode import spans_of
from training.errors import RunError
from training.evaluation.calibration import Fit, fit, log_odds, prevalence_weights
from training.evaluation.expected_f1 import choose_threshold
from training.evaluation.reliability import Reliability, reliability
from training.evaluation.threshold import (
    ThresholdChoice,
    operating_points,
    threshold_for_precision,
)
from training.examples import Example

_OUT_OF_REACH = 2.0  # a threshold that no probability has


@dataclass(frozen=True)
class Behaviour:
    """What a bundle's settings come to on the validation texts.

    Attributes:
        fit: its calibration.
        reliability: of its probabilities.
        choice: its threshold, and what the labels are worth.
    """

    fit: Fit
    reliability: Reliability
    choice: ThresholdChoice

    def to_json(self) -> dict[str, Any]:
        """Give the figures, JSON-ready."""
        return {
            "temperature": self.fit.temperature,
            "bias": self.fit.bias,
            "threshold": self.choice.threshold,
            "precision": round(self.choice.precision, 4),
            "recall": round(self.choice.recall, 4),
            "f1": round(self.choice.f1, 4),
            "expected_calibration_error": round(self.reliability.error, 4),
            "negative_log_likelihood": round(self.reliability.loss, 4),
        }


@dataclass(frozen=True)
class Recalibration:
    """A bundle's settings as they are, and the better ones."""

    before: Behaviour
    after: Behaviour


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
    """Find the calibration with the least negative log-likelihood, then the threshold.

    The labels are those of Algorithm 2, its line 12 included where the bundle has that option: a text
    without a span is NoADE, whatever its probability.

    Args:
        bundle: is not changed.
        examples: of both classes, not trained on.
        precision: that the threshold must have at least, with the best recall; None for the best expected F1.
        prevalence: share of positives in the stream; the negatives are weighted to it. None for that of
            the examples.
        bias: whether the log-odds are shifted too.
        device: where the network runs.
        advance: is told of so many more texts that were judged.

    Raises:
        RunError: there is nothing to be found on these texts; the message says why.
    """
    labels = [example.label for example in examples]
    if len(set(labels)) < 2:
        raise RunError(f"the {len(labels):,} validation texts are all of one class: give texts of both")
    raw, reachable = _uncalibrated(bundle, [example.text for example in examples], device, advance)
    if not any(reachable):
        raise RunError(
            "the Extractor finds no span in any text, so that all are NoADE: train the bundle longer"
        )
    odds = log_odds(raw)
    found = fit(odds, labels, bias=bias, prevalence=prevalence)
    chances = found.probabilities(odds)
    choice = _choose(precision, chances, labels, prevalence, reachable)
    decision, threshold = bundle.config.decision, bundle.config.thresholds.classifier
    present = Fit(decision.temperature, decision.bias)
    known = present.probabilities(odds)
    positive = [chance >= threshold and can for chance, can in zip(known, reachable, strict=True)]
    worth = _worth(threshold, positive, labels, prevalence)
    return Recalibration(
        Behaviour(present, reliability(known, labels, prevalence=prevalence), worth),
        Behaviour(found, reliability(chances, labels, prevalence=prevalence), choice),
    )


def _uncalibrated(
    bundle: Bundle, texts: Sequence[str], device: torch.device, advance: Callable[[int], None]
) -> tuple[list[float], list[bool]]:
    """Give each text's probability before calibration, and whether it can be ADE at all."""
    feedback = bundle.config.options.feedback
    encodings = TweetTokenizer(bundle.tokenizer, bundle.config.max_tokens).encode(texts)
    judged = Engine(bundle.weights, device=device, body=bundle.body).judge(
        encodings,
        threshold=0.0 if feedback else _OUT_OF_REACH,  # spans are looked for where they decide
        decision=Decision(vote=bundle.config.decision.vote),
        advance=advance,
    )
    if not feedback:
        return [scores.probability for scores in judged], [True] * len(texts)
    reachable = [
        bool(spans_of(text, encoding, scores.adverse or ()))
        for text, encoding, scores in zip(texts, encodings, judged, strict=True)
    ]
    return [scores.probability for scores in judged], reachable


def _choose(
    precision: float | None,
    chances: Sequence[float],
    labels: Sequence[int],
    prevalence: float | None,
    reachable: Sequence[bool],
) -> ThresholdChoice:
    if precision is None:
        return choose_threshold(chances, labels, prevalence=prevalence, reachable=reachable)
    choice = threshold_for_precision(precision, chances, labels, prevalence=prevalence, reachable=reachable)
    if choice is None:
        points = operating_points(chances, labels, prevalence=prevalence, reachable=reachable)
        raise RunError(
            f"no threshold has a precision of {precision:g} on these texts, the best has "
            f"{points.precision.max():.3f}: ask for less, or train the bundle longer"
        )
    return choice


def _worth(
    threshold: float, positive: Sequence[bool], labels: Sequence[int], prevalence: float | None
) -> ThresholdChoice:
    weights = prevalence_weights(labels, prevalence)
    said, truth = np.asarray(positive, dtype=bool), np.asarray(labels) == 1
    hits, found = float((said & truth).sum()), float(weights[said].sum())
    precision, recall = (hits / found if found else 0.0), hits / float(truth.sum())
    total = precision + recall
    return ThresholdChoice(threshold, precision, recall, 2 * precision * recall / total if total else 0.0)
