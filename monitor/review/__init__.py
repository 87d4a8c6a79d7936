"""Review: people decide about mentions, and what follows from it, see `docs/review.md`.

sampling       the weekly random sample, and the queues of special mentions
allocation     how many posts each stratum of the sample gets
active_choice  active learning
agreement      how far reviewers agree
error_rates    the verdicts as the corrections of counts need them
drift_watch    whether the model has become less precise
corpus_export  reviews as training data
signal_corrections  tables of signals, corrected for the errors that reviews have found
"""

from monitor.review.agreement import Agreement, krippendorffs_alpha, measure_reviewers, reviewers_kappa
from monitor.review.corpus_export import CorpusExport, export_reviews
from monitor.review.drift_watch import DriftWindows, watch_drift, write_drift_metrics
from monitor.review.error_rates import read_stratum_verdicts, stratum_verdicts
from monitor.review.sampling import take_sample, week_before

__all__ = [
    "Agreement",
    "CorpusExport",
    "DriftWindows",
    "export_reviews",
    "krippendorffs_alpha",
    "measure_reviewers",
    "read_stratum_verdicts",
    "reviewers_kappa",
    "stratum_verdicts",
    "take_sample",
    "watch_drift",
    "week_before",
    "write_drift_metrics",
]
