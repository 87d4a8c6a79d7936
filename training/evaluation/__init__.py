"""How good predictions are: official scores with intervals, calibration, thresholds, errors, reports.

tweet_files                      the texts to score, from official files or a prepared corpus
unlabelled_texts                 texts without annotations, also from plain text files
gold                             the annotations to score against, from either
prediction_writer                predictions as files in the official layout, probabilities, candidates
prediction_files                 reading them again
example_scores                   official scores on annotated examples, for validation during training
code_accuracy, normalizers       accuracy of codes at 1 and at 5; the three Normalizers compared
intervals                        bootstrap confidence intervals
calibration, thresholds          reliability, temperature and bias; the choice of a threshold
common_threshold                 one threshold for several kinds of texts
scored_odds, recalibration       all three for a bundle
calibration_curve                how many texts that needs
prediction_errors, error_table   the tweets with errors, and the pages that show them
assessment                       everything that is measured of predictions, in one object
score_tables, plots              tables and diagrams of it
evaluation_report                the folder with all of them

Names are imported when they are first used, so that a command loads only what it needs.
"""

from typing import TYPE_CHECKING

from models.lazy_names import lazy_names

if TYPE_CHECKING:
    from training.evaluation.assessment import Assessment, assess
    from training.evaluation.calibration import (
        Prior,
        fit_weights,
        log_odds,
        measure_reliability,
        prevalence_weights,
        sigmoid,
    )
    from training.evaluation.calibration_curve import CurvePoint, measure_calibrations
    from training.evaluation.code_accuracy import SHORTLIST, CodeAccuracy
    from training.evaluation.common_threshold import (
        CommonThreshold,
        ScoredTexts,
        choose_common_threshold,
    )
    from training.evaluation.evaluation_report import require_no_report, write_report
    from training.evaluation.example_scores import (
        annotation_of_prediction,
        evaluate,
        lift_annotation,
        predict_examples,
        read_examples,
        score_predictions,
    )
    from training.evaluation.gold import Gold, read_gold, read_seen
    from training.evaluation.normalizers import GoldSpan, compare_normalizers, gold_spans
    from training.evaluation.plots import reliability_png
    from training.evaluation.prediction_files import (
        Predictions,
        candidates_of,
        lift_code_list,
        read_predictions,
    )
    from training.evaluation.prediction_writer import require_no_predictions, writing_predictions
    from training.evaluation.recalibration import Recalibration, recalibrate
    from training.evaluation.score_tables import CODE_HEADINGS, SCORE_HEADINGS, code_accuracy_rows, score_rows
    from training.evaluation.scored_odds import ScoredOdds, present_calibrator, score_odds
    from training.evaluation.thresholds import (
        ThresholdChoice,
        choose_threshold,
        operating_points,
        short_threshold,
    )
    from training.evaluation.tweet_files import TextToScore, count_lines, read_texts, score_texts, text_file
    from training.evaluation.unlabelled_texts import read_unlabelled
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "assessment": ("Assessment", "assess"),
            "calibration": (
                "Prior",
                "fit_weights",
                "log_odds",
                "measure_reliability",
                "prevalence_weights",
                "sigmoid",
            ),
            "calibration_curve": ("CurvePoint", "measure_calibrations"),
            "code_accuracy": ("SHORTLIST", "CodeAccuracy"),
            "common_threshold": ("CommonThreshold", "ScoredTexts", "choose_common_threshold"),
            "evaluation_report": ("require_no_report", "write_report"),
            "example_scores": (
                "annotation_of_prediction",
                "evaluate",
                "lift_annotation",
                "predict_examples",
                "read_examples",
                "score_predictions",
            ),
            "gold": ("Gold", "read_gold", "read_seen"),
            "normalizers": ("GoldSpan", "compare_normalizers", "gold_spans"),
            "plots": ("reliability_png",),
            "prediction_files": ("Predictions", "candidates_of", "lift_code_list", "read_predictions"),
            "prediction_writer": ("require_no_predictions", "writing_predictions"),
            "recalibration": ("Recalibration", "recalibrate"),
            "scored_odds": ("ScoredOdds", "present_calibrator", "score_odds"),
            "score_tables": ("CODE_HEADINGS", "SCORE_HEADINGS", "code_accuracy_rows", "score_rows"),
            "thresholds": ("ThresholdChoice", "choose_threshold", "operating_points", "short_threshold"),
            "tweet_files": ("TextToScore", "count_lines", "read_texts", "score_texts", "text_file"),
            "unlabelled_texts": ("read_unlabelled",),
        },
    )

__all__ = [
    "CODE_HEADINGS",
    "SCORE_HEADINGS",
    "SHORTLIST",
    "Assessment",
    "CodeAccuracy",
    "CommonThreshold",
    "CurvePoint",
    "Gold",
    "GoldSpan",
    "Predictions",
    "Prior",
    "Recalibration",
    "ScoredOdds",
    "ScoredTexts",
    "TextToScore",
    "ThresholdChoice",
    "annotation_of_prediction",
    "assess",
    "candidates_of",
    "choose_common_threshold",
    "choose_threshold",
    "code_accuracy_rows",
    "compare_normalizers",
    "count_lines",
    "evaluate",
    "fit_weights",
    "gold_spans",
    "lift_annotation",
    "lift_code_list",
    "log_odds",
    "measure_calibrations",
    "measure_reliability",
    "operating_points",
    "predict_examples",
    "present_calibrator",
    "prevalence_weights",
    "read_examples",
    "read_gold",
    "read_predictions",
    "read_seen",
    "read_texts",
    "read_unlabelled",
    "recalibrate",
    "reliability_png",
    "require_no_predictions",
    "require_no_report",
    "score_odds",
    "score_predictions",
    "score_rows",
    "score_texts",
    "short_threshold",
    "sigmoid",
    "text_file",
    "write_report",
    "writing_predictions",
]
