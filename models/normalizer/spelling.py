"""How like a span is to names of a few candidates, letter by letter."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz, process


def similarity(spans: Sequence[str], names: Sequence[str]) -> npt.NDArray[np.float32]:
    """Compare spans to names pair by pair.

    Args:
        spans: one of each pair, as `one_spelling` writes it.
        names: the other of each pair, as `one_spelling` writes it.

    Returns:
        `[pairs]`: 1 where both are the same words in any order, 0 where no letter is the same.
    """
    found = process.cpdist(spans, names, scorer=fuzz.ratio).astype(np.float32) / np.float32(100)
    # Where nothing is left of a span but punctuation, it is like no name.
    says_something = np.array([bool(span) for span in spans], dtype=np.float32)
    alike: npt.NDArray[np.float32] = found * says_something
    return alike
