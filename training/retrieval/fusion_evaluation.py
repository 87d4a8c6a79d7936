"""How good a fusion is on phrases whose PT is known, and the threshold from which a code is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.normalizer import CandidateTable, Fusion
from training.evaluation import SHORTLIST, measure_reliability


@dataclass(frozen=True, eq=False)
class LabeledCandidates:
    """Candidates of phrases whose PT is known.

    Attributes:
        table: the candidates, with their features.
        concepts: `[phrases]`, int64: the PT of each, an index into `Names.concepts`; -1 if it has no name.
    """

    table: CandidateTable
    concepts: NDArray[np.int64]

    @property
    def columns(self) -> NDArray[np.int64]:
        """`[phrases]`: the PT's position among the candidates, or the table's width if it is not there."""
        is_right = (self.table.concepts == self.concepts[:, None]) & (self.table.concepts >= 0)
        columns: NDArray[np.int64] = np.where(
            is_right.any(1), is_right.argmax(1), self.table.concepts.shape[1]
        )
        return columns


@dataclass(frozen=True)
class FusionQuality:
    """How good a fusion's probabilities are on some phrases.

    Attributes:
        loss: negative log-likelihood of the right PT, or of "none of them" if it is not a candidate, in nats.
        at_1: share of phrases whose likeliest candidate is the PT.
        at_5: share of phrases with the PT among the five likeliest.
        error: expected calibration error of the likeliest candidate's probability, over ten bins.
    """

    loss: float
    at_1: float
    at_5: float
    error: float

    def to_json(self) -> dict[str, float]:
        """Return the figures, rounded to four digits."""
        return {
            "negative_log_likelihood": round(self.loss, 4),
            "accuracy_at_1": round(self.at_1, 4),
            "accuracy_at_5": round(self.at_5, 4),
            "expected_calibration_error": round(self.error, 4),
        }


def measure_fusion(candidates: Sequence[LabeledCandidates], fusion: Fusion) -> FusionQuality:
    """Measure a fusion on phrases whose PT is known."""
    losses, ranks, tops, hits = [], [], [], []
    for labeled in candidates:
        probabilities = fusion.probabilities(labeled.table)
        with_none = np.column_stack([probabilities, 1 - probabilities.sum(1)])
        columns = labeled.columns
        right = np.take_along_axis(with_none, columns[:, None], 1)[:, 0]
        is_candidate = columns < probabilities.shape[1]
        losses.append(-np.log(right.clip(1e-15)))
        ranks.append(np.where(is_candidate, (probabilities > right[:, None]).sum(1), SHORTLIST))
        tops.append(probabilities.max(1, initial=0))
        hits.append(is_candidate & (right >= tops[-1]))
    rank = np.concatenate(ranks)
    return FusionQuality(
        float(np.concatenate(losses).mean()),
        float((rank < 1).mean()),
        float((rank < SHORTLIST).mean()),
        measure_reliability(np.concatenate(tops).tolist(), np.concatenate(hits).astype(int).tolist()).error,
    )


def best_threshold(candidates: Sequence[LabeledCandidates], fusion: Fusion) -> float:
    """Return the probability threshold with the best F1 of the codes.

    From the threshold on, the likeliest candidate becomes the code. A span without a code counts as missed; a
    span with a wrong code counts as missed and as wrong.
    """
    tops, hits = [], []
    for labeled in candidates:
        probabilities = fusion.probabilities(labeled.table)
        tops.append(probabilities.max(1, initial=0))
        hits.append(probabilities.shape[1] and probabilities.argmax(1) == labeled.columns)
    top, hit = np.concatenate(tops), np.concatenate(hits)
    order = np.argsort(-top, kind="stable")
    right = np.cumsum(hit[order])
    f1 = 2 * right / (np.arange(1, len(order) + 1) + len(order))
    # A threshold accepts all phrases of equal probability, so only the last of them counts.
    is_last = np.append(np.diff(top[order]) != 0, True)
    return float(top[order][np.where(is_last, f1, -1).argmax()])
