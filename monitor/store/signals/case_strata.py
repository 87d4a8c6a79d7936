"""The cases of a window by language and score of their first posts: what corrections for errors need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Final, NamedTuple

from sqlalchemy import text

from monitor.settings import Settings
from monitor.store.connections import reading_engine
from monitor.store.driver_errors import translate_driver_errors
from monitor.store.reviews.post_strata import BAND_EDGES, BANDS, UNKNOWN_LANGUAGE
from monitor.store.signals.refresh_statements import FOUND_CASES
from monitor.store.signals.window_counts import Window

# The latest prediction decides, as in the samples of the review.
_PREDICTION: Final = """
    CROSS JOIN LATERAL (
        SELECT s.probability FROM predictions AS s
        WHERE s.tweet_id = t.tweet_id AND s.posted_at = t.posted_at AND s.version = t.version
            AND s.label = 'ADE'
        ORDER BY s.predicted_at DESC, s.bundle DESC LIMIT 1
    ) AS s
"""
_TIMES: Final = """(CAST(:start AS timestamptz) IS NULL OR c.first_at >= :start)
      AND (CAST(:end AS timestamptz) IS NULL OR c.first_at < :end)
      AND (CAST(:platform AS text) IS NULL OR COALESCE(t.platform, '') = :platform)
      AND (CAST(:lang AS text) IS NULL OR COALESCE(t.lang, '') = :lang)
      AND c.drug IS NOT NULL AND c.ptid IS NOT NULL"""
_READ: Final = text(
    "SELECT c.drug, c.ptid, COALESCE(lower(split_part(t.lang, '-', 1)), :unknown), "
    "width_bucket(s.probability, CAST(:edges AS float8[])), count(*) "
    + FOUND_CASES.format(joins=_PREDICTION, times=_TIMES)
    + "GROUP BY 1, 2, 3, 4"
)


class CaseStratum(NamedTuple):
    """Drug and PT of cases, with the language and the band of the probability of their first posts."""

    drug: str
    ptid: str
    lang: str
    band: str


def read_case_strata(settings: Settings, window: Window) -> Counter[CaseStratum]:
    """Return the coded cases of a window with a drug, also those that review has rejected.

    The precision that a correction multiplies by was estimated from the same verdicts. Without the rejected
    cases, they would count twice. All cases of the window are read.

    Args:
        settings: which database.
        window: by the original codes.

    Raises:
        RetryableError: the database is away, or needed longer than `database.statement_timeout`.
        FatalError: the login was refused, or the database was not migrated.
    """
    parameters = {
        "start": _midnight(window.since),
        "end": _midnight(window.until),
        "platform": window.platform,
        "lang": window.lang,
        "unknown": UNKNOWN_LANGUAGE,
        "edges": list(BAND_EDGES),
    }
    names: Sequence[str] = BANDS
    database = settings.database
    with translate_driver_errors(database), reading_engine(database).connect() as connection:
        rows = connection.execute(_READ, parameters)
        return Counter(
            {CaseStratum(drug, ptid, lang, names[band]): cases for drug, ptid, lang, band, cases in rows}
        )


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), UTC)
