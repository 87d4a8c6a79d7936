"""The audit in numbers: how many events, how slow, and what still waits."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from monitor.compliance import read_compliance_report
from monitor.records import ComplianceEvent, EventKind
from monitor.settings import PrivacySettings, Settings
from monitor.store import AuditedEvent, Store
from tests.monitor.store.batches import alert, positive_tweet, write
from tests.monitor.store.events import apply, author_event


@pytest.fixture
async def store(migrated: Settings) -> AsyncIterator[Store]:
    store = Store(migrated.model_copy(update={"privacy": PrivacySettings()}))
    yield store
    await store.close()


def deletion(post_id: str, *, since_event: timedelta, since_arrival: timedelta) -> AuditedEvent:
    now = datetime.now(UTC)
    event = ComplianceEvent(EventKind.DELETE, post_id, None, now - since_event)
    return AuditedEvent(event, f"tweets/0/{post_id}", now - since_arrival)


async def test_the_slowest_and_the_late_events_are_reported(store: Store, migrated: Settings) -> None:
    await write(store, [positive_tweet("1"), positive_tweet("2")], alerts=[alert("a"), alert("b", "2")])
    hour, minute = timedelta(hours=1), timedelta(minutes=1)
    await apply(
        store,
        deletion("1", since_event=25 * hour, since_arrival=minute),
        deletion("2", since_event=2 * hour, since_arrival=hour),
        deletion("3", since_event=minute, since_arrival=minute),
    )
    report = read_compliance_report(migrated)
    [event] = report.events
    assert (event.event, event.events, event.without_match, event.late) == ("delete", 3, 1, 1)
    assert (event.erased_posts, event.retracted_alerts) == (2, 2)
    assert event.slowest_since_event == report.slowest == pytest.approx(25 * 3600, abs=60)
    assert event.slowest_since_arrival == pytest.approx(3600, abs=60)
    assert (report.waiting_retractions, report.waiting_letters, report.tombstones) == (2, 3, 3)
    assert report.posts_without_author is None


async def test_an_event_of_a_platform_whose_clock_is_ahead_took_no_time(
    store: Store, migrated: Settings
) -> None:
    await apply(store, deletion("1", since_event=-timedelta(hours=1), since_arrival=timedelta()))
    assert read_compliance_report(migrated).slowest == 0


async def test_only_events_since_a_time_are_counted(store: Store, migrated: Settings) -> None:
    hour = timedelta(hours=1)
    await apply(store, deletion("1", since_event=9 * hour, since_arrival=9 * hour))
    await apply(store, deletion("2", since_event=hour, since_arrival=hour))
    [event] = read_compliance_report(migrated, datetime.now(UTC) - 5 * hour).events
    assert event.events == 1


async def test_posts_that_no_author_event_can_find_are_counted(store: Store, migrated: Settings) -> None:
    await write(store, [positive_tweet("1"), positive_tweet("2")])
    await apply(store, author_event("user_delete"))
    report = read_compliance_report(migrated)
    [event] = report.events
    assert (event.unmatched, event.without_match) == (1, 0)
    assert report.posts_without_author == 2


def test_an_audit_without_events_has_no_slowest(migrated: Settings) -> None:
    report = read_compliance_report(migrated)
    assert (report.events, report.slowest) == ([], None)
