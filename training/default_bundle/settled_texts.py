"""The early exit of the default bundle: which texts its head learns from, and which set its threshold."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from models.bundle import Bundle
from models.network import highest_exit
from models.terminology import Terminology
from training.corpora import read_lay_phrases
from training.default_bundle.data import BundleData
from training.examples import Example
from training.exits import ExitSearch, find_exit
from training.synthetic import generate_tweets

# Validation gets a tenth of these numbers. So many positives allow a few of them to leave, and the threshold
# does not hang on the oddest one.
_POSITIVES: Final = 40_000
_NEGATIVES: Final = 60_000


def search_exit(bundle: Bundle, data: BundleData, corpora: Path, *, supervised: int, seed: int) -> ExitSearch:
    """Find an exit for the default bundle, after the layer that was trained for it or the next one.

    Args:
        bundle: with its final threshold.
        data: its training texts teach the heads, which learn what the network decides about them.
        corpora: folder of the corpus files.
        supervised: the layer whose states were trained for an exit.
        seed: of the split, as for the data, and of the heads.
    """
    texts = _further_validation(data.terminology, corpora, seed)
    known = {example.text for example in data.classifier}
    valid = [example for example in [*texts, *data.all_valid] if example.text not in known]
    layers = [layer for layer in (supervised, supervised + 1) if layer <= highest_exit(bundle.weights.shape)]
    return find_exit(bundle, data.classifier, valid, layers=layers, seed=seed)


def _further_validation(terminology: Terminology, corpora: Path, seed: int) -> Sequence[Example]:
    """Generate more tweets of the validation side, from its templates, phrases and written tweets."""
    lay_phrases = read_lay_phrases(corpora / "lay_phrases.tsv")
    tweets = generate_tweets(terminology, lay_phrases, positives=_POSITIVES, negatives=_NEGATIVES, seed=seed)
    return tweets.validation
