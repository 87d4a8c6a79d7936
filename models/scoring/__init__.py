"""From texts to predictions: Algorithm 2 of the paper, and the scorers that are loaded by name.

catalog     scorers and bundles by name
dummy       a scorer without weights
cache       a scorer that remembers recent predictions
streaming   an endless stream of texts, a few chunks at a time
pipeline    Algorithm 2
serving_notes  how a bundle runs on this machine, and why
reader      its lines 6 to 8: probabilities of texts and of their words
readings    what a reader found in a text
decode      from probabilities of tokens to words, and from words to spans
assembly    the engines, readers and Normalizers that a bundle chooses
release_coder  codes of spans by another release of MedDRA

two_readers      a small reader for every post, a large one for the likeliest
combination      the probability that both have together
combined_words   the words of both
two_normalizers  the codes of both
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
    reads_contexts,
    require_bundle,
    second_encoder,
    trained_languages,
)
from models.scoring.dummy import DummyScorer
from models.scoring.serving_notes import serving_notes
from models.scoring.streaming import map_in_order, stream

if TYPE_CHECKING:
    from models.scoring.assembly import (
        BundleEngines,
        assemble_coder,
        assemble_normalizer,
        assemble_reader,
        make_engines,
        make_normalizer,
        make_span_reader,
        normalizer_on,
        reader_on,
    )
    from models.scoring.combination import NEVER, Combination, log_odds_of, probability_of
    from models.scoring.combined_words import combine_words
    from models.scoring.decode import ExtractedSpan, decode_spans, read_words
    from models.scoring.pipeline import Pipeline, prediction_of
    from models.scoring.reader import Reader
    from models.scoring.readings import Reading, ReadWord, TextReader
    from models.scoring.release_coder import ReleaseCoder, load_release_coder
    from models.scoring.two_readers import TwoReaders
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "assembly": (
                "BundleEngines",
                "assemble_coder",
                "assemble_normalizer",
                "assemble_reader",
                "make_engines",
                "make_normalizer",
                "make_span_reader",
                "normalizer_on",
                "reader_on",
            ),
            "combination": ("NEVER", "Combination", "log_odds_of", "probability_of"),
            "combined_words": ("combine_words",),
            "decode": ("ExtractedSpan", "decode_spans", "read_words"),
            "pipeline": ("Pipeline", "prediction_of"),
            "reader": ("Reader",),
            "readings": ("ReadWord", "Reading", "TextReader"),
            "release_coder": ("ReleaseCoder", "load_release_coder"),
            "two_readers": ("TwoReaders",),
        },
    )

__all__ = [
    "NEVER",
    "BundleEngines",
    "CacheCounts",
    "CachingScorer",
    "Combination",
    "DummyScorer",
    "ExtractedSpan",
    "Pipeline",
    "ReadWord",
    "Reader",
    "Reading",
    "ReleaseCoder",
    "TextReader",
    "TwoReaders",
    "assemble_coder",
    "assemble_normalizer",
    "assemble_reader",
    "bundle_folder",
    "bundle_to_change",
    "combine_words",
    "decode_spans",
    "load_release_coder",
    "load_scorer",
    "log_odds_of",
    "make_engines",
    "make_normalizer",
    "make_span_reader",
    "map_in_order",
    "normalizer_on",
    "packaged_bundles",
    "prediction_of",
    "probability_of",
    "read_words",
    "reader_on",
    "reads_contexts",
    "require_bundle",
    "second_encoder",
    "serving_notes",
    "stream",
    "trained_languages",
]
