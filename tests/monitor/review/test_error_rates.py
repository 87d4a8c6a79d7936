"""The verdicts of strata become the input of the corrections."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from monitor.review import stratum_verdicts
from monitor.store.reviews import StratumReview

REVIEW = StratumReview(
    since=datetime(2026, 6, 1, tzinfo=UTC),
    until=datetime(2026, 6, 8, tzinfo=UTC),
    label="NoADE",
    band="0.00-0.05",
    drug="sertraline",
    lang="en",
    stored=40,
    size=4000.0,
    drawn=10,
    decided=8,
    positives=1,
)


def test_strata_without_posts_are_left_out() -> None:
    empty = replace(REVIEW, stored=0, drawn=0, decided=0, positives=0)
    [verdicts] = stratum_verdicts(
        [replace(empty, size=0.0), REVIEW, empty, replace(empty, stored=1, size=0.0)]
    )
    assert (verdicts.population, verdicts.sampled, verdicts.positives, verdicts.kept) == (40, 8, 1, 0.01)
    assert not verdicts.stratum.flagged
