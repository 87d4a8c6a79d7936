"""A packed batch as a padded one, for what only knows rectangles."""

from __future__ import annotations

from functools import cached_property

from torch import Tensor

from models.engine.packing import PackedBatch


class Padded:
    """The same texts, `[texts, tokens of the longest]`, and the way back."""

    def __init__(self, batch: PackedBatch) -> None:
        self._batch = batch
        self.shape = (len(batch.lengths), max(batch.lengths))
        # where each token stands in the rectangle, read row by row
        self._places = batch.text_of_token * self.shape[1] + batch.position_ids

    @cached_property
    def input_ids(self) -> Tensor:
        """`[texts, longest]`, int64, 0 where padded."""
        return self.padded(self._batch.input_ids)

    @cached_property
    def type_ids(self) -> Tensor:
        """`[texts, longest]`, int64, 1 for the second text of a pair."""
        return self.padded(self._batch.type_ids)

    @cached_property
    def attention_mask(self) -> Tensor:
        """`[texts, longest]`, int64, 1 for tokens and 0 where padded."""
        return self.padded(self._batch.input_ids.new_ones(len(self._places)))

    def padded(self, values: Tensor) -> Tensor:
        """Give `[texts, longest, …]`, 0 where padded, for `[tokens, …]`."""
        flat = values.new_zeros(self.shape[0] * self.shape[1], *values.shape[1:])
        flat[self._places] = values
        return flat.view(*self.shape, *values.shape[1:])

    def packed(self, values: Tensor) -> Tensor:
        """Give `[tokens, …]` for `[texts, longest, …]`."""
        return values.flatten(0, 1)[self._places]
