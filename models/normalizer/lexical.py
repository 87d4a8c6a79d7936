"""Search by letters, which reaches names that no training has seen: TF-IDF of character n-grams.

Names and spans are compared as `canonical_name` writes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz, process
from scipy import sparse

_LENGTHS: Final = (3, 4)  # a character has 16 bits, an n-gram at most 64
_SPACE: Final = ord(" ")
# Names that are counted at a time. The intermediate arrays of a whole release would leave the process with
# five times the memory of the index.
_CHUNK: Final = 4_096

_Ints = npt.NDArray[np.int64]
_Floats = npt.NDArray[np.float32]


class LexicalIndex:
    """The n-grams of all names, each with the names that have it.

    The fewer names have an n-gram, the more it weighs. Misspelled words share most of their n-grams with
    the right ones, and the order of words does not matter.

    Args:
        names: what is searched.
    """

    def __init__(self, names: Sequence[str]) -> None:
        chunks = [names[start : start + _CHUNK] for start in range(0, max(len(names), 1), _CHUNK)]
        self._grams = np.unique(np.concatenate([np.unique(_ngrams(chunk)[1]) for chunk in chunks]))
        counts = [self._counts(chunk) for chunk in chunks]
        names_with = sum(np.bincount(chunk.indices, minlength=len(self._grams)) for chunk in counts)
        self._weights = np.log((1 + len(names)) / (1 + names_with)) + 1
        self._weight_of_unknown = np.log(1 + len(names)) + 1
        self._names_by_gram = sparse.vstack([_unit_rows(chunk, self._weights) for chunk in counts]).T.tocsr()

    def _counts(self, names: Sequence[str]) -> sparse.csr_array:
        rows, grams = _ngrams(names)
        return _count(rows, np.searchsorted(self._grams, grams), (len(names), len(self._grams)))

    def cosines(self, spans: Sequence[str]) -> _Floats:
        """Return the cosine between the n-grams of each span and each name: `[spans, names]`, 0 to 1."""
        cosines = np.zeros((len(spans), self._names_by_gram.shape[1]), dtype=np.float32)
        if not len(self._grams):
            return cosines
        rows, grams = _ngrams(spans)
        columns = np.searchsorted(self._grams, grams).clip(max=len(self._grams) - 1)
        known = self._grams[columns] == grams
        counts = _count(rows[known], columns[known], (len(spans), len(self._grams)))
        query = _weigh(counts, self._weights)
        # An n-gram that no name has makes the span longer, and so less similar to every name.
        unknown = np.bincount(rows[~known], minlength=len(spans)) * self._weight_of_unknown**2
        lengths = np.sqrt(query.power(2).sum(1) + unknown)
        for row, (start, end) in enumerate(zip(query.indptr, query.indptr[1:], strict=False)):
            if start < end:
                shares = (query.data[start:end] / lengths[row]).astype(np.float32)
                cosines[row] = shares @ self._names_by_gram[query.indices[start:end]]
        return cosines.clip(0, 1, out=cosines)


def letter_similarity(spans: Sequence[str], names: Sequence[str]) -> _Floats:
    """Compare spans and names pair by pair.

    Args:
        spans: the first of each pair.
        names: the second of each pair.

    Returns:
        `[pairs]`: 1 if both have the same words, 0 if they share no letter, or if the span is empty.
    """
    ratios = process.cpdist(spans, names, scorer=fuzz.ratio).astype(np.float32) / np.float32(100)
    has_words = np.array([bool(span) for span in spans], dtype=np.float32)
    similarity: _Floats = ratios * has_words
    return similarity


def _ngrams(texts: Sequence[str]) -> tuple[_Ints, npt.NDArray[np.uint64]]:
    """Return the n-grams within each word, including its borders: ` ra`, `ras`, `ash`, `sh ` and so on.

    Returns:
        `[grams]`: the index of the text that each n-gram is from, and `[grams]`: the n-grams as numbers.
    """
    padded = [f" {text} " for text in texts]
    code_points = np.frombuffer("".join(padded).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    # Characters beyond the first 65,536 share numbers with others; these are emoji, which no name has.
    characters = (code_points & 0xFFFF).astype(np.uint64)
    rows = np.repeat(np.arange(len(texts)), [len(text) for text in padded])
    by_length = [_ngrams_of_length(characters, rows, length) for length in _LENGTHS]
    return np.concatenate([rows for rows, _ in by_length]), np.concatenate([grams for _, grams in by_length])


def _ngrams_of_length(
    characters: npt.NDArray[np.uint64], rows: _Ints, length: int
) -> tuple[_Ints, npt.NDArray[np.uint64]]:
    count = max(len(characters) - length + 1, 0)
    grams = np.zeros(count, dtype=np.uint64)
    # An n-gram lies within one text, and has no space but at its ends.
    valid = rows[:count] == rows[length - 1 : length - 1 + count]
    for position in range(length):
        here = characters[position : position + count]
        grams |= here << np.uint64(16 * position)
        if 0 < position < length - 1:
            valid &= here != _SPACE
    return rows[:count][valid], grams[valid]


def _count(rows: _Ints, columns: _Ints, shape: tuple[int, int]) -> sparse.csr_array:
    # With indices of 64 bits, the index of a whole release would be half as large again.
    indices = (rows.astype(np.int32), columns.astype(np.int32))
    counts = sparse.coo_array((np.ones(len(rows)), indices), shape=shape).tocsr()
    counts.sum_duplicates()
    return counts


def _unit_rows(counts: sparse.csr_array, weights: npt.NDArray[np.float64]) -> sparse.csr_array:
    """Return weighted counts, each row scaled to length one, in fp32."""
    weighted = _weigh(counts, weights)
    lengths = np.sqrt(weighted.power(2).sum(1))
    scale = np.repeat(1 / np.maximum(lengths, 1e-9), np.diff(weighted.indptr))
    weighted.data = (weighted.data * scale).astype(np.float32)
    return weighted


def _weigh(counts: sparse.csr_array, weights: npt.NDArray[np.float64]) -> sparse.csr_array:
    """Return (1 + log count) × weight: a second occurrence in a text counts less than the first."""
    data = (1 + np.log(counts.data)) * weights[counts.indices]
    return sparse.csr_array((data, counts.indices, counts.indptr), shape=counts.shape)
