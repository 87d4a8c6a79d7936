"""The probability of the first reader from which the second reads a text.

It is chosen on validation texts, so that no result depends on the posts of a batch: about a given share of a
stream goes on, or about a given share of the positives.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from training.errors import RunError
from training.evaluation import short_threshold
from training.evaluation.calibration import Numbers


@dataclass(frozen=True)
class FirstScores:
    """What the first reader says about texts of one kind.

    Attributes:
        name: of the kind.
        probabilities: `[texts]`, of ADE.
        labels: `[texts]`, 1 or 0.
        weights: `[texts]`: how much each text counts, so that positives have the share of the stream.
    """

    name: str
    probabilities: Numbers
    labels: Numbers
    weights: Numbers

    def share_from(self, least: float) -> float:
        """Return the share of a stream of this kind that the second reader reads."""
        return float(self.weights[self.probabilities >= least].sum() / self.weights.sum())

    def kept_from(self, least: float) -> float:
        """Return the share of the positives that the second reader reads."""
        return float((self.labels * (self.probabilities >= least)).sum() / self.labels.sum())


@dataclass(frozen=True)
class WhoReads:
    """From where the second reader reads.

    Attributes:
        reads_from: the first reader's probability.
        shares: the share of a stream that goes on, by kind of validation texts, at the prevalence.
        stream_share: the share of the given unlabelled texts that goes on; None without any.
        kept: the share of the positives that goes on, by kind.
    """

    reads_from: float
    shares: dict[str, float]
    stream_share: float | None
    kept: dict[str, float]

    def to_json(self) -> dict[str, Any]:
        """Return the figures as a JSON document."""
        return {
            "reads_from": self.reads_from,
            "share_of_texts": {name: round(share, 4) for name, share in self.shares.items()},
            "share_of_stream": None if self.stream_share is None else round(self.stream_share, 4),
            "share_of_positives": {name: round(share, 4) for name, share in self.kept.items()},
        }


def choose_who_reads(
    kinds: Sequence[FirstScores], *, share: float, keep: float | None = None, stream: Numbers | None = None
) -> WhoReads:
    """Choose the probability from which the second reader reads.

    Args:
        kinds: the first reader's probabilities on validation texts.
        share: of a stream that the second reader reads, in (0, 1]: the mean over the kinds, or that of
            `stream`.
        keep: the share of the positives that it reads at least, on each kind; None chooses by `share`.
        stream: the first reader's probabilities on unlabelled texts of a stream, `[texts]`. They tell the
            share better than validation texts, whose negatives are often harder than those of a stream.

    Raises:
        RunError: a share lies outside (0, 1], or the first reader is equally sure of nearly all texts.
    """
    for name, value in (("share", share), ("keep", keep)):
        if value is not None and not 0 < value <= 1:
            raise RunError(f"--{name} is {value:g}: it must be more than 0 and at most 1")
    observed = [kind.probabilities for kind in kinds] + ([] if stream is None else [stream])
    candidates = np.unique(np.concatenate(observed))
    if keep is not None:
        kept = np.min([_tails(candidates, kind.probabilities, kind.labels) for kind in kinds], axis=0)
        index = int(np.flatnonzero(kept >= keep)[-1])
    else:
        shares = (
            _tails(candidates, stream, np.ones_like(stream))
            if stream is not None
            else np.mean([_tails(candidates, kind.probabilities, kind.weights) for kind in kinds], axis=0)
        )
        fitting = np.flatnonzero(shares <= share)
        if not len(fitting):
            raise RunError(
                f"the first reader gives more than {share:.0%} of the texts the same highest probability: "
                "raise --share, or train it longer"
            )
        index = int(fitting[0])
    below = float(candidates[index - 1]) if index else 0.0
    least = short_threshold(below, float(candidates[index]))
    return WhoReads(
        least,
        {kind.name: kind.share_from(least) for kind in kinds},
        None if stream is None else float((stream >= least).mean()),
        {kind.name: kind.kept_from(least) for kind in kinds},
    )


def _tails(candidates: Numbers, probabilities: Numbers, weights: Numbers) -> Numbers:
    """Return for each candidate the share of the weights at probabilities from there on, `[candidates]`."""
    order = np.argsort(probabilities)
    below = np.concatenate([[0.0], np.cumsum(weights[order])])
    first = np.searchsorted(probabilities[order], candidates, side="left")
    return np.asarray((below[-1] - below[first]) / below[-1], dtype=np.float64)
