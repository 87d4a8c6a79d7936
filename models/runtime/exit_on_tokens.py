"""The head of an early exit on packed tokens: which texts of a batch leave."""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import linear

from models.device import Precision
from models.network import ExitHead, NetworkShape
from models.runtime.attention import Attention
from models.runtime.layer import ClsLayer, cls_states
from models.runtime.packing import PackedBatch


class PackedExit:
    """An early exit with its weights prepared for a device.

    Args:
        head: with its tensors on the device.
        shape: of the network.
        precision: of matrix products.
        attention: of the device.
        bias: as `models.runtime.layer.position_bias` returns it.

    Attributes:
        below: number of layers of the network below the head.
    """

    def __init__(
        self,
        head: ExitHead,
        shape: NetworkShape,
        precision: Precision,
        attention: Attention,
        bias: Tensor | None = None,
    ) -> None:
        self.below = head.below
        self._leaves_below = head.leaves_below
        self._layer = ClsLayer(head.layer, shape, precision)
        self._linear = head.linear
        self._attention = attention
        self._bias = bias

    def log_odds(self, states: Tensor, batch: PackedBatch) -> Tensor:
        """Return the head's log-odds of ADE, `[texts]`, fp32, for states `[tokens, hidden]`."""
        [cls] = cls_states([self._layer], states, batch, self._attention, self._bias)
        return linear(cls, *self._linear)[:, 0]

    def staying(self, log_odds: Tensor) -> tuple[int, ...]:
        """Return the indices of the texts that go on, ascending."""
        return tuple((log_odds >= self._leaves_below).nonzero().flatten().tolist())
