"""The models of ade-monitor: they score tweets, and bundles hold their trained weights.

A scorer tokenizes texts, runs the network, and decodes its outputs: `load_scorer(name).score(texts)`. This
package knows neither Kafka nor a database. Names that need torch are imported when they are first used, so
that `import models` stays quick.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.errors import BundleError, ModelError, Problem, TerminologyError, TrunkError, message_with_advice
from models.lazy_names import lazy_names
from models.options import NormalizerChoice, PrecisionChoice, ServingOptions
from models.predictions import Candidate, Mention, Scorer, TweetPrediction
from models.scoring import DummyScorer, load_scorer, stream

if TYPE_CHECKING:
    from models.bundle import load_bundle, save_bundle
    from models.encoder import load_encoder
    from models.network import MultiTaskNetwork
    from models.scoring.pipeline import Pipeline
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "bundle": ("load_bundle", "save_bundle"),
            "encoder": ("load_encoder",),
            "network": ("MultiTaskNetwork",),
            "scoring.pipeline": ("Pipeline",),
        },
    )

__all__ = [
    "BundleError",
    "Candidate",
    "DummyScorer",
    "Mention",
    "ModelError",
    "MultiTaskNetwork",
    "NormalizerChoice",
    "Pipeline",
    "PrecisionChoice",
    "Problem",
    "Scorer",
    "ServingOptions",
    "TerminologyError",
    "TrunkError",
    "TweetPrediction",
    "load_bundle",
    "load_encoder",
    "load_scorer",
    "message_with_advice",
    "save_bundle",
    "stream",
]
