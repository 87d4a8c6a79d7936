"""Micro-batches without padding: the tokens of all texts one after another, equal lengths side by side.

A packed batch as a padded one, or as several of about equal lengths, for what only knows padded_parts.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from tokenizers import Encoding
from torch import Tensor


@dataclass(frozen=True)
class Group:
    """Texts of exactly the same length, which attention takes together and without a mask.

    Attributes:
        texts: how many there are.
        length: tokens of each.
        first_text: place of the first one among the texts of the batch.
        first_token: place of its [CLS] among the tokens of the batch.
    """

    texts: int
    length: int
    first_text: int
    first_token: int

    @property
    def tokens(self) -> slice:
        """Where the tokens of the group are, among those of the batch."""
        return slice(self.first_token, self.first_token + self.texts * self.length)

    @property
    def rows(self) -> slice:
        """Where the texts of the group are, among those of the batch."""
        return slice(self.first_text, self.first_text + self.texts)


@dataclass(frozen=True)
class PackedBatch:
    """Inputs of one forward pass.

    Attributes:
        rows: for each text, its index in the list that was batched.
        lengths: tokens of each text, special ones included, none shorter than the one before.
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
    def groups(self) -> tuple[Group, ...]:
        """Runs of texts of equal length, in order."""
        groups: list[Group] = []
        text = token = 0
        for length, run in itertools.groupby(self.lengths):
            texts = len(list(run))
            groups.append(Group(texts, length, text, token))
            text += texts
            token += texts * length
        return tuple(groups)

    @cached_property
    def starts(self) -> Tensor:
        """Place of each text's [CLS] among the tokens: `[texts]`, int64."""
        return self.bounds[:-1].long()

    @cached_property
    def text_of_token(self) -> Tensor:
        """For each token the text that it is of: `[tokens]`, int64."""
        texts = torch.arange(len(self.lengths), device=self.bounds.device)
        # told the size, a GPU need not be waited for
        return texts.repeat_interleave(self.bounds.diff().long(), output_size=len(self.input_ids))

    def to(self, device: torch.device) -> PackedBatch:
        """Copy the tensors to a device."""
        if device == self.input_ids.device:
            return self
        parts = (self.input_ids, self.type_ids, self.position_ids, self.bounds)
        return PackedBatch(self.rows, self.lengths, *(part.to(device, non_blocking=True) for part in parts))

    def only(self, chosen: Sequence[int]) -> tuple[PackedBatch, Tensor]:
        """Give a batch of some of the texts, and the places of its tokens among those of this one.

        Args:
            chosen: texts by their place in this batch, ascending.
        """
        lengths = tuple(self.lengths[text] for text in chosen)
        starts = list(itertools.accumulate(self.lengths, initial=0))
        places = torch.cat([torch.arange(starts[text], starts[text + 1]) for text in chosen])
        places = places.to(self.input_ids.device)
        rows = tuple(self.rows[text] for text in chosen)
        ids, types, positions = self.input_ids[places], self.type_ids[places], self.position_ids[places]
        bounds = _bounds(lengths).to(self.input_ids.device)
        return PackedBatch(rows, lengths, ids, types, positions, bounds), places


def micro_batches(
    encodings: Sequence[Encoding], *, token_budget: int, text_budget: int | None = None
) -> Iterator[PackedBatch]:
    """Divide inputs into micro-batches, by length, so that equal lengths meet.

    Args:
        encodings: in any order; every one of them is in exactly one batch.
        token_budget: most tokens of a batch; an input that is longer goes alone.
        text_budget: most texts of a batch; by default any number.
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


def pack_batch(encodings: Sequence[Encoding], rows: Sequence[int]) -> PackedBatch:
    """Put some of the inputs into one batch, in the order of `rows`, shortest first."""
    chosen = [encodings[row] for row in rows]
    lengths = tuple(len(encoding) for encoding in chosen)

    def joined(lists: Iterator[Sequence[int]]) -> Tensor:
        return torch.tensor(list(itertools.chain.from_iterable(lists)), dtype=torch.long)

    ids = joined(encoding.ids for encoding in chosen)
    types = joined(encoding.type_ids for encoding in chosen)
    positions = joined(range(length) for length in lengths)
    return PackedBatch(tuple(rows), lengths, ids, types, positions, _bounds(lengths))


def _bounds(lengths: Sequence[int]) -> Tensor:
    return torch.tensor(list(itertools.accumulate(lengths, initial=0)), dtype=torch.int32)


class PaddedTexts:
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
        return self.pad(self._batch.input_ids[self.tokens])

    @cached_property
    def type_ids(self) -> Tensor:
        """`[texts, longest]`, int64, 1 for the second text of a pair."""
        return self.pad(self._batch.type_ids[self.tokens])

    @cached_property
    def attention_mask(self) -> Tensor:
        """`[texts, longest]`, int64, 1 for tokens and 0 where padded."""
        return self.pad(self._batch.input_ids.new_ones(len(self._places)))

    def pad(self, values: Tensor) -> Tensor:
        """Give `[texts, longest, …]`, 0 where padded, for `[tokens, …]` of the texts."""
        flat = values.new_zeros(self.shape[0] * self.shape[1], *values.shape[1:])
        flat[self._places] = values
        return flat.view(*self.shape, *values.shape[1:])

    def unpad(self, values: Tensor) -> Tensor:
        """Give `[tokens, …]` for `[texts, longest, …]`."""
        return values.flatten(0, 1)[self._places]


def padded_parts(batch: PackedBatch) -> Iterator[PaddedTexts]:
    """Divide a batch into texts of about equal lengths: no rectangle is more than half padding.

    That bounds the memory: of one text with 512 tokens and 5,000 with 3 a single rectangle would have 2.5
    million places.
    """
    first = 0
    for text, length in enumerate(batch.lengths):
        if length > 2 * batch.lengths[first]:
            yield PaddedTexts(batch, (first, text))
            first = text
    yield PaddedTexts(batch, (first, len(batch.lengths)))
