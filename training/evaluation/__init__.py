"""How good predictions are: official scores with intervals, calibration, thresholds, errors, reports.

gold, texts, places         annotations and texts, from official files or a prepared corpus
prediction_files            predictions as files of the official layout
candidate_files             the PTs that were considered for each span, beside them
scores, judgements          official scores of a scorer on annotated texts
coding, hierarchy           accuracy of codes at 1 and at 5, agreement at HLT and SOC level
normalizers                 classifier, retrieval and hybrid on the same spans
intervals                   bootstrap confidence intervals
threshold                   precision and recall at every threshold, and the choice of one
reliability, calibration    expected calibration error; temperature and bias
recalibration               all three for a bundle
mistakes, error_table       what was judged otherwise than annotated, spans highlighted
assessment, report, plots   all of it together, as figures, diagrams and pages
"""

from training.evaluation.expected_f1 import choose_threshold
from training.evaluation.scores import evaluate, score
from training.evaluation.threshold import ThresholdChoice
from training.scorer import Scores

__all__ = ["Scores", "ThresholdChoice", "choose_threshold", "evaluate", "score"]
