"""Relations between the words of a text: what a student learns of a teacher's last states of tokens.

The relation of two words is the cosine of their states, each less the mean over all words of the text. The
state of a word is the mean over its tokens. So neither the width of the states nor the tokenizer matters, and
a relation needs one byte (relational distillation: Park et al. 2019; MiniLM, Wang et al. 2020, does it for
the values of attention).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import accumulate
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import normalize

from models.encoder import TokenizedInput

UNKNOWN: Final = -128
"""In place of a relation that a teacher does not know."""

FEWEST_WORDS: Final = 3
"""Two states less their mean are opposite, whatever they are."""

_ONE: Final = 127  # a cosine of 1 in a byte

Relations = NDArray[np.int8]
"""Cosines of pairs of words times 127, `[pairs]`: of the first with all later ones, then of the second, …"""


@dataclass(frozen=True)
class InputRelations:
    """The relations of the words of one input.

    Attributes:
        tokens: for each word, its first token and the one after its last token.
        relations: of their pairs.
    """

    tokens: Sequence[tuple[int, int]] = ()
    relations: Relations = field(default_factory=lambda: np.zeros(0, np.int8))

    @classmethod
    def of(
        cls, tokens: TokenizedInput, words: Sequence[tuple[int, int]], relations: Relations
    ) -> InputRelations:
        """Return the relations of the words that an input has tokens of; none if these are too few.

        Args:
            tokens: of a text.
            words: start and end of each word in the text, in order.
            relations: of the pairs of all words.
        """
        ranges = tokens_of_words(tokens, words)
        known = [number for number, (first, end) in enumerate(ranges) if first < end]
        if len(known) < FEWEST_WORDS or not len(relations):
            return cls()
        chosen = _square(relations, len(words))[np.ix_(known, known)]
        return cls([ranges[number] for number in known], chosen[np.triu_indices(len(known), 1)])


@dataclass(frozen=True)
class RelationBatch:
    """The relations of a mini-batch.

    Attributes:
        tokens: `[batch, words, 2]`, int64: first token of each word, and the one after its last; both are 0
            where there are no more words.
        relations: `[batch, words, words]`, fp32: cosines, above the diagonal.
        is_known: `[batch, words, words]`, bool: true where there is a relation.
    """

    tokens: Tensor
    relations: Tensor
    is_known: Tensor

    def to(self, device: torch.device) -> RelationBatch:
        """Copy the tensors to a device."""
        return RelationBatch(self.tokens.to(device), self.relations.to(device), self.is_known.to(device))


@dataclass(frozen=True, eq=False)
class WordRelations:
    """The relations of all inputs of a task, one after another. Equal to itself only.

    Attributes:
        tokens: `[words, 2]`, int32: first token of each word in its input, and the one after its last.
        relations: `[pairs]`, int8.
        starts: `[inputs + 1]`, int64: the index of each input's first word, and the end.
        pair_starts: `[inputs + 1]`, int64: the index of each input's first pair, and the end.
    """

    tokens: NDArray[np.int32]
    relations: Relations
    starts: NDArray[np.int64]
    pair_starts: NDArray[np.int64]

    @classmethod
    def of(cls, rows: Sequence[InputRelations]) -> WordRelations:
        """Pack the relations of each input."""
        tokens = [np.array(row.tokens, np.int32).reshape(-1, 2) for row in rows]
        return cls(
            np.concatenate([*tokens, np.zeros((0, 2), np.int32)]),
            np.concatenate([*(row.relations for row in rows), np.zeros(0, np.int8)]),
            _starts([len(row.tokens) for row in rows]),
            _starts([len(row.relations) for row in rows]),
        )

    def __len__(self) -> int:
        return len(self.starts) - 1

    def count(self, rows: Sequence[int]) -> int:
        """Return how many of some inputs have a relation."""
        return sum(bool((self._pairs(row) != UNKNOWN).any()) for row in rows)

    def row(self, row: int) -> InputRelations:
        """Return the relations of an input, as `WordRelations.of` takes them."""
        words = self.tokens[self.starts[row] : self.starts[row + 1]]
        return InputRelations([(first, end) for first, end in words.tolist()], self._pairs(row))

    def batch(self, rows: Sequence[int]) -> RelationBatch:
        """Collect the relations of some inputs, padded to the most words."""
        width = max((int(self.starts[row + 1] - self.starts[row]) for row in rows), default=0)
        tokens = np.zeros((len(rows), width, 2), np.int64)
        relations = np.full((len(rows), width, width), UNKNOWN, np.int8)
        for place, row in enumerate(rows):
            words = self.tokens[self.starts[row] : self.starts[row + 1]]
            tokens[place, : len(words)] = words
            first, second = np.triu_indices(len(words), 1)
            relations[place, first, second] = self._pairs(row)
        is_known = torch.from_numpy(relations != UNKNOWN)
        return RelationBatch(
            torch.from_numpy(tokens), torch.from_numpy(relations.astype(np.float32) / _ONE), is_known
        )

    def digest(self) -> bytes:
        """Return a hash of all relations in their order."""
        hashed = blake2b(self.starts.tobytes(), digest_size=16)
        hashed.update(self.tokens.tobytes())
        hashed.update(self.relations.tobytes())
        return hashed.digest()

    def _pairs(self, row: int) -> Relations:
        return self.relations[self.pair_starts[row] : self.pair_starts[row + 1]]


def join_relations(parts: Sequence[tuple[WordRelations | None, int]]) -> WordRelations | None:
    """Put the relations of several data sets one after another.

    Args:
        parts: of each data set its relations, or None, and its number of inputs.

    Returns:
        None if no data set has relations.
    """
    if all(relations is None for relations, _ in parts):
        return None
    return WordRelations.of(
        [
            InputRelations() if relations is None else relations.row(row)
            for relations, count in parts
            for row in range(count)
        ]
    )


def tokens_of_words(tokens: TokenizedInput, words: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return for each word its first token and the one after its last; `(0, 0)` for a word without tokens.

    Args:
        tokens: of a text, perhaps by another tokenizer than that of the words.
        words: start and end of each word in the text, in order.
    """
    places = [
        (number, start, end)
        for number, ((start, end), word) in enumerate(zip(tokens.offsets, tokens.word_ids, strict=True))
        if word is not None and start < end
    ]
    ranges, first = [], 0
    for start, end in words:
        while first < len(places) and places[first][2] <= start:
            first += 1
        after = first
        while after < len(places) and places[after][1] < end:
            after += 1
        ranges.append((places[first][0], places[after - 1][0] + 1) if after > first else (0, 0))
    return ranges


def relations_of(states: Tensor, words: Sequence[tuple[int, int]]) -> Relations:
    """Return the relations of the words of one input.

    Args:
        states: `[tokens, hidden]`.
        words: first token of each word and the one after its last, as `tokens_of_words` returns them.

    Returns:
        `UNKNOWN` for pairs with a word that has no tokens.
    """
    tokens = torch.tensor(words, device=states.device).reshape(1, -1, 2)
    cosines = _cosines(states[None].float(), tokens)[0].cpu().numpy()
    rounded = np.rint(cosines * _ONE).clip(-_ONE, _ONE).astype(np.int8)
    is_word = np.array([first < end for first, end in words], dtype=bool)
    rounded[~is_word] = rounded[:, ~is_word] = UNKNOWN
    relations: Relations = rounded[np.triu_indices(len(words), 1)]
    return relations


def mean_relations(teachers: Sequence[Relations]) -> Relations:
    """Return the mean of what several teachers know of the same pairs."""
    if len(teachers) == 1:
        return teachers[0]
    values = np.stack(teachers).astype(np.float32)
    is_known = values != UNKNOWN
    counts = is_known.sum(0)
    means = np.where(is_known, values, 0).sum(0) / np.maximum(counts, 1)
    return np.where(counts > 0, np.rint(means), UNKNOWN).astype(np.int8)


def relation_loss(states: Tensor, batch: RelationBatch) -> Tensor:
    """Compute the mean squared difference of the relations of each text, summed over the texts.

    Args:
        states: of the student, `[batch, tokens, hidden]`.
        batch: of the teacher, with as many texts.

    Returns:
        A scalar.
    """
    with torch.autocast(states.device.type, enabled=False):  # a cosine needs more digits than bfloat16 has
        differences = (_cosines(states.float(), batch.tokens) - batch.relations) ** 2
    known = batch.is_known.float()
    return ((differences * known).sum((1, 2)) / known.sum((1, 2)).clamp(min=1)).sum()


def _cosines(states: Tensor, tokens: Tensor) -> Tensor:
    """Return the cosines `[batch, words, words]` of the words of each text, whose states are centred.

    Args:
        states: `[batch, tokens, hidden]`, fp32.
        tokens: `[batch, words, 2]`; a word without tokens counts for nothing.
    """
    numbers = torch.arange(states.shape[1], device=states.device)
    is_of_word = (
        (numbers >= tokens[..., :1]) & (numbers < tokens[..., 1:])
    ).float()  # [batch, words, tokens]
    counts = is_of_word.sum(-1, keepdim=True)
    is_word = (counts > 0).float()
    # Of padding, the states are arbitrary, and may not even be numbers.
    used = is_of_word.sum(1)[..., None] > 0
    words = torch.matmul(is_of_word, states.where(used, 0.0)) / counts.clamp(min=1)
    mean = words.sum(1, keepdim=True) / is_word.sum(1, keepdim=True).clamp(min=1)
    centred = normalize((words - mean) * is_word, dim=-1, eps=1e-6)
    return torch.matmul(centred, centred.transpose(1, 2))


def _square(relations: Relations, words: int) -> NDArray[np.int8]:
    """Return the relations above the diagonal of a square, `[words, words]`."""
    square = np.full((words, words), UNKNOWN, np.int8)
    square[np.triu_indices(words, 1)] = relations
    return square


def _starts(counts: Sequence[int]) -> NDArray[np.int64]:
    return np.fromiter(accumulate(counts, initial=0), np.int64, len(counts) + 1)
