"""Character n-grams of many texts at once, as numbers.

Search by letters: TF-IDF of character n-grams, which reaches names that no training has seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import sparse

_LENGTHS: Final = (3, 4)  # a character is 16 bits, a gram at most 64
_SPACE: Final = ord(" ")


def grams_of(texts: Sequence[str]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint64]]:
    """Find the n-grams within each word, its borders included: ` ra`, `ras`, `ash`, `sh ` and so on.

    Args:
        texts: words with a space between, as `one_spelling` writes them.

    Returns:
        Rows `[grams]`, the text that each gram is from, and the grams themselves `[grams]`: one number for
        each distinct one.
    """
    joined = [f" {text} " for text in texts]
    code_points = np.frombuffer("".join(joined).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    # Beyond the first 65,536 characters some share a number; emoji are in no name.
    characters = (code_points & 0xFFFF).astype(np.uint64)
    rows = np.repeat(np.arange(len(texts)), [len(one) for one in joined])
    found = [_grams(characters, rows, length) for length in _LENGTHS]
    return np.concatenate([rows for rows, _ in found]), np.concatenate([grams for _, grams in found])


def _grams(
    characters: npt.NDArray[np.uint64], rows: npt.NDArray[np.int64], length: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint64]]:
    count = max(len(characters) - length + 1, 0)
    grams = np.zeros(count, dtype=np.uint64)
    whole = rows[:count] == rows[length - 1 : length - 1 + count]
    for place in range(length):
        here = characters[place : place + count]
        grams |= here << np.uint64(16 * place)
        if 0 < place < length - 1:
            whole &= here != _SPACE
    return rows[:count][whole], grams[whole]


# Names that are counted at once: the arrays on the way to the index of a whole release, all at once, would
# leave the process with five times the memory that the index itself takes.
_CHUNK: Final = 4_096


class LexicalIndex:
    """The n-grams of all names, each with the names that have it.

    A gram weighs the more the fewer names have it; misspelt words share most of their grams with the right
    ones, and the order of words does not matter.

    Args:
        names: what is searched, as `one_spelling` writes it.
    """

    def __init__(self, names: Sequence[str]) -> None:
        chunks = [names[start : start + _CHUNK] for start in range(0, max(len(names), 1), _CHUNK)]
        self._grams = np.unique(np.concatenate([np.unique(grams_of(chunk)[1]) for chunk in chunks]))
        counts = [self._counts(chunk) for chunk in chunks]
        having = sum(np.bincount(chunk.indices, minlength=len(self._grams)) for chunk in counts)
        self._weights = np.log((1 + len(names)) / (1 + having)) + 1
        self._unknown = np.log(1 + len(names)) + 1
        self._names_by_gram = sparse.vstack([_scaled(chunk, self._weights) for chunk in counts]).T.tocsr()

    def _counts(self, names: Sequence[str]) -> sparse.csr_array:
        rows, grams = grams_of(names)
        return _counted(rows, np.searchsorted(self._grams, grams), (len(names), len(self._grams)))

    def cosines(self, spans: Sequence[str]) -> npt.NDArray[np.float32]:
        """Give the cosine of each span's n-grams and each name's: `[spans, names]`, 0 to 1.

        Args:
            spans: as `one_spelling` writes them.
        """
        found = np.zeros((len(spans), self._names_by_gram.shape[1]), dtype=np.float32)
        if not len(self._grams):
            return found
        rows, grams = grams_of(spans)
        places = np.searchsorted(self._grams, grams).clip(max=len(self._grams) - 1)
        known = self._grams[places] == grams
        counts = _counted(rows[known], places[known], (len(spans), len(self._grams)))
        query = _weighted(counts, self._weights)
        # A gram that no name has makes the span longer, and so less like any of them.
        beyond = np.bincount(rows[~known], minlength=len(spans)) * self._unknown**2
        lengths = np.sqrt(query.power(2).sum(1) + beyond)
        for row, (start, end) in enumerate(zip(query.indptr, query.indptr[1:], strict=False)):
            if start < end:
                shares = (query.data[start:end] / lengths[row]).astype(np.float32)
                found[row] = shares @ self._names_by_gram[query.indices[start:end]]
        return found.clip(0, 1, out=found)


def _counted(
    rows: npt.NDArray[np.int64], columns: npt.NDArray[np.int64], shape: tuple[int, int]
) -> sparse.csr_array:
    # A place has 32 bits, else the index of a whole release takes half as much again.
    places = (rows.astype(np.int32), columns.astype(np.int32))
    counts = sparse.coo_array((np.ones(len(rows)), places), shape=shape).tocsr()
    counts.sum_duplicates()
    return counts


def _scaled(counts: sparse.csr_array, weights: npt.NDArray[np.float64]) -> sparse.csr_array:
    """Weigh names, and bring each to the length of one; in half of the memory."""
    weighted = _weighted(counts, weights)
    lengths = np.sqrt(weighted.power(2).sum(1))
    scale = np.repeat(1 / np.maximum(lengths, 1e-9), np.diff(weighted.indptr))
    weighted.data = (weighted.data * scale).astype(np.float32)
    return weighted


def _weighted(counts: sparse.csr_array, weights: npt.NDArray[np.float64]) -> sparse.csr_array:
    """A second occurrence in a text says less than the first."""
    data = (1 + np.log(counts.data)) * weights[counts.indices]
    return sparse.csr_array((data, counts.indices, counts.indptr), shape=counts.shape)
