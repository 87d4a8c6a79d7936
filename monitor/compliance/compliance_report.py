"""How many deletions there were, and how long they took: read from the audit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import text

from monitor.settings import Settings
from monitor.store import reading_engine, translate_driver_errors

ALLOWED_SECONDS: Final = 24 * 3600
"""The time that X allows from an event to the removal."""

# Of events that matched nothing and were removed, only the counts of each day are left. Runs of retention and
# of `forget-key` have no subject: nobody asked to delete these posts.
EVENTS: Final = text(
    """
    SELECT
        event,
        sum(events)::bigint AS events,
        sum(without_match)::bigint,
        sum(unmatched)::bigint,
        sum(erased_posts)::bigint,
        sum(retracted_alerts)::bigint,
        max(slowest_since_event),
        max(slowest_since_arrival),
        sum(late)::bigint
    FROM (
        SELECT
            event,
            count(*) AS events,
            count(*) FILTER (WHERE NOT unmatched AND touched = '{}') AS without_match,
            count(*) FILTER (WHERE unmatched) AS unmatched,
            coalesce(sum((touched ->> 'tweets')::bigint), 0) AS erased_posts,
            coalesce(sum((touched ->> 'alert_outbox')::bigint), 0) AS retracted_alerts,
            -- A platform's clock may be ahead of ours.
            max(greatest(extract(epoch FROM done_at - event_at), 0))
                FILTER (WHERE event_at IS NOT NULL)::float8 AS slowest_since_event,
            max(extract(epoch FROM done_at - received_at))::float8 AS slowest_since_arrival,
            count(*) FILTER (
                WHERE done_at - coalesce(event_at, received_at) > make_interval(secs => :allowed)
            ) AS late
        FROM compliance_events
        WHERE received_at >= coalesce(:since, '-infinity'::timestamptz) AND subject <> ''
        GROUP BY event
        UNION ALL
        SELECT
            event, events, events - unmatched, unmatched, 0, 0,
            slowest_since_event, slowest_since_arrival, late
        FROM expired_events
        WHERE day >= date_trunc('day', coalesce(:since, '-infinity'::timestamptz), 'UTC')
    ) AS counted
    GROUP BY event ORDER BY events DESC, event
    """
)

WAITING: Final = text(
    """
    SELECT
        (SELECT count(*) FROM alert_outbox WHERE action = 'retract' AND published_at IS NULL) AS retractions,
        (SELECT count(*) FROM compliance_events WHERE letters_done_at IS NULL) AS letters,
        (SELECT count(*) FROM tombstones) AS tombstones
    """
)

# Reads the whole table, so it is only counted if there was an event about an author.
WITHOUT_AUTHOR: Final = text("SELECT count(*) FROM tweets WHERE author_hash IS NULL AND erased_at IS NULL")


@dataclass(frozen=True, slots=True)
class EventSummary:
    """The events of one kind.

    Attributes:
        event: its name in the audit.
        events: how many there were.
        without_match: those about posts or authors that the database did not have when they came.
        unmatched: those about authors whose stored posts may not all have been found: a key was missing.
        erased_posts: rows of `tweets` that were made anonymous, or lost their text because of an edit.
        retracted_alerts: alerts that were retracted.
        slowest_since_event: longest time in seconds from the event, as the platform dates it, to the removal.
        slowest_since_arrival: longest time in seconds from the arrival of the event to the removal.
        late: those that took more than 24 hours since the event.
    """

    event: str
    events: int
    without_match: int
    unmatched: int
    erased_posts: int
    retracted_alerts: int
    slowest_since_event: float | None
    slowest_since_arrival: float | None
    late: int


@dataclass(frozen=True, slots=True)
class ComplianceReport:
    """The audit in numbers.

    Attributes:
        events: one entry for each kind of event.
        waiting_retractions: alerts that Redis still has to retract.
        waiting_letters: events whose dead letters were not removed yet.
        posts_without_author: stored posts that an event about their author cannot find; None if there was no
            such event.
        tombstones: ids of posts and authors that are kept out.
    """

    events: list[EventSummary]
    waiting_retractions: int
    waiting_letters: int
    posts_without_author: int | None
    tombstones: int

    @property
    def slowest(self) -> float | None:
        """Longest time in seconds from an event to its removal, or None."""
        times = [event.slowest_since_event for event in self.events]
        return max((time for time in times if time is not None), default=None)


def read_compliance_report(settings: Settings, since: datetime | None = None) -> ComplianceReport:
    """Return the report on all events that arrived at `since` or later; removed ones count by whole days.

    Raises:
        RetryableError: the database is away.
        FatalError: the login was refused, or the database was not migrated.
    """
    database = settings.database
    with translate_driver_errors(database), reading_engine(database).connect() as connection:
        events = [
            EventSummary(*row)
            for row in connection.execute(EVENTS, {"since": since, "allowed": ALLOWED_SECONDS})
        ]
        waiting = connection.execute(WAITING).one()
        about_authors = any(event.event.startswith("user_") for event in events)
        without_author = connection.scalar(WITHOUT_AUTHOR) if about_authors else None
    return ComplianceReport(events, waiting.retractions, waiting.letters, without_author, waiting.tombstones)
