"""The candidates of each span, and the features by which they are weighed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

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
