"""Scores of the three subtasks on annotated texts, and the choice of the Classifier's threshold."""

from training.evaluation.phrases import phrase_accuracy
from training.evaluation.scores import Scores, evaluate
from training.evaluation.threshold import ThresholdChoice, choose_threshold

__all__ = ["Scores", "ThresholdChoice", "choose_threshold", "evaluate", "phrase_accuracy"]
