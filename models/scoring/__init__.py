"""From texts to predictions: Algorithm 2 of the paper, and the scorers that are loaded by name.

catalog     scorers and bundles by name
dummy       a scorer without weights
cache       a scorer that remembers recent predictions
streaming   an endless stream of texts, a few chunks at a time
pipeline    Algorithm 2
decode      its last step, from probabilities of tokens to spans
assembly    the Normalizer that a bundle chooses

Importing this package is quick: `pipeline`, `decode` and `assembly` need torch or the tokenizers, and are
imported from their modules.
"""

from models.scoring.cache import CacheCounts, CachingScorer
from models.scoring.catalog import (
    bundle_folder,
    bundle_to_change,
    load_scorer,
    packaged_bundles,
    require_bundle,
)
from models.scoring.dummy import DummyScorer
from models.scoring.streaming import map_in_order, stream

__all__ = [
    "CacheCounts",
    "CachingScorer",
    "DummyScorer",
    "bundle_folder",
    "bundle_to_change",
    "load_scorer",
    "map_in_order",
    "packaged_bundles",
    "require_bundle",
    "stream",
]
