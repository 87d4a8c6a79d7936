"""How good predictions are: official scores with intervals, calibration, thresholds, errors, reports.

tweet_files                      the texts to score, from official files or a prepared corpus
gold                             the annotations to score against, from either
prediction_writer                predictions as files in the official layout, probabilities, candidates
prediction_files                 reading them again
example_scores                   official scores on annotated examples, for validation during training
code_accuracy, normalizers       accuracy of codes at 1 and at 5; the three Normalizers compared
intervals                        bootstrap confidence intervals
calibration, thresholds          reliability, temperature and bias; the choice of a threshold
recalibration                    all three for a bundle
prediction_errors, error_table   the tweets with errors, and the pages that show them
assessment                       everything that is measured of predictions, in one object
score_tables, plots              tables and diagrams of it
evaluation_report                the folder with all of them
"""

from training.evaluation.calibration import measure_reliability, prevalence_weights
from training.evaluation.code_accuracy import SHORTLIST
from training.evaluation.example_scores import evaluate, score_predictions
from training.evaluation.thresholds import ThresholdChoice, choose_threshold

__all__ = [
    "SHORTLIST",
    "ThresholdChoice",
    "choose_threshold",
    "evaluate",
    "measure_reliability",
    "prevalence_weights",
    "score_predictions",
]
