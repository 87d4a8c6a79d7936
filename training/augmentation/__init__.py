"""The augmented training set (paper, section 3.3): new positive texts made of the ones there are."""

from training.augmentation.generate import KINDS, Kind, augment
from training.augmentation.word_swaps import Synonyms
from training.augmentation.wordnet import WordNet, open_wordnet
from training.edits import Edit, edited

__all__ = ["KINDS", "Edit", "Kind", "Synonyms", "WordNet", "augment", "edited", "open_wordnet"]
