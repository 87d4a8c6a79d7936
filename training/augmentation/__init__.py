"""The augmented training set (paper, section 3.3): new positive texts made from annotated ones.

generate           the new examples of each positive
words              the words that may change; typing errors and synonyms
wordnet            synonyms from WordNet
checklist_changes  other places and numbers, contractions and their long forms
"""

from training.augmentation.generate import KINDS, Kind, augment
from training.augmentation.wordnet import WordNet, open_wordnet
from training.augmentation.words import Synonyms, char_swaps

__all__ = ["KINDS", "Kind", "Synonyms", "WordNet", "augment", "char_swaps", "open_wordnet"]
