"""The augmented training set (paper, section 3.3): new positive texts made of the ones there are."""

from training.augmentation.edits import Edit, edited
from training.augmentation.generate import KINDS, Kind, augment
from training.augmentation.synonyms import Synonyms
from training.augmentation.wordnet import WordNet
from training.augmentation.wordnet_files import open_wordnet

__all__ = ["KINDS", "Edit", "Kind", "Synonyms", "WordNet", "augment", "edited", "open_wordnet"]
