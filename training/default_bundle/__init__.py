"""The bundles that the package ships: their data, their training, their evaluation.

recipes        the settings of each
data           the tweets and corpora that they are trained, validated and tested on
gathering      these data, read, generated and split
further_terms  PTs that the terminology may lack
settled_texts  the early exit, which settles clear negatives
build          all steps in order
accurate       the bundle with two readers
held_out       their scores on the test data
card_parts     the parts of their model cards that other bundles lack
"""

from training.default_bundle.accurate import build_accurate_bundle
from training.default_bundle.build import build_default_bundle
from training.default_bundle.data import DataSizes
from training.default_bundle.recipes import Recipe, recipe_method

__all__ = ["DataSizes", "Recipe", "build_accurate_bundle", "build_default_bundle", "recipe_method"]
