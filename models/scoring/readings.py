"""What a reader found in a text, before Algorithm 2 decides: a probability, and the words of adverse effects.

A *reader* is an encoder with its Classifier and its Extractor. A bundle has one, or two unlike ones. Their
tokenizers differ, so readings are compared by words and characters, never by tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol


class ReadWord(NamedTuple):
    """A word of a text.

    Attributes:
        start: index of its first character in the text.
        end: one past the last character.
        score: the mean AE probability of its tokens, in [0, 1].
        tokens: number of its tokens, by which it counts in a span's score.
    """

    start: int
    end: int
    score: float
    tokens: int = 1


@dataclass(frozen=True, slots=True)
class Reading:
    """What one reader found in one text.

    Attributes:
        probability: of ADE, in [0, 1]: of a long text the highest of its windows.
        words: all words that were read, in the order of the text, without overlaps; None where the
            probability is below the threshold, since Algorithm 2 does not run the Extractor then. Words that
            are only in windows below the threshold have a score of 0.
        windows: number of windows that the text was read in.
        unread: number of characters at the end of a very long text that were not read.
        first: of two readers, the first one's own probability; else None.
        second: of two readers, the second one's own probability; None where it did not read the text.
    """

    probability: float
    words: tuple[ReadWord, ...] | None
    windows: int = 1
    unread: int = 0
    first: float | None = None
    second: float | None = None


class TextReader(Protocol):
    """Anything that reads texts for Algorithm 2: one reader, or two together."""

    def read(
        self,
        texts: Sequence[str],
        contexts: Sequence[str] | None = None,
        *,
        threshold: float,
        advance: Callable[[int], None] = lambda windows: None,
    ) -> list[Reading]:
        """Read each text, in order; several threads may call at once.

        Args:
            texts: any texts.
            contexts: for each text what is read before it, empty where there is nothing; None for none.
            threshold: probability from which a text is positive, and its words are read.
            advance: called after each micro-batch with its number of windows.
        """
