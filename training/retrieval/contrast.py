"""The loss by which phrases come near the names of their PTs, and go away from those of others."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy


def info_nce(
    queries: Tensor, names: Tensor, answers: Tensor, excused: Tensor, *, temperature: float
) -> Tensor:
    """InfoNCE (van den Oord et al. 2018, Equation 4): which of the names is a phrase's own.

    Args:
        queries: `[batch, hidden]`, vectors of phrases, of length one.
        names: `[names, hidden]`, vectors of names, of length one.
        answers: `[batch]`, int64: the row of `names` that each phrase shall come near.
        excused: `[batch, names]`, true for other names of the phrase's own PT, which are not wrong.
        temperature: cosines are divided by it.

    Returns:
        The mean cross-entropy, a scalar in fp32.
    """
    cosines = queries.float() @ names.float().T
    own = torch.zeros_like(excused).scatter_(1, answers[:, None], True)
    return cross_entropy((cosines / temperature).masked_fill(excused & ~own, -torch.inf), answers)
