"""What a reader found in a text, before Algorithm 2 decides: a probability, and the words of adverse effects.

A *reader* is an encoder with its Classifier and its Extractor. A bundle has one, or two unlike ones. Their
tokenizers differ, so readings are compared by words and characters, never by tokens.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class ReadWord(NamedTuple):
    """A word of a text, `text[start:end]`, and the mean AE probability of its tokens, in [0, 1]."""

    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class Reading:
    """What one reader found in one text.

    Attributes:
        probability: of ADE, in [0, 1]: of a long text the highest of its windows.
        words: all words that it tagged, in the order of the text, without overlaps; None where the Extractor
            did not run, because the probability is below the threshold. Words of windows that were not
            extracted from are missing.
        windows: number of windows that the text was read in.
    """

    probability: float
    words: tuple[ReadWord, ...] | None
    windows: int = 1
