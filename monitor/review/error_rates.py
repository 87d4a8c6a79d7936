"""The verdicts on the random samples as the corrections of counts need them (`monitor.signals`)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from monitor.settings import Settings
from monitor.signals.verdict_strata import Stratum, StratumVerdicts
from monitor.store import reading_engine, translate_driver_errors
from monitor.store.reviews import StratumReview, read_verdicts


def stratum_verdicts(reviews: Iterable[StratumReview]) -> list[StratumVerdicts]:
    """Return the verdicts of each stratum of each sample; strata without posts are left out."""
    return [
        StratumVerdicts(
            Stratum(review.drug, review.lang, review.band, review.label == "ADE"),
            population=review.stored,
            sampled=review.decided,
            positives=review.positives,
            kept=min(1.0, review.stored / review.size),
        )
        for review in reviews
        if review.stored > 0 and review.size > 0
    ]


def read_stratum_verdicts(settings: Settings, since: datetime, until: datetime) -> list[StratumVerdicts]:
    """Return the verdicts of the random samples whose windows overlap a window.

    Raises:
        RetryableError: the database is away.
        FatalError: the login was refused, or the database was not migrated.
    """
    database = settings.database
    with translate_driver_errors(database), reading_engine(database).connect() as connection:
        return stratum_verdicts(read_verdicts(connection, since, until))
