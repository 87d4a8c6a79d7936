"""Subtask 1c: from a span to the Preferred Terms that it may mean, by classes, by names, or by both.

labels            the classes of the classifier
names             the names of a dictionary, and the concept of each
canonical_words   one spelling for names and spans
dense, lexical    search of all names, by vectors and by letters
concepts          from the best names to their concepts, and back
classes           the classifier's classes as concepts
candidates        the candidates of a span, with their features
fusion            the features of a candidate, and its probability
span_reader       what the network computes for spans and names
ranking           the three Normalizers
"""

from models.normalizer.candidates import CandidateFinder
from models.normalizer.classes import concepts_of_classes
from models.normalizer.dense import DenseIndex, NameIndex
from models.normalizer.fusion import BY_HAND, FEATURES, CandidateTable, Fusion
from models.normalizer.labels import Label, Labels, lift_labels
from models.normalizer.lexical import LexicalIndex
from models.normalizer.names import Names
from models.normalizer.ranking import (
    BEST,
    ClassifierNormalizer,
    HybridNormalizer,
    Normalizer,
    RetrievalNormalizer,
)
from models.normalizer.span_reader import SpanInText, SpanReader

__all__ = [
    "BEST",
    "BY_HAND",
    "FEATURES",
    "CandidateFinder",
    "CandidateTable",
    "ClassifierNormalizer",
    "DenseIndex",
    "Fusion",
    "HybridNormalizer",
    "Label",
    "Labels",
    "LexicalIndex",
    "NameIndex",
    "Names",
    "Normalizer",
    "RetrievalNormalizer",
    "SpanInText",
    "SpanReader",
    "concepts_of_classes",
    "lift_labels",
]
