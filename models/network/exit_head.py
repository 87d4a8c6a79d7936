"""The head of an early exit: it settles clear negatives after a lower layer of the network.

The head is one more layer, run at [CLS] alone, and a linear layer. It predicts the log-odds that the whole
network would have. Training distils it from the network's own probabilities (`training.exits`), and changes
nothing else. A text whose log-odds are below a threshold leaves there; all others go on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from torch import Tensor

from models.network.shape import NetworkShape, Shape
from models.network.vote import Decision
from models.network.weights import Affine, NetworkPart

LAYER: Final = "layer"
LINEAR: Final = "linear"
_ROUNDING: Final = 1e-6  # of a threshold that was a probability in between


@dataclass(frozen=True, repr=False)
class ExitHead:
    """A trained head, with what was shown about it.

    Attributes:
        below: number of layers of the network below the head.
        leaves_below: log-odds of the head below which a text leaves.
        shown_for: the network's log-odds, before calibration, from which a text was counted as a positive
            that must go on. The exit is not taken for a lower threshold.
        tensors: fp32: those of the layer by their names in BERT, after `layer.`; `linear.weight`
            `[1, hidden]` and `linear.bias`.
    """

    below: int
    leaves_below: float
    shown_for: float
    tensors: Mapping[str, Tensor]

    @property
    def layer(self) -> NetworkPart:
        """The layer that is run at [CLS]."""
        return NetworkPart(self.tensors, f"{LAYER}.")

    @property
    def linear(self) -> Affine:
        """The linear layer with a single output: the log-odds of ADE."""
        return NetworkPart(self.tensors, "").affine(LINEAR)

    def serves(self, threshold: float, decision: Decision) -> bool:
        """Return True if the exit may be taken by a caller with this threshold.

        Args:
            threshold: probability from which a text is positive.
            decision: how the probability is computed.
        """
        return decision.log_odds_at(threshold) >= self.shown_for - _ROUNDING


def exit_shapes(shape: NetworkShape) -> dict[str, Shape]:
    """Return name and shape of each tensor of a head on a network."""
    layer = {f"{LAYER}.{name}": size for name, size in shape.layer().items()}
    return {**layer, f"{LINEAR}.weight": (1, shape.hidden), f"{LINEAR}.bias": (1,)}


def highest_exit(shape: NetworkShape) -> int:
    """Return the highest layer that an exit may follow, which is the one below the last."""
    return shape.frozen_layers + shape.shared_layers - 1
