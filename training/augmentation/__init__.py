"""The augmented training set (paper, section 3.3): new positive texts made from annotated ones."""

from training.augmentation.generate import KINDS, Kind, augment
from training.augmentation.word_swaps import Synonyms, char_swaps
from training.augmentation.wordnet import WordNet, open_wordnet

__all__ = ["KINDS", "Kind", "Synonyms", "WordNet", "augment", "char_swaps", "open_wordnet"]
