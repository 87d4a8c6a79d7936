"""What the worker says of itself in its log."""

from __future__ import annotations

from structlog.testing import capture_logs

from models.scoring.cache import CacheCounts
from monitor.store import Written
from monitor.stream.scoring import Scored
from monitor.stream.tally import INTERVAL, Tally

WRITTEN = Written(new_predictions=5, new_mentions=2, new_alerts=1)


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_the_first_batch_is_told_of_at_once_and_later_ones_together() -> None:
    clock = Clock()
    tally = Tally(clock)
    with capture_logs() as lines:
        tally.add(Scored(()), WRITTEN, dead_letters=1, cached=None)
        tally.add(Scored(()), WRITTEN, dead_letters=1, cached=None)
        assert len(lines) == 1
        clock.now += INTERVAL
        tally.add(Scored(()), WRITTEN, dead_letters=0, cached=None)
    assert [(line["batches"], line["dead_letters"], line["new_alerts"]) for line in lines] == [
        (1, 1, 1),
        (2, 1, 2),
    ]
    assert "cache_lookups" not in lines[0]


def test_the_hit_rate_is_that_since_the_last_line() -> None:
    clock = Clock()
    tally = Tally(clock)
    with capture_logs() as lines:
        tally.add(Scored(()), WRITTEN, dead_letters=0, cached=CacheCounts(100, 0))
        clock.now += INTERVAL
        tally.add(Scored(()), WRITTEN, dead_letters=0, cached=CacheCounts(300, 50))
    assert [(line["cache_lookups"], line["cache_hit_rate"]) for line in lines] == [(100, 0.0), (200, 0.25)]
