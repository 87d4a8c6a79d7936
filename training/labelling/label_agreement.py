"""How far a model's labels agree with those of people, on posts that both have labelled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from training.examples import Example
from training.scorer import OfficialSpan, Scores, TweetAnnotation, score_annotations

_CELLS: Final = ((0, 0), (0, 1), (1, 0), (1, 1))  # label by people, label by the model


@dataclass(frozen=True)
class LabelAgreement:
    """The agreement of a model with people.

    Attributes:
        posts: number of posts that both have labelled.
        missing: number of posts that the model could not label.
        kappa: Cohen's kappa of 1a; None if it is not defined.
        interval: its 95% bootstrap interval; None if it is not defined.
        scores: of the model against people, as the official scorer counts.
    """

    posts: int
    missing: int
    kappa: float | None
    interval: tuple[float, float] | None
    scores: Scores

    def to_json(self) -> dict[str, Any]:
        """Return all figures, JSON-ready."""
        measures = {name: counts.to_json() for name, counts in self.scores.by_measure.items()}
        return {
            "posts": self.posts,
            "missing": self.missing,
            "kappa": None if self.kappa is None else round(self.kappa, 4),
            "interval": None if self.interval is None else [round(end, 4) for end in self.interval],
            "scores": measures,
        }


def measure_agreement(gold: Sequence[Example], labelled: Mapping[tuple[str, str], Example]) -> LabelAgreement:
    """Compare a model's labels with those of people.

    Args:
        gold: posts that people labelled.
        labelled: the model's labels by (context, text).
    """
    pairs = [(example, labelled.get((example.context, example.text))) for example in gold]
    both = [(example, other) for example, other in pairs if other is not None]
    cells = Counter((example.label, other.label) for example, other in both)
    counts = np.array([cells[cell] for cell in _CELLS], dtype=np.float64)
    kappa = cohens_kappa(counts)
    return LabelAgreement(
        posts=len(both),
        missing=len(pairs) - len(both),
        kappa=None if np.isnan(kappa) else float(kappa),
        interval=_bootstrap_kappa(counts),
        scores=score_annotations(
            {str(row): _annotation(example) for row, (example, _) in enumerate(both)},
            {str(row): _annotation(other) for row, (_, other) in enumerate(both)},
        ),
    )


def cohens_kappa(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return Cohen's kappa (1960): agreement beyond chance, 1 for perfect and 0 for chance.

    Args:
        counts: `[..., 4]`, how many posts got the labels (0, 0), (0, 1), (1, 0) and (1, 1) by two people.

    Returns:
        `[...]`; NaN where both gave all posts the same label, or there are no posts.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = counts / counts.sum(axis=-1, keepdims=True)
        agreed = shares[..., 0] + shares[..., 3]
        first, second = shares[..., 2] + shares[..., 3], shares[..., 1] + shares[..., 3]
        chance = first * second + (1 - first) * (1 - second)
        kappa: NDArray[np.float64] = np.where(chance < 1, (agreed - chance) / (1 - chance), np.nan)
    return kappa


def _bootstrap_kappa(
    counts: NDArray[np.float64], *, samples: int = 1_000, seed: int = 1
) -> tuple[float, float] | None:
    """Return the 95% percentile interval of kappa; the posts are drawn with replacement."""
    total = int(counts.sum())
    if not total or np.isnan(cohens_kappa(counts)):
        return None
    drawn = np.random.default_rng(seed).multinomial(total, counts / total, size=samples)
    low, high = np.nanquantile(cohens_kappa(drawn.astype(np.float64)), [0.025, 0.975])
    return float(low), float(high)


def _annotation(example: Example) -> TweetAnnotation:
    spans = (OfficialSpan(span.start, span.end, span.ptid) for span in example.spans)
    return TweetAnnotation(example.label == 1, tuple(dict.fromkeys(spans)))
