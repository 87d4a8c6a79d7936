"""Whether reviewers refuse more of what the model finds than before, and who hears of it.

An alert of the outbox is about one effect in one post, and subscribers retract it with the post. A drop of
precision is about the model. So it has its own ways out: the exit status of `ade-monitor review drift`, an
event in the log, and metrics for Prometheus.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog
from prometheus_client import write_to_textfile

from monitor import metrics
from monitor.review.error_rates import stratum_verdicts
from monitor.settings import Settings
from monitor.signals.precision_drift import PrecisionDrift, precision_drift
from monitor.store import reading_engine, translate_driver_errors
from monitor.store.reviews import read_verdicts

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class DriftWindows:
    """What is compared: the random samples whose windows begin in each of two times.

    Attributes:
        reference_since: start of the reference.
        since: end of the reference, and start of what is compared with it.
        until: end of that.
    """

    reference_since: datetime
    since: datetime
    until: datetime


def watch_drift(settings: Settings, windows: DriftWindows, *, alpha: float) -> PrecisionDrift:
    """Compare the recent verdicts with the earlier ones, set the metrics, and log a drop.

    Raises:
        RetryableError: the database is away.
        FatalError: the login was refused, or the database was not migrated.
    """
    database = settings.database
    with translate_driver_errors(database), reading_engine(database).connect() as connection:
        reviews = read_verdicts(connection, windows.reference_since, windows.until)
    reference = [each for each in reviews if windows.reference_since <= each.since < windows.since]
    recent = [each for each in reviews if windows.since <= each.since < windows.until]
    drift = precision_drift(stratum_verdicts(reference), stratum_verdicts(recent), alpha=alpha)
    metrics.PRECISION_REVIEWED.set(drift.reviewed)
    metrics.PRECISION_POSITIVES.set(drift.positives)
    metrics.PRECISION_EXPECTED.set(drift.expected)
    metrics.PRECISION_DROPPED.set(drift.dropped)
    if drift.dropped:
        log.warning(
            "the precision of the model has dropped",
            reviewed=drift.reviewed,
            positives=drift.positives,
            expected=round(drift.expected, 1),
            p_value=drift.p_value,
        )
    return drift


def write_drift_metrics(path: Path) -> None:
    """Write the metrics of the last comparison in the text format of Prometheus, in one step.

    Raises:
        OSError: the file cannot be written.
    """
    write_to_textfile(str(path), metrics.REVIEW)
