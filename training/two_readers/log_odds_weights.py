"""The weights of both readers' log-odds: a logistic regression on the texts that both read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from models.bundle import SecondReader
from training.errors import RunError
from training.evaluation import Prior, fit_weights, log_odds
from training.evaluation.calibration import Numbers
from training.two_readers.kinds_of_text import Kind, first_probabilities

_FEWEST_POSITIVES: Final = 10  # that both readers read
_EXPECTED: Final = 0.5  # of each weight: the mean of both log-odds
_DEVIATION: Final = 1.0  # of a weight from that; with some hundred texts it makes no difference
_LEAST_WEIGHT: Final = 1e-3


def fit_both(
    kinds: Sequence[Kind], *, version: str, reads_from: float, prevalence: float | None
) -> SecondReader:
    """Fit the weights of both readers, and those of the first in texts that it reads alone.

    Both regressions are calibrated: the texts of each kind count as many as the others, and their positives
    have the share of the stream.

    Args:
        kinds: the validation texts, as both have read them.
        version: of the second reader.
        reads_from: the first reader's probability from which the second reads.
        prevalence: share of positives in the stream; None is the share in the texts of each kind.

    Returns:
        The section, with the default choices of spans and codes.

    Raises:
        RunError: the second reader reads too few positives or no negatives, or gives positives no higher
            probabilities than negatives.
    """
    labels = np.array([label for kind in kinds for label in kind.labels])
    weights = np.concatenate([kind.weights(prevalence) for kind in kinds])
    first = np.concatenate([log_odds(first_probabilities(kind.first).tolist()) for kind in kinds])
    second = np.concatenate([_second_log_odds(kind) for kind in kinds])
    read = np.isfinite(second)
    positives, texts = int(labels[read].sum()), int(read.sum())
    if positives < _FEWEST_POSITIVES or positives == texts:
        raise RunError(
            f"of the {texts:,} validation texts that the second reader reads {positives:,} report an adverse "
            f"effect: at least {_FEWEST_POSITIVES} must, and others must not; give more texts, or raise "
            "--share"
        )
    of_first, of_second, bias = _fit_pair(first[read], second[read], labels[read], weights[read])
    alone, alone_bias = _fit(np.stack([first, np.ones_like(first)]), labels, weights)
    return SecondReader(
        version=version,
        reads_from=reads_from,
        first=of_first,
        second=of_second,
        bias=bias,
        alone=max(alone, _LEAST_WEIGHT),
        alone_bias=alone_bias,
    )


def _second_log_odds(kind: Kind) -> Numbers:
    """Return the second reader's log-odds, NaN in texts that it does not read: `[texts]`."""
    odds = np.full(len(kind.examples), np.nan)
    rows = list(kind.second)
    odds[rows] = log_odds([kind.second[row].probability for row in rows])
    return odds


def _fit_pair(
    first: Numbers, second: Numbers, labels: Numbers, weights: Numbers
) -> tuple[float, float, float]:
    """Return the weights of first and second, neither of them negative, and the bias."""
    ones = np.ones_like(first)
    of_first, of_second, bias = _fit(np.stack([first, second, ones]), labels, weights)
    if of_first < 0:
        of_second, bias = _fit(np.stack([second, ones]), labels, weights)
        of_first = 0.0
    if of_second < _LEAST_WEIGHT:
        raise RunError(
            "the second reader gives positive texts no higher probabilities than negative ones, once the "
            "first has read them: it would be of no use here; train it longer, or take another encoder"
        )
    return of_first, of_second, bias


def _fit(columns: Numbers, labels: Numbers, weights: Numbers) -> list[float]:
    slopes = len(columns) - 1
    prior = Prior(
        np.array([_EXPECTED] * slopes + [0.0]), np.array([_DEVIATION] * slopes + [np.inf], dtype=np.float64)
    )
    fitted: list[float] = fit_weights(columns, labels.tolist(), weights, prior).tolist()
    return fitted
