"""The features of a span's candidates, and their fusion into one calibrated probability for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, field_validator

# In the order of the last axis of `CandidateTable.values`.
FEATURES: Final = (
    "dense",  # best cosine between the span's vector and the PT's names
    "dense_first",  # 1 if no other PT has a better one
    "lexical",  # best cosine between the span's n-grams and the PT's names
    "lexical_first",  # 1 if no other PT has a better one
    "fuzzy",  # similarity of letters to the PT's name with the best n-grams, in any order of words, 0 to 1
    "exact",  # 1 if this name has the same words
    "classified",  # 1 if the PT is one of the classifier's classes
    "log_class",  # log-probability of the class, scaled from 0 at the floor to 1; 0 without a class
    "class_first",  # 1 if no other class is likelier
)


@dataclass(frozen=True, eq=False)
class CandidateTable:
    """The candidates of each span, and their features.

    Attributes:
        concepts: `[spans, width]`, int64: indices into `Names.concepts`, -1 in empty cells.
        values: `[spans, width, features]`, float32, in the order of `FEATURES`; 0 in empty cells.
    """

    concepts: npt.NDArray[np.int64]
    values: npt.NDArray[np.float32]


Weight = Annotated[float, Field(allow_inf_nan=False)]


class Fusion(BaseModel):
    """A softmax over a span's candidates and the option that it is none of them.

    Attributes:
        weights: of the features, by their names in `FEATURES`; missing ones are 0.
        nothing: the score of "none of them", next to the candidates' weighted sums.
        threshold: probability from which the best candidate codes the span.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    weights: Mapping[str, Weight]
    nothing: Weight
    threshold: float = Field(default=0.0, ge=0, le=1)

    @field_validator("weights")
    @classmethod
    def _features_exist(cls, weights: Mapping[str, float]) -> Mapping[str, float]:
        if unknown := sorted(set(weights) - set(FEATURES)):
            raise ValueError(f"there is no feature {unknown[0]!r}: the features are {', '.join(FEATURES)}")
        return weights

    def vector(self) -> npt.NDArray[np.float64]:
        """Return the weights in the order of `FEATURES`: `[features]`."""
        return np.array([self.weights.get(name, 0.0) for name in FEATURES])

    def probabilities(self, table: CandidateTable) -> npt.NDArray[np.float64]:
        """Return the probability of each candidate.

        Returns:
            `[spans, width]`, 0 in empty cells. The rest of a row to 1 is the probability of "none of them".
        """
        scores = np.where(table.concepts >= 0, table.values @ self.vector(), -np.inf)
        highest = np.maximum(scores.max(-1, initial=-np.inf), self.nothing)[:, None]
        shares = np.exp(scores - highest)
        probabilities: npt.NDArray[np.float64] = shares / (
            shares.sum(-1, keepdims=True) + np.exp(self.nothing - highest)
        )
        return probabilities


BY_HAND: Mapping[str, Fusion] = {
    "retrieval": Fusion(weights={"dense": 12.0, "lexical": 6.0, "fuzzy": 4.0, "exact": 4.0}, nothing=14.0),
    "hybrid": Fusion(
        weights={"dense": 12.0, "lexical": 6.0, "fuzzy": 4.0, "exact": 4.0, "log_class": 8.0}, nothing=14.0
    ),
}
"""Weights chosen by hand: the start of a fit, and what is used if there is nothing to fit on."""
