"""Offline training: corpora in, a bundle out. It builds on `models` and knows nothing of the daemon.

Most people use it by the command `ade-train`. docs/training.md shows the same from Python, with these names,
which are imported when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.lazy_names import lazy_names
from training.errors import CorpusError, RunError, TrainingError

if TYPE_CHECKING:
    from training.examples import AnnotatedSpan, Example, TrainingData
    from training.methods import TrainedBundle, TrainingRun, effective_method, train_method
    from training.presets import PRESETS, Method, preset
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "examples": ("AnnotatedSpan", "Example", "TrainingData"),
            "methods": ("TrainedBundle", "TrainingRun", "effective_method", "train_method"),
            "presets": ("PRESETS", "Method", "preset"),
        },
    )

__all__ = [
    "PRESETS",
    "AnnotatedSpan",
    "CorpusError",
    "Example",
    "Method",
    "RunError",
    "TrainedBundle",
    "TrainingData",
    "TrainingError",
    "TrainingRun",
    "effective_method",
    "preset",
    "train_method",
]
