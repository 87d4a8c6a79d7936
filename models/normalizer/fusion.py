"""The candidates of each span, and the features by which they are weighed.

One calibrated score of each candidate, from all that is known of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, field_validator

# What each candidate is weighed by, in the order of the last axis of `CandidateTable.values`.
FEATURES: Final = (
    "dense",  # best cosine of the span's vector and the PT's names
    "dense_first",  # 1 where no other PT has a better one
    "lexical",  # best cosine of the span's n-grams and the PT's names
    "lexical_first",  # 1 where no other PT has a better one
    "fuzzy",  # best similarity of letters to one of the PT's names, whatever the order of words, 0 to 1
    "exact",  # 1 where a name says the same words
    "classified",  # 1 where the PT is one of the classifier's classes, so that its probability says something
    "log_class",  # log-probability of the class above the floor, as a share of it, 0 to 1; else 0
    "class_first",  # 1 where no other class is likelier
)


@dataclass(frozen=True, eq=False)
class CandidateTable:
    """What is known of the candidates of each span.

    Attributes:
        concepts: `[spans, width]`, int64: indices into `Names.concepts`, -1 where a row has fewer.
        values: `[spans, width, features]`, float32, in the order of `FEATURES`; 0 where there is none.
    """

    concepts: npt.NDArray[np.int64]
    values: npt.NDArray[np.float32]


Weight = Annotated[float, Field(allow_inf_nan=False)]


class Fusion(BaseModel):
    """Softmax over a span's candidates, and the option that it is none of them.

    Attributes:
        weights: of the features by their names in `FEATURES`; a feature that is not there weighs nothing.
        nothing: the score of "none of them", beside the candidates' weighted sums.
        threshold: probability from which the best candidate is believed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    weights: Mapping[str, Weight]
    nothing: Weight
    threshold: float = Field(default=0.0, ge=0, le=1)

    @field_validator("weights")
    @classmethod
    def _known(cls, weights: Mapping[str, float]) -> Mapping[str, float]:
        if unknown := sorted(set(weights) - set(FEATURES)):
            raise ValueError(f"there is no feature {unknown[0]!r}: the features are {', '.join(FEATURES)}")
        return weights

    def vector(self) -> npt.NDArray[np.float64]:
        """Give the weights in the order of `FEATURES`: `[features]`."""
        return np.array([self.weights.get(name, 0.0) for name in FEATURES])

    def probabilities(self, table: CandidateTable) -> npt.NDArray[np.float64]:
        """Give the probability of each candidate.

        Returns:
            `[spans, width]`; 0 where there is no candidate. What a row lacks to one is that of none of them.
        """
        scores = np.where(table.concepts >= 0, table.values @ self.vector(), -np.inf)
        highest = np.maximum(scores.max(-1, initial=-np.inf), self.nothing)[:, None]
        shares = np.exp(scores - highest)
        probabilities: npt.NDArray[np.float64] = shares / (
            shares.sum(-1, keepdims=True) + np.exp(self.nothing - highest)
        )
        return probabilities


# Where a fit starts, and what serves where there is nothing to fit on.
BY_HAND: Mapping[str, Fusion] = {
    "retrieval": Fusion(weights={"dense": 12.0, "lexical": 6.0, "fuzzy": 4.0, "exact": 4.0}, nothing=14.0),
    "hybrid": Fusion(
        weights={"dense": 12.0, "lexical": 6.0, "fuzzy": 4.0, "exact": 4.0, "log_class": 8.0}, nothing=14.0
    ),
}
