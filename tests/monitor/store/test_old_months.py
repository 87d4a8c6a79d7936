"""Months are removed as a whole: when they are due, what goes with them, and which posts hold them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from monitor.settings import Settings
from monitor.store import AgeLimits, AuditedRun, Store, find_old_months, old_months, remove_posts_of_month
from monitor.store.old_months import Month
from tests.monitor.store.batches import Tables, alert, positive_tweet, write
from tests.monitor.store.logins import connected
from tests.monitor.store.test_months import partitions

NOW = datetime.now(UTC)
OLD = (NOW - timedelta(days=400)).replace(day=10)
MONTH = f"{OLD:%Y_%m}"
LIMITS = AgeLimits(NOW - timedelta(days=90), None, NOW - timedelta(days=60))
RUN = AuditedRun("retention", "retention 1", "posts_days=90 whole_months=1")
TABLES = ("tweets", "post_times", "predictions", "mentions", "post_aliases", "case_posts", "alert_outbox")


@pytest.fixture
async def filled(store: Store, tables: Tables) -> Tables:
    """Posts of an old month, and one of this month, with all that belongs to them."""
    times = {"1": OLD, "2": OLD + timedelta(days=3), "3": OLD, "new": NOW}
    tweets = [
        positive_tweet(name, posted_at=at, author=name, aliases=(f"{name}x",)) for name, at in times.items()
    ]
    await write(store, tweets, alerts=[alert(f"alert of {name}", name) for name in times])
    tables.run("UPDATE tweets SET first_seen_at = posted_at + interval '1 second'")
    tables.run("UPDATE alert_outbox SET published_at = created_at - interval '400 days'")
    tables.run(
        "INSERT INTO recoded_mentions (mention_id, release, bundle) SELECT id, '27.0', 'b' FROM mentions"
    )
    return tables


async def old(store: Store) -> list[Month]:
    """Return the months that are due."""
    async with store.engine.begin() as connection:
        return [month for month in await find_old_months(connection, LIMITS) if month == Month.of(OLD)]


async def remove(store: Store, month: Month) -> dict[str, int]:
    """Remove a month, and return the number of removed rows by table."""
    touched: dict[str, int] = {}
    while True:
        async with store.engine.begin() as connection:
            page = await remove_posts_of_month(connection, LIMITS, month, run=RUN)
        for table, count in page.touched.items():
            touched[table] = touched.get(table, 0) + count
        if page.end is None:
            return touched


async def test_a_month_goes_with_everything_that_belongs_to_its_posts(
    store: Store, filled: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(old_months, "AT_ONCE", 2)
    counts = filled.rows("SELECT * FROM hourly_counts ORDER BY 1")
    [month] = await old(store)
    assert await remove(store, month) == {
        "tweets": 3,
        "predictions": 3,
        "mentions": 3,
        "alert_outbox": 3,
        "post_aliases": 3,
    }
    assert MONTH not in partitions(filled)
    for table in TABLES:
        assert {row for (row,) in filled.rows(f"SELECT tweet_id FROM {table}")} == {"new"}, table
    assert filled.rows("SELECT count(*) FROM recoded_mentions") == [(1,)]
    assert filled.rows("SELECT count(*) FROM cases") == [(1,)]
    assert filled.rows("SELECT * FROM hourly_counts ORDER BY 1") == counts
    assert filled.rows("SELECT touched -> 'tweets' FROM compliance_events") == [(3,)]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE tweets SET first_seen_at = now() WHERE tweet_id = '2'",
        "UPDATE alert_outbox SET published_at = NULL WHERE tweet_id = '2'",
        "UPDATE alert_outbox SET published_at = now() WHERE tweet_id = '2'",
    ],
    ids=["stored lately", "alert waits", "alert in Redis"],
)
async def test_a_post_that_has_to_stay_holds_its_month(store: Store, filled: Tables, change: str) -> None:
    [month] = await old(store)
    filled.run(change)
    assert await old(store) == []
    assert await remove(store, month) == {}
    assert len(filled.rows("SELECT FROM tweets")) == 4
    assert MONTH in partitions(filled)


async def test_a_month_is_not_over_before_its_last_moment(store: Store, filled: Tables) -> None:
    month = Month.of(OLD)
    for at, due in ((month.end, [month]), (month.end - timedelta(microseconds=1), [])):
        async with store.engine.begin() as connection:
            months = await find_old_months(connection, AgeLimits(at, None))
        assert [each for each in months if each == month] == due
    async with store.engine.begin() as connection:
        assert await find_old_months(connection, AgeLimits(None, NOW)) == []


async def test_an_interrupted_removal_goes_on_also_if_a_post_came_again(
    store: Store, filled: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(old_months, "AT_ONCE", 2)
    [month] = await old(store)
    async with store.engine.begin() as connection:
        assert (await remove_posts_of_month(connection, LIMITS, month, run=RUN)).due == 2
    written = await write(store, [positive_tweet(name, posted_at=OLD, author=name) for name in "123"])
    assert written.new_predictions == 0
    assert len(filled.rows("SELECT FROM post_times")) == 4
    await remove(store, month)
    assert filled.rows("SELECT tweet_id FROM tweets") == filled.rows("SELECT tweet_id FROM post_times")
    assert MONTH not in partitions(filled)
    assert (await write(store, [positive_tweet("1", posted_at=OLD)])).new_predictions == 1


async def test_a_month_that_somebody_reads_goes_later(
    store: Store, filled: Tables, migrated: Settings
) -> None:
    [month] = await old(store)
    with connected(migrated) as reader, reader.transaction():
        reader.execute("SELECT count(*) FROM tweets")
        await remove(store, month)
    assert MONTH in partitions(filled)
    assert await remove(store, month) == {}
    assert MONTH not in partitions(filled)


@pytest.mark.parametrize(
    ("at", "start", "end"),
    [
        ("2026-12-31T23:59:59.999999+00:00", "2026-12-01", "2027-01-01"),
        ("2027-01-01T00:30:00+01:00", "2026-12-01", "2027-01-01"),
        ("2028-02-29T12:00:00+00:00", "2028-02-01", "2028-03-01"),
    ],
)
def test_the_month_of_a_time_is_that_of_utc(at: str, start: str, end: str) -> None:
    limits = [datetime.fromisoformat(day).replace(tzinfo=UTC) for day in (start, end)]
    assert Month.of(datetime.fromisoformat(at)) == Month(*limits)
