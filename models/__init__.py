"""The networks of ade-monitor: tokenize, forward, decode, and the bundles that carry trained weights.

This package knows neither Kafka nor a database. The names below are its public face; those that need
torch are imported when they are first used, so that `import models` stays quick.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from models.errors import BundleError, ModelError, TrunkError
from models.options import ServingOptions
from models.predictions import Candidate, Mention, Scorer, TweetPrediction
from models.scoring.catalog import DummyScorer, load_scorer
from models.scoring.streaming import stream

if TYPE_CHECKING:
    from models.bundle import load_bundle, save_bundle
    from models.encoder.loading import load_encoder
    from models.network.multitask import MultiTaskNetwork
    from models.scoring.pipeline import Pipeline

__all__ = [
    "BundleError",
    "Candidate",
    "DummyScorer",
    "Mention",
    "ModelError",
    "MultiTaskNetwork",
    "Pipeline",
    "Scorer",
    "ServingOptions",
    "TrunkError",
    "TweetPrediction",
    "load_bundle",
    "load_encoder",
    "load_scorer",
    "save_bundle",
    "stream",
]

_NEEDS_TORCH = {
    "MultiTaskNetwork": "models.network.multitask",
    "Pipeline": "models.scoring.pipeline",
    "load_bundle": "models.bundle",
    "load_encoder": "models.encoder.loading",
    "save_bundle": "models.bundle",
}


def __getattr__(name: str) -> Any:
    if name in _NEEDS_TORCH:
        return getattr(importlib.import_module(_NEEDS_TORCH[name]), name)
    raise AttributeError(f"module 'models' has no attribute {name!r}")
