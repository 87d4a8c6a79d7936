"""From texts to predictions: Algorithm 2 of the paper, and the scorers that are loaded by name.

catalog     scorers and bundles by name
dummy       a scorer without weights
cache       a scorer that remembers recent predictions
streaming   an endless stream of texts, a few chunks at a time
pipeline    Algorithm 2
reader      its lines 6 to 8: probabilities of texts and of their words
readings    what a reader found in a text
decode      from probabilities of tokens to words, and from words to spans
assembly    the Normalizer that a bundle chooses
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.lazy_names import lazy_names
from models.scoring.cache import CacheCounts, CachingScorer
from models.scoring.catalog import (
    bundle_folder,
    bundle_to_change,
    load_scorer,
    packaged_bundles,
    require_bundle,
    trained_languages,
)
from models.scoring.dummy import DummyScorer
from models.scoring.streaming import map_in_order, stream

if TYPE_CHECKING:
    from models.scoring.assembly import assemble_normalizer, make_normalizer, make_span_reader
    from models.scoring.decode import ExtractedSpan, decode_spans, read_words
    from models.scoring.pipeline import Pipeline, prediction_of
    from models.scoring.reader import Reader
    from models.scoring.readings import Reading, ReadWord, TextReader
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "assembly": ("assemble_normalizer", "make_normalizer", "make_span_reader"),
            "decode": ("ExtractedSpan", "decode_spans", "read_words"),
            "pipeline": ("Pipeline", "prediction_of"),
            "reader": ("Reader",),
            "readings": ("ReadWord", "Reading", "TextReader"),
        },
    )

__all__ = [
    "CacheCounts",
    "CachingScorer",
    "DummyScorer",
    "ExtractedSpan",
    "Pipeline",
    "ReadWord",
    "Reader",
    "Reading",
    "TextReader",
    "assemble_normalizer",
    "bundle_folder",
    "bundle_to_change",
    "decode_spans",
    "load_scorer",
    "make_normalizer",
    "make_span_reader",
    "map_in_order",
    "packaged_bundles",
    "prediction_of",
    "read_words",
    "require_bundle",
    "stream",
    "trained_languages",
]
