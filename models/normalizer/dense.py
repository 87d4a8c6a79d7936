"""Search by meaning: the cosine of a span's vector and those of all names, exactly."""

from __future__ import annotations

import torch
from torch import Tensor

from models.device import prefers_bfloat16


class DenseIndex:
    """The vectors of all names, where they are multiplied.

    They are kept in bfloat16 where the device gains by it: that takes half of the memory, and a cosine is
    then off by 0.002 or so.

    Args:
        vectors: `[names, hidden]`, rows of length one.
        device: where the search runs.
    """

    def __init__(self, vectors: Tensor, device: torch.device) -> None:
        dtype = torch.bfloat16 if prefers_bfloat16(device) else torch.float32
        self._vectors = vectors.to(device, dtype)

    @torch.inference_mode()
    def cosines(self, vectors: Tensor) -> Tensor:
        """Give the cosine of each span and each name: `[spans, names]`, -1 to 1, on the CPU, as it is kept.

        Args:
            vectors: `[spans, hidden]`, rows of length one.
        """
        # Names come first in the product: threads share it by its rows, of which there are more then.
        found = self._vectors @ vectors.to(self._vectors.device, self._vectors.dtype).T
        return found.cpu().T
