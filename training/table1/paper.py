"""The figures of the paper's Table 1: precision, recall and F1 in percent, by relaxed match."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

Figures = tuple[float, float, float]

# Preset, then split ("valid" is the development set of SMM4H 2021), then subtask. Where the paper gives no
# figure, as the configuration changes nothing there, there is none.
PAPER: Final[Mapping[str, Mapping[str, Mapping[str, Figures]]]] = MappingProxyType(
    {
        "mtl": {
            "valid": {"1a": (58.9, 66.1, 62.3), "1b": (44.3, 64.1, 52.4), "1c": (14.2, 21.8, 17.2)},
            "test": {"1a": (45.2, 43.4, 44.3), "1b": (44.2, 53.6, 48.5), "1c": (14.5, 18.7, 16.4)},
        },
        "boosting-ensemble": {
            "valid": {"1a": (61.7, 64.6, 63.1), "1b": (44.1, 61.9, 51.5), "1c": (15.5, 22.9, 18.5)},
            "test": {"1a": (49.1, 39.3, 43.7), "1b": (51.4, 51.4, 51.4), "1c": (16.0, 17.0, 16.0)},
        },
        "enhanced-ensemble": {
            "valid": {"1a": (65.1, 62.1, 63.5), "1b": (50.8, 62.3, 56.0), "1c": (15.7, 20.6, 17.9)},
            "test": {"1a": (48.8, 36.6, 42.0), "1b": (51.4, 49.1, 50.0), "1c": (15.8, 16.0, 16.0)},
        },
        "enhanced-normalizer": {
            "valid": {"1c": (17.2, 24.1, 20.0)},
            "test": {"1c": (16.9, 17.9, 17.4)},
        },
    }
)
