"""A packed batch as a padded one, or as several of about equal lengths, for what only knows rectangles."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from torch import Tensor

from models.engine.packing import PackedBatch


class Padded:
    """Texts of a batch, side by side there, as `[texts, tokens of the longest]`, and the way back.

    Args:
        batch: its tensors may be on any device.
        texts: from which one, and to before which one; by default all.

    Attributes:
        rows: where the texts are, among those of the batch.
        tokens: where their tokens are, among those of the batch.
        shape: texts, and tokens of the longest of them.
    """

    def __init__(self, batch: PackedBatch, texts: tuple[int, int] | None = None) -> None:
        first, end = texts or (0, len(batch.lengths))
        start = sum(batch.lengths[:first])
        self._batch = batch
        self.rows = slice(first, end)
        self.tokens = slice(start, start + sum(batch.lengths[first:end]))
        self.shape = (end - first, max(batch.lengths[first:end]))
        # where each token stands in the rectangle, read row by row
        rows = batch.text_of_token[self.tokens] - first
        self._places = rows * self.shape[1] + batch.position_ids[self.tokens]

    @cached_property
    def input_ids(self) -> Tensor:
        """`[texts, longest]`, int64, 0 where padded."""
        return self.padded(self._batch.input_ids[self.tokens])

    @cached_property
    def type_ids(self) -> Tensor:
        """`[texts, longest]`, int64, 1 for the second text of a pair."""
        return self.padded(self._batch.type_ids[self.tokens])

    @cached_property
    def attention_mask(self) -> Tensor:
        """`[texts, longest]`, int64, 1 for tokens and 0 where padded."""
        return self.padded(self._batch.input_ids.new_ones(len(self._places)))

    def padded(self, values: Tensor) -> Tensor:
        """Give `[texts, longest, …]`, 0 where padded, for `[tokens, …]` of the texts."""
        flat = values.new_zeros(self.shape[0] * self.shape[1], *values.shape[1:])
        flat[self._places] = values
        return flat.view(*self.shape, *values.shape[1:])

    def packed(self, values: Tensor) -> Tensor:
        """Give `[tokens, …]` for `[texts, longest, …]`."""
        return values.flatten(0, 1)[self._places]


def rectangles(batch: PackedBatch) -> Iterator[Padded]:
    """Divide a batch into texts of about equal lengths: no rectangle is more than half padding.

    That bounds the memory: of one text with 512 tokens and 5,000 with 3 a single rectangle would have 2.5
    million places.
    """
    first = 0
    for text, length in enumerate(batch.lengths):
        if length > 2 * batch.lengths[first]:
            yield Padded(batch, (first, text))
            first = text
    yield Padded(batch, (first, len(batch.lengths)))
