"""Character n-grams of many texts at once, as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

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
