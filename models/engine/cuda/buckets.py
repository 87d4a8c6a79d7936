"""The sizes that micro-batches are filled up to on a GPU: a captured graph computes one size only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from models.engine.packing import PackedBatch

SMALLEST: Final = 256  # tokens
_TOKENS_OF_A_TEXT: Final = 8  # texts that have fewer on the average want a larger bucket
# The kernel takes 128 queries at a time. Where no text has more, it starts once for each text and head; with
# BERT's 512 it would start four times, three of them for nothing.
_LONGEST: Final = 128


@dataclass(frozen=True)
class Bucket:
    """A size.

    Attributes:
        tokens: most tokens of a batch.
        texts: most texts of a batch.
        longest: most tokens of a text.
    """

    tokens: int
    texts: int
    longest: int

    def holds(self, batch: PackedBatch) -> bool:
        """Whether a batch can be filled up to this size."""
        return (
            len(batch.input_ids) <= self.tokens
            and len(batch.lengths) <= self.texts
            and batch.longest <= self.longest
        )


def most_texts(tokens: int) -> int:
    """How many texts a batch of so many tokens may have on a GPU."""
    return max(1, tokens // _TOKENS_OF_A_TEXT)


def buckets(token_budget: int) -> tuple[Bucket, ...]:
    """Give the sizes for batches within a budget: each twice the one before, the last one the budget itself.

    So a batch is filled up to less than its double; of a backlog only the last batch is not nearly full.
    """
    sizes = []
    tokens = SMALLEST
    while tokens < token_budget:
        sizes.append(tokens)
        tokens *= 2
    sizes.append(token_budget)
    return tuple(Bucket(size, most_texts(size), min(size, _LONGEST)) for size in sizes)


def smallest_holding(sizes: Sequence[Bucket], batch: PackedBatch) -> Bucket | None:
    """Choose the size for a batch; None where it has too long a text, or too many texts."""
    fitting = [size for size in sizes if size.holds(batch)]
    return min(fitting, key=lambda size: size.tokens, default=None)
