"""Precision, recall and F1 from counts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Counts:
    """What was found, what should have been, and how much of each agrees.

    Attributes:
        predicted: things predicted.
        gold: things annotated.
        predicted_hits: predicted things that match an annotated one.
        gold_hits: annotated things that match a predicted one.
    """

    predicted: float = 0
    gold: float = 0
    predicted_hits: float = 0
    gold_hits: float = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.predicted + other.predicted,
            self.gold + other.gold,
            self.predicted_hits + other.predicted_hits,
            self.gold_hits + other.gold_hits,
        )

    @property
    def precision(self) -> float:
        """Share of the predicted that is right; 0 where nothing was predicted."""
        return self.predicted_hits / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        """Share of the annotated that was found; 0 where there is none."""
        return self.gold_hits / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of the two; 0 where both are."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0

    def to_json(self) -> dict[str, float]:
        """Give the three figures, rounded to four digits."""
        return {
            "precision": round(self.precision, 4),
            "recall": round(self.recall, 4),
            "f1": round(self.f1, 4),
        }
