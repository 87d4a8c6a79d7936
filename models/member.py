"""A further classifier of an ensemble: layers and a head of its own on the trunk that all share."""

from __future__ import annotations

import warnings
from copy import deepcopy
from typing import ClassVar

from torch import nn


class Member(nn.Module):
    """One more Classifier (paper, section 4).

    It is trained as a network of its own and then adopted, so there is no dropout before its head.

    Args:
        layers: the trained layers after the trunk; they are copied.
        hidden: width of their states.
    """

    # What a member has in common with a whole network, by the names there.
    PARTS: ClassVar = ("shared.", "classifier.")

    def __init__(self, layers: nn.ModuleList, hidden: int) -> None:
        super().__init__()
        self.shared = deepcopy(layers)
        self.classifier = head(hidden, 2)


def head(hidden: int, classes: int) -> nn.Linear:
    """Make an untrained head: a linear layer with the weights that BERT's own layers start from."""
    with warnings.catch_warnings():
        # A Normalizer without classes has nothing to initialize, and torch would say so.
        warnings.filterwarnings("ignore", "Initializing zero-element tensors")
        layer = nn.Linear(hidden, classes)
    nn.init.normal_(layer.weight, std=0.02)
    nn.init.zeros_(layer.bias)
    return layer
