"""Search by meaning: the exact cosine between the vector of a span and the vectors of all names."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from models.device import prefers_bfloat16
from models.normalizer.names import Names


@dataclass(frozen=True, eq=False)
class NameIndex:
    """Names with a vector for each.

    Attributes:
        names: what is searched.
        vectors: `[names, hidden]`, rows of length one, on the CPU; in half precision from a bundle.

    Raises:
        ValueError: the number of vectors is not that of the names.
    """

    names: Names
    vectors: Tensor

    def __post_init__(self) -> None:
        if self.vectors.ndim != 2 or len(self.vectors) != len(self.names):
            raise ValueError(
                f"there are vectors of the shape {list(self.vectors.shape)} for {len(self.names)} names"
            )


class DenseIndex:
    """The vectors of all names, on the device that multiplies them.

    They are kept in bfloat16 where the device is faster with it. That halves the memory and changes a
    cosine by about 0.002.

    Args:
        vectors: `[names, hidden]`, rows of length one.
        device: where the search runs.
    """

    def __init__(self, vectors: Tensor, device: torch.device) -> None:
        dtype = torch.bfloat16 if prefers_bfloat16(device) else torch.float32
        self._vectors = vectors.to(device, dtype)

    @torch.inference_mode()
    def cosines(self, vectors: Tensor) -> Tensor:
        """Return the cosine of each span and each name: `[spans, names]`, -1 to 1, on the CPU.

        Its type is that of the index, and the names come first in memory.

        Args:
            vectors: `[spans, hidden]`, rows of length one.
        """
        # Names come first, since threads divide a product by its rows, and there are more names than spans.
        cosines = self._vectors @ vectors.to(self._vectors.device, self._vectors.dtype).T
        return cosines.cpu().T
