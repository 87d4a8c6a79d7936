"""Candidates of phrases whose PT is known: what weights are fitted and measured on.

What the probabilities of a fusion are worth, and from which on they are believed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.normalizer.fusion import CandidateTable, Fusion
from training.evaluation import SHORTLIST, measure_reliability


@dataclass(frozen=True, eq=False)
class LabeledCandidates:
    """Candidates of phrases whose PT is known.

    Attributes:
        table: the candidates, with their features.
        concepts: `[phrases]`, int64: the PT of each, an index into `Names.concepts`; -1 where it has no name.
    """

    table: CandidateTable
    concepts: NDArray[np.int64]

    @property
    def columns(self) -> NDArray[np.int64]:
        """`[phrases]`: where the PT stands among the candidates; `width` of the table where it does not."""
        is_own = (self.table.concepts == self.concepts[:, None]) & (self.table.concepts >= 0)
        columns: NDArray[np.int64] = np.where(is_own.any(1), is_own.argmax(1), self.table.concepts.shape[1])
        return columns


@dataclass(frozen=True)
class FusionQuality:
    """What a fusion's probabilities are worth on some phrases.

    Attributes:
        loss: negative log-likelihood of the right PT, or of "none of them" where it is no candidate, in nats.
        at_1: share of phrases whose likeliest candidate is the PT.
        at_5: share of phrases with the PT among the five likeliest.
        error: expected calibration error of the likeliest candidate's probability, on ten bins.
    """

    loss: float
    at_1: float
    at_5: float
    error: float

    def to_json(self) -> dict[str, float]:
        """Give the figures, rounded to four digits."""
        return {
            "negative_log_likelihood": round(self.loss, 4),
            "accuracy_at_1": round(self.at_1, 4),
            "accuracy_at_5": round(self.at_5, 4),
            "expected_calibration_error": round(self.error, 4),
        }


def measure_fusion(answered: Sequence[LabeledCandidates], fusion: Fusion) -> FusionQuality:
    """Measure a fusion on phrases whose PT is known."""
    losses, ranks, tops, hits = [], [], [], []
    for one in answered:
        probabilities = fusion.probabilities(one.table)
        full = np.column_stack([probabilities, 1 - probabilities.sum(1)])
        columns = one.columns
        own = np.take_along_axis(full, columns[:, None], 1)[:, 0]
        is_there = columns < probabilities.shape[1]
        losses.append(-np.log(own.clip(1e-15)))
        ranks.append(np.where(is_there, (probabilities > own[:, None]).sum(1), SHORTLIST))
        tops.append(probabilities.max(1, initial=0))
        hits.append(is_there & (own >= tops[-1]))
    rank = np.concatenate(ranks)
    return FusionQuality(
        float(np.concatenate(losses).mean()),
        float((rank < 1).mean()),
        float((rank < SHORTLIST).mean()),
        measure_reliability(np.concatenate(tops).tolist(), np.concatenate(hits).astype(int).tolist()).error,
    )


def best_threshold(answered: Sequence[LabeledCandidates], fusion: Fusion) -> float:
    """Give the probability from which the likeliest candidate is believed, for the best F1 of the codes.

    A span without a code is a missed one; one with a wrong code is missed and wrong.
    """
    tops, hits = [], []
    for one in answered:
        probabilities = fusion.probabilities(one.table)
        tops.append(probabilities.max(1, initial=0))
        hits.append(probabilities.shape[1] and probabilities.argmax(1) == one.columns)
    top, hit = np.concatenate(tops), np.concatenate(hits)
    order = np.argsort(-top, kind="stable")
    right = np.cumsum(hit[order])
    f1 = 2 * right / (np.arange(1, len(order) + 1) + len(order))
    # Of equal probabilities all are believed, or none.
    last = np.append(np.diff(top[order]) != 0, True)
    return float(top[order][np.where(last, f1, -1).argmax()])
