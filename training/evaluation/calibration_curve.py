"""How many posts of one's own a calibration needs: the F1 with 50, 100, 200 and 500 of them, on the others.

Each size is drawn many times. A draw without a positive or without a negative post cannot be calibrated on,
and leaves the bundle as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from training.errors import RunError
from training.evaluation.calibration import Calibrator, Numbers
from training.evaluation.common_threshold import ScoredTexts, choose_common_threshold
from training.evaluation.recalibration import fit_to_kinds
from training.evaluation.scored_odds import ScoredOdds
from training.evaluation.thresholds import operating_points

SIZES: Final = (50, 100, 200, 500)
DRAWS: Final = 200
_FEWEST_LEFT: Final = 50  # texts that are left to score a draw on


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """The F1 after a calibration on some of the texts, on all others.

    Attributes:
        texts: number of texts that were calibrated on.
        f1: the median over the draws.
        low: the fifth percentile.
        high: the 95th percentile.
        present: the median F1 of the settings so far, on the same other texts.
        best: the median F1 of the best threshold in hindsight, on the same other texts.
        unusable: share of the draws that lack a class.
    """

    texts: int
    f1: float
    low: float
    high: float
    present: float
    best: float
    unusable: float

    def to_json(self) -> dict[str, Any]:
        """Return the figures, rounded to four digits."""
        return {
            "texts": self.texts,
            **{
                name: round(getattr(self, name), 4)
                for name in ("f1", "low", "high", "present", "best", "unusable")
            },
        }


def measure_calibrations(
    scored: ScoredOdds,
    present: Calibrator,
    threshold: float,
    *,
    prevalence: float | None = None,
    bias: bool = True,
    sizes: Sequence[int] = SIZES,
    draws: int = DRAWS,
    seed: int = 1,
) -> list[CurvePoint]:
    """Calibrate on subsamples of each size, and measure the F1 of 1a on the texts that are left.

    Args:
        scored: the texts, as the bundle scored them.
        present: its calibration.
        threshold: its threshold.
        prevalence: share of positives in the stream; None is the share in the texts.
        bias: whether calibrations shift the log-odds, too.
        sizes: numbers of texts; those that leave fewer than 50 others are left out.
        draws: subsamples of each size.
        seed: of the draws.

    Raises:
        RunError: there are too few texts for any size.
    """
    random = np.random.default_rng(seed)
    total = len(scored.labels)
    possible = [size for size in sizes if size + _FEWEST_LEFT <= total]
    if not possible:
        raise RunError(
            f"a curve needs at least {min(sizes) + _FEWEST_LEFT} texts, there are {total:,}: give more texts"
        )
    points = []
    for size in possible:
        figures = []
        for _ in range(draws):
            order = random.permutation(total)
            figure = _draw(
                scored.select(order[:size].tolist()),
                scored.select(order[size:].tolist()),
                present,
                threshold,
                prevalence=prevalence,
                bias=bias,
            )
            if figure is not None:
                figures.append(figure)
        if figures:
            points.append(_point(size, np.array(figures)))
    if not points:
        raise RunError("the texts that each draw leaves lack a class: give more texts of both classes")
    return points


def _draw(
    drawn: ScoredOdds,
    others: ScoredOdds,
    present: Calibrator,
    threshold: float,
    *,
    prevalence: float | None,
    bias: bool,
) -> tuple[float, float, float, float] | None:
    """Return F1 after calibration, present F1, best F1, and 1 if the draw lacks a class.

    Returns:
        None if the other texts lack a class, so that nothing can be measured.
    """
    if len(set(others.labels)) < 2:
        return None
    present_f1 = others.calibrated(present).at(threshold, prevalence=prevalence).f1
    f1, lacks_class = present_f1, 1.0
    if len(set(drawn.labels)) == 2:
        lacks_class = 0.0
        try:
            calibrator = fit_to_kinds([drawn], prevalence=prevalence, bias=bias)
            common = choose_common_threshold([drawn.calibrated(calibrator)], prevalence=prevalence)
        except RunError:  # positives do not have the higher probabilities
            common = None
        if common is not None and any(drawn.reachable):
            f1 = others.calibrated(calibrator).at(common.threshold, prevalence=prevalence).f1
    return f1, present_f1, _best_f1(others.calibrated(present), prevalence), lacks_class


def _best_f1(texts: ScoredTexts, prevalence: float | None) -> float:
    points = operating_points(
        texts.probabilities, texts.labels, prevalence=prevalence, reachable=texts.reachable
    )
    return float(points.f1.max(initial=0.0))


def _point(size: int, figures: Numbers) -> CurvePoint:
    after, present, best, lacks_class = figures.T
    low, middle, high = np.quantile(after, [0.05, 0.5, 0.95])
    return CurvePoint(
        texts=size,
        f1=float(middle),
        low=float(low),
        high=float(high),
        present=float(np.median(present)),
        best=float(np.median(best)),
        unusable=float(lacks_class.mean()),
    )
