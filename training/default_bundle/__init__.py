"""The bundle that the package ships: its data, its training, its evaluation.

data        the tweets and corpora that it is trained, validated and tested on
build       the settings, and all steps in order
held_out    its scores on the test data
card_parts  the parts of its model card that other bundles lack
"""

from training.default_bundle.build import build_default_bundle, default_method
from training.default_bundle.data import DataSizes

__all__ = ["DataSizes", "build_default_bundle", "default_method"]
