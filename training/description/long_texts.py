"""How much of a corpus is longer than an encoder reads at once, and is read in several windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from models.encoder import TweetTokenizer
from training.examples import Example


@dataclass(frozen=True, slots=True)
class LongTextFigures:
    """The texts of a split that are longer than the longest input.

    Attributes:
        texts: number of texts that are read in several windows.
        windows: number of windows of all texts, a short text being one.
        spans: number of spans that end beyond the first window.
        unread: number of texts whose end is beyond the last window, and so is not read.
    """

    texts: int
    windows: int
    spans: int
    unread: int


def count_long_texts(
    examples: Sequence[Example], tokenizer: TweetTokenizer, *, reads_context: bool = False
) -> LongTextFigures:
    """Count the texts and spans that do not fit into one input.

    Args:
        examples: the texts of a split.
        tokenizer: of an encoder; it has the longest input.
        reads_context: whether contexts are read before the texts, and take some of their room.
    """
    contexts = [example.context for example in examples] if reads_context else None
    windowed = tokenizer.windows([example.text for example in examples], contexts)
    beyond = 0
    for number, long in windowed.long.items():
        first_end = long.offsets[long.parts[0].stop - 1][1]
        beyond += sum(span.end > first_end for span in examples[number].spans)
    return LongTextFigures(
        texts=len(windowed.long),
        windows=len(windowed.inputs),
        spans=beyond,
        unread=sum(long.read_to is not None for long in windowed.long.values()),
    )
