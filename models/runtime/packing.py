"""Micro-batches without padding: the tokens of all texts one after another, shortest text first.

Texts of equal length are next to each other, so that attention can take them as one group. What works on
rectangles only can pad some of the texts and remove the padding again (`PaddedTexts`).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import torch
from torch import Tensor


class PackableInput(Protocol):
    """The tokens of one input: an `Encoding` of tokenizers, or a window of a long text."""

    @property
    def ids(self) -> Sequence[int]:
        """The token ids."""

    @property
    def type_ids(self) -> Sequence[int]:
        """0 for the tokens of the first text of a pair, 1 for those of the second."""

    def __len__(self) -> int:
        """Return the number of tokens, special ones included."""


@dataclass(frozen=True)
class LengthGroup:
    """Neighbouring texts of the same length in a packed batch.

    Attributes:
        texts: number of texts.
        length: tokens of each.
        first_text: index of the first one among the texts of the batch.
        first_token: index of its [CLS] among the tokens of the batch.
    """

    texts: int
    length: int
    first_text: int
    first_token: int

    @property
    def token_slice(self) -> slice:
        """The tokens of the group among those of the batch."""
        return slice(self.first_token, self.first_token + self.texts * self.length)

    @property
    def text_slice(self) -> slice:
        """The texts of the group among those of the batch."""
        return slice(self.first_text, self.first_text + self.texts)


@dataclass(frozen=True)
class PackedBatch:
    """Inputs of one forward pass.

    Attributes:
        rows: for each text, its index in the list that was divided into batches.
        lengths: tokens of each text, special ones included, ascending.
        input_ids: `[tokens]`, int64; all texts one after another.
        type_ids: `[tokens]`, int64, 0 for the first text of a pair and 1 for the second.
        position_ids: `[tokens]`, int64, from 0 at each [CLS].
        bounds: `[texts + 1]`, int32; text `i` has the tokens from `bounds[i]` to before `bounds[i + 1]`.
    """

    rows: tuple[int, ...]
    lengths: tuple[int, ...]
    input_ids: Tensor
    type_ids: Tensor
    position_ids: Tensor
    bounds: Tensor

    @property
    def longest(self) -> int:
        """Tokens of the longest text."""
        return max(self.lengths)

    @cached_property
    def groups(self) -> tuple[LengthGroup, ...]:
        """The texts by length, in order."""
        groups: list[LengthGroup] = []
        first_text = first_token = 0
        for length, equal in itertools.groupby(self.lengths):
            texts = len(list(equal))
            groups.append(LengthGroup(texts, length, first_text, first_token))
            first_text += texts
            first_token += texts * length
        return tuple(groups)

    @cached_property
    def starts(self) -> Tensor:
        """Index of each text's [CLS] among the tokens: `[texts]`, int64."""
        return self.bounds[:-1].long()

    @cached_property
    def text_of_token(self) -> Tensor:
        """Index of the text that each token belongs to: `[tokens]`, int64."""
        texts = torch.arange(len(self.lengths), device=self.bounds.device)
        # With the size given, this does not wait for a GPU.
        return texts.repeat_interleave(self.bounds.diff().long(), output_size=len(self.input_ids))

    def to(self, device: torch.device) -> PackedBatch:
        """Copy the tensors to a device."""
        if device == self.input_ids.device:
            return self
        tensors = (self.input_ids, self.type_ids, self.position_ids, self.bounds)
        copies = (tensor.to(device, non_blocking=True) for tensor in tensors)
        return PackedBatch(self.rows, self.lengths, *copies)

    def select(self, texts: Sequence[int]) -> tuple[PackedBatch, Tensor]:
        """Return a batch of some of the texts, and the indices of its tokens among those of this batch.

        Args:
            texts: indices of texts in this batch, ascending; at least one.
        """
        lengths = tuple(self.lengths[text] for text in texts)
        starts = list(itertools.accumulate(self.lengths, initial=0))
        tokens = torch.cat([torch.arange(starts[text], starts[text + 1]) for text in texts])
        tokens = tokens.to(self.input_ids.device)
        selected = PackedBatch(
            rows=tuple(self.rows[text] for text in texts),
            lengths=lengths,
            input_ids=self.input_ids[tokens],
            type_ids=self.type_ids[tokens],
            position_ids=self.position_ids[tokens],
            bounds=_bounds(lengths).to(self.input_ids.device),
        )
        return selected, tokens


def micro_batches(
    encodings: Sequence[PackableInput], *, token_budget: int, text_budget: int | None = None
) -> Iterator[PackedBatch]:
    """Divide inputs into packed batches, sorted by length.

    Args:
        encodings: in any order; each of them is in exactly one batch.
        token_budget: most tokens of a batch; a longer input is a batch of its own.
        text_budget: most texts of a batch; None for no limit.
    """
    lengths = [len(encoding) for encoding in encodings]
    rows: list[int] = []
    tokens = 0
    for row in sorted(range(len(encodings)), key=lengths.__getitem__):
        if rows and (tokens + lengths[row] > token_budget or len(rows) == text_budget):
            yield pack_batch(encodings, rows)
            rows, tokens = [], 0
        rows.append(row)
        tokens += lengths[row]
    if rows:
        yield pack_batch(encodings, rows)


def pack_batch(encodings: Sequence[PackableInput], rows: Sequence[int]) -> PackedBatch:
    """Pack some of the inputs into one batch, in the order of `rows`, which must be shortest first."""
    chosen = [encodings[row] for row in rows]
    lengths = tuple(len(encoding) for encoding in chosen)

    def concatenate(lists: Iterator[Sequence[int]]) -> Tensor:
        return torch.tensor(list(itertools.chain.from_iterable(lists)), dtype=torch.long)

    return PackedBatch(
        rows=tuple(rows),
        lengths=lengths,
        input_ids=concatenate(encoding.ids for encoding in chosen),
        type_ids=concatenate(encoding.type_ids for encoding in chosen),
        position_ids=concatenate(range(length) for length in lengths),
        bounds=_bounds(lengths),
    )


def _bounds(lengths: Sequence[int]) -> Tensor:
    return torch.tensor(list(itertools.accumulate(lengths, initial=0)), dtype=torch.int32)


class PaddedTexts:
    """Neighbouring texts of a packed batch as a rectangle `[texts, tokens of the longest]`.

    Args:
        batch: its tensors may be on any device.
        texts: index of the first text and one past the last; by default all texts.

    Attributes:
        text_slice: the texts among those of the batch.
        token_slice: their tokens among those of the batch.
        shape: number of texts, and tokens of the longest of them.
    """

    def __init__(self, batch: PackedBatch, texts: tuple[int, int] | None = None) -> None:
        first, end = texts or (0, len(batch.lengths))
        first_token = sum(batch.lengths[:first])
        self._batch = batch
        self.text_slice = slice(first, end)
        self.token_slice = slice(first_token, first_token + sum(batch.lengths[first:end]))
        self.shape = (end - first, max(batch.lengths[first:end]))
        # The index of each token in the rectangle, read row by row.
        rows = batch.text_of_token[self.token_slice] - first
        self._cells = rows * self.shape[1] + batch.position_ids[self.token_slice]

    @cached_property
    def input_ids(self) -> Tensor:
        """`[texts, longest]`, int64, 0 where padded."""
        return self.pad(self._batch.input_ids[self.token_slice])

    @cached_property
    def type_ids(self) -> Tensor:
        """`[texts, longest]`, int64, 1 for the second text of a pair."""
        return self.pad(self._batch.type_ids[self.token_slice])

    @cached_property
    def attention_mask(self) -> Tensor:
        """`[texts, longest]`, int64, 1 for tokens and 0 where padded."""
        return self.pad(self._batch.input_ids.new_ones(len(self._cells)))

    def pad(self, values: Tensor) -> Tensor:
        """Return values `[tokens, …]` of the texts as `[texts, longest, …]`, 0 where padded."""
        flat = values.new_zeros(self.shape[0] * self.shape[1], *values.shape[1:])
        flat[self._cells] = values
        return flat.view(*self.shape, *values.shape[1:])

    def unpad(self, values: Tensor) -> Tensor:
        """Return values `[texts, longest, …]` as `[tokens, …]`, without those of the padding."""
        return values.flatten(0, 1)[self._cells]


def padded_parts(batch: PackedBatch) -> Iterator[PaddedTexts]:
    """Divide a batch into rectangles, none of which is more than half padding.

    That bounds the memory: one rectangle for a text of 512 tokens and 5,000 texts of 3 would have 2.5 million
    cells.
    """
    first = 0
    for text, length in enumerate(batch.lengths):
        if length > 2 * batch.lengths[first]:
            yield PaddedTexts(batch, (first, text))
            first = text
    yield PaddedTexts(batch, (first, len(batch.lengths)))
