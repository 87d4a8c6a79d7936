"""What the verdicts say about each stratum of the random samples."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, text

from monitor.store.reviews.review_records import STATES_AN_EFFECT, ReviewDecision

# A post is decided once all of its items are done, unless nobody could tell. It reports an effect of its drug
# if one of its items does. Of a wrong drug, the effect is another drug's.
_READ: Final = text(
    """
    WITH posts AS (
        SELECT s.sample_id, s.since, s.until, m.stratum, m.post,
            bool_and(i.state = 'done') AS is_done,
            bool_or(i.outcome = ANY(CAST(:effects AS text[])) OR (i.outcome = :correct AND i.label = 'ADE'))
                AS has_effect,
            bool_or(i.outcome = :cannot_tell) AS is_unclear
        FROM review_samples AS s
            JOIN review_sample_items AS m USING (sample_id)
            JOIN review_items AS i USING (item_id)
        WHERE s.strategy = 'random' AND s.since < :until AND s.until > :since
        GROUP BY s.sample_id, m.stratum, m.post
    ),
    counts AS (
        SELECT sample_id, stratum,
            count(*) FILTER (WHERE is_done AND (has_effect OR NOT is_unclear)) AS decided,
            count(*) FILTER (WHERE is_done AND has_effect) AS positives
        FROM posts GROUP BY sample_id, stratum
    )
    SELECT s.since, s.until, t.label, t.band, t.drug, t.lang, t.stored, t.size, t.drawn,
        COALESCE(c.decided, 0) AS decided, COALESCE(c.positives, 0) AS positives
    FROM review_samples AS s JOIN review_strata AS t USING (sample_id)
        LEFT JOIN counts AS c USING (sample_id, stratum)
    WHERE s.strategy = 'random' AND s.since < :until AND s.until > :since
    ORDER BY s.since, t.stratum
    """
)


@dataclass(frozen=True, slots=True)
class StratumReview:
    """A stratum of a random sample, and what people found in it.

    Attributes:
        since: start of the window of the sample.
        until: its end.
        label: "ADE" or "NoADE", what the model said.
        band: range of the probability.
        drug: the drug, `other` or `none`.
        lang: the language, `other` or `und`.
        stored: posts of the stratum in the database.
        size: estimated posts of the stratum, also those that were not stored.
        drawn: posts in the sample.
        decided: posts of them that people decided; those that nobody could tell are left out.
        positives: posts of them that report an effect of their drug.
    """

    since: datetime
    until: datetime
    label: str
    band: str
    drug: str
    lang: str
    stored: int
    size: float
    drawn: int
    decided: int
    positives: int


def read_verdicts(connection: Connection, since: datetime, until: datetime) -> list[StratumReview]:
    """Return the strata of all random samples whose windows overlap a window, the oldest first."""
    effects = [decision.value for decision in STATES_AN_EFFECT if decision is not ReviewDecision.WRONG_DRUG]
    parameters = {
        "since": since,
        "until": until,
        "effects": effects,
        "correct": ReviewDecision.CORRECT.value,
        "cannot_tell": ReviewDecision.CANNOT_TELL.value,
    }
    return [StratumReview(*row) for row in connection.execute(_READ, parameters)]
