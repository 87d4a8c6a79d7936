"""Retention as a job: one process at a time, in pages, with an end at any moment."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
import structlog
from pydantic import ValidationError

from monitor.compliance import RetentionJob, retention_job
from monitor.errors import RetryableError
from monitor.metrics import WORKER
from monitor.settings import RetentionSettings, Settings, StoreSettings
from monitor.store import Store, old_posts
from tests.monitor.store.batches import POSTED, Tables, alert, negative_tweet, positive_tweet, write

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
LATE = POSTED + 10_000 * DAY
"""A present in which all posts of the tests are old."""


@pytest.fixture
def migrated(migrated: Settings) -> Settings:
    """Settings of a worker that stores posts without an effect, too."""
    return migrated.model_copy(update={"store": StoreSettings(negatives="all")})


def keeping(settings: Settings, **days: int) -> Settings:
    """Return the settings with these days, and alerts that go along with their posts."""
    days.setdefault("alerts_days", days.get("posts_days", 0))
    return settings.model_copy(update={"retention": RetentionSettings(**days)})


def posts(tables: Tables) -> int:
    return int(tables.rows("SELECT count(*) FROM tweets")[0][0])


def removed_by_metric() -> float:
    return WORKER.get_sample_value("ade_retention_removed_total", {"what": "posts"}) or 0.0


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(old_posts, "AT_ONCE", 10)


async def fill(store: Store, count: int, *, posted_at: datetime = POSTED) -> None:
    await write(store, [negative_tweet(str(number), posted_at=posted_at) for number in range(count)])


async def test_a_run_removes_all_pages(store: Store, tables: Tables, migrated: Settings) -> None:
    await fill(store, 35)
    job = RetentionJob(keeping(migrated, posts_days=90), pause=0)
    counted = removed_by_metric()
    rehearsed = await job.apply(dry_run=True, now=LATE)
    assert rehearsed is not None
    assert (rehearsed.posts, posts(tables)) == (35, 35)
    result = await job.apply(now=LATE)
    assert result is not None
    assert (result.posts, result.touched["predictions"], result.alerts) == (35, 35, 0)
    assert posts(tables) == 0
    assert removed_by_metric() - counted == 35, "a dry run does not count"
    again = await job.apply(now=LATE)
    assert again is not None
    assert again.posts == 0


async def test_what_is_not_old_stays(store: Store, tables: Tables, migrated: Settings) -> None:
    await fill(store, 5)
    result = await RetentionJob(keeping(migrated, posts_days=90), pause=0).apply()
    assert result is not None
    assert (result.posts, posts(tables)) == (0, 5)


async def test_a_run_that_is_cancelled_keeps_its_pages_and_the_next_one_goes_on(
    store: Store, tables: Tables, migrated: Settings
) -> None:
    await fill(store, 35)
    settings = keeping(migrated, posts_days=90)
    # The pause after the first page lasts until the run is cancelled.
    task = asyncio.create_task(RetentionJob(settings, pause=3600).apply(now=LATE))
    async with asyncio.timeout(60):
        while posts(tables) == 35:  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert posts(tables) == 25
    result = await RetentionJob(settings, pause=0).apply(now=LATE)
    assert result is not None
    assert (result.posts, posts(tables)) == (25, 0)
    audited = "SELECT sum((touched ->> 'tweets')::int), count(*) FROM compliance_events"
    assert tables.rows(audited) == [(35, 2)]


async def test_one_process_at_a_time_applies_retention(
    store: Store, tables: Tables, migrated: Settings
) -> None:
    await fill(store, 5)
    job = RetentionJob(keeping(migrated, posts_days=90), pause=0)
    with psycopg.connect(migrated.database.url.get_secret_value()) as other:
        lock = str(retention_job.TRY_LOCK_RUN)
        assert other.execute(lock.encode()).fetchone() == (True,)
        assert await job.apply(now=LATE) is None
    assert posts(tables) == 5
    assert await job.apply(now=LATE) is not None
    assert posts(tables) == 0


async def test_batches_are_written_while_old_posts_are_removed(
    store: Store, tables: Tables, migrated: Settings
) -> None:
    await fill(store, 200)
    removing = RetentionJob(keeping(migrated, posts_days=90), pause=0).apply(now=LATE)

    async def write_batches() -> None:
        for first in range(0, 200, 20):
            await write(store, [positive_tweet(str(number)) for number in range(first, first + 20)])

    await asyncio.gather(removing, write_batches())
    orphans = (
        "SELECT count(*) FROM predictions p LEFT JOIN tweets t USING (tweet_id) WHERE t.tweet_id IS NULL"
    )
    assert tables.rows(orphans) == [(0,)]
    await RetentionJob(keeping(migrated, posts_days=90), pause=0).apply(now=LATE)
    assert posts(tables) == 0


async def test_batches_are_written_during_a_run_if_the_pool_has_one_connection(
    tables: Tables, migrated: Settings
) -> None:
    database = migrated.database.model_copy(update={"pool_size": 1, "statement_timeout": 10.0})
    settings = keeping(migrated.model_copy(update={"database": database}), posts_days=90)
    store = Store(settings)
    await fill(store, 35)
    # The pause after the first page lasts until the run is cancelled.
    task = asyncio.create_task(RetentionJob(settings, pause=3600).apply(now=LATE))
    async with asyncio.timeout(60):
        while posts(tables) == 35:  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.01)
    assert (await write(store, [positive_tweet("new")])).new_predictions == 1
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await store.close()


async def test_a_run_also_rests_after_pages_whose_posts_all_stay(
    store: Store, migrated: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(store, 35)
    pauses: list[float] = []
    sleep = asyncio.sleep

    async def note(seconds: float, *_: object) -> None:
        pauses.append(seconds)
        await sleep(0)

    monkeypatch.setattr(asyncio, "sleep", note)
    # The posts are old, but they were stored today.
    result = await RetentionJob(keeping(migrated, posts_days=90), pause=20.0).apply(now=POSTED + 91 * DAY)
    assert result is not None
    assert result.posts == 0
    assert pauses.count(2.0) == 3


async def test_a_run_leaves_out_what_the_run_before_looked_at_until_a_day_has_passed(
    store: Store, tables: Tables, migrated: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages: list[object] = []
    remove = retention_job.remove_old_posts

    async def count_pages(*arguments: Any, **options: Any) -> Any:
        pages.append(arguments)
        return await remove(*arguments, **options)

    monkeypatch.setattr(retention_job, "remove_old_posts", count_pages)
    await write(
        store, [positive_tweet(f"stays {number}", posted_at=LATE - 8999 * DAY) for number in range(35)]
    )
    await write(
        store,
        [
            negative_tweet("soon", posted_at=LATE + HOUR / 2 - 30 * DAY),
            negative_tweet("archive", posted_at=datetime(2020, 1, 1, tzinfo=UTC)),
            positive_tweet("later", posted_at=LATE + HOUR / 2 - 9000 * DAY),
        ],
    )
    tables.run("UPDATE alert_outbox SET published_at = '2020-01-01'")
    tables.run("UPDATE tweets SET first_seen_at = '2020-01-01'")
    tables.run(f"UPDATE tweets SET first_seen_at = '{LATE - 29 * DAY}' WHERE tweet_id = 'archive'")
    days = RetentionSettings(posts_days=9000, negatives_days=30, alerts_days=9000)
    job = RetentionJob(migrated.model_copy(update={"retention": days}), pause=0)
    for after, pages_of_run, left in (
        (0 * HOUR, 4, {"soon", "archive", "later"}),
        (1 * HOUR, 2, {"archive"}),
        (23 * HOUR, 2, {"archive"}),
        (25 * HOUR, 4, set()),
    ):
        pages.clear()
        assert await job.apply(now=LATE + after) is not None
        assert len(pages) == pages_of_run
        rows = tables.rows("SELECT tweet_id FROM tweets WHERE tweet_id NOT LIKE 'stays%'")
        assert {row[0] for row in rows} == left


async def test_whole_months_wait_for_their_last_post_and_then_go_at_once(
    store: Store, tables: Tables, migrated: Settings
) -> None:
    early, late = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 31, 23, 59, tzinfo=UTC)
    await write(store, [negative_tweet(str(n), posted_at=at) for n, at in enumerate([early, late, late])])
    waiting = positive_tweet("waits", posted_at=datetime(2026, 4, 2, tzinfo=UTC))
    await write(store, [waiting], alerts=[alert("not published yet", "waits")])
    tables.run("UPDATE tweets SET first_seen_at = posted_at + interval '1 minute'")
    job = RetentionJob(keeping(migrated, posts_days=30, whole_months=True), pause=0)
    over = datetime(2026, 4, 1, tzinfo=UTC) + 30 * DAY
    for now, left in ((late + 29 * DAY, 4), (over, 4), (over + HOUR, 1)):
        assert await job.apply(now=now) is not None
        assert posts(tables) == left, now
    assert tables.rows("SELECT to_regclass('tweets_2026_03'), to_regclass('tweets_2026_04') IS NULL") == [
        (None, False)
    ]
    # A post that has to stay does not hold the others for more than a day.
    await write(store, [negative_tweet("other", posted_at=datetime(2026, 4, 3, tzinfo=UTC))])
    tables.run("UPDATE tweets SET first_seen_at = posted_at")
    after = datetime(2026, 5, 1, tzinfo=UTC) + 30 * DAY
    for now, left in ((after + HOUR, 2), (after + DAY + HOUR, 1)):
        assert await job.apply(now=now) is not None
        assert posts(tables) == left, now


async def test_the_task_returns_at_once_if_everything_is_kept(migrated: Settings) -> None:
    await asyncio.wait_for(RetentionJob(migrated).run(), 10)


async def test_the_task_goes_on_after_an_outage_of_the_database(
    store: Store, tables: Tables, migrated: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(store, 5, posted_at=datetime(2020, 1, 1, tzinfo=UTC))
    tables.run("UPDATE tweets SET first_seen_at = '2020-01-01'")
    monkeypatch.setattr(retention_job, "INTERVAL", 0.01)
    job = RetentionJob(keeping(migrated, posts_days=90), pause=0)
    working, failures = job.apply, iter([RetryableError("the database is away")])

    async def fail_once() -> object:
        for failure in failures:
            raise failure
        return await working()

    monkeypatch.setattr(job, "apply", fail_once)
    with structlog.testing.capture_logs() as logs:
        task = asyncio.create_task(job.run())
        async with asyncio.timeout(60):
            while posts(tables):  # noqa: ASYNC110 - there is no event to wait for
                await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert logs[0]["log_level"] == "warning"


def test_days_that_would_have_no_effect_are_refused() -> None:
    with pytest.raises(ValidationError, match="set in vain"):
        RetentionSettings(posts_days=30, negatives_days=90, alerts_days=30)
    assert RetentionSettings(posts_days=0, negatives_days=90).negatives_days == 90


@pytest.mark.parametrize("alerts_days", [0, 31])
def test_alerts_that_would_outlive_their_posts_are_refused(alerts_days: int) -> None:
    with pytest.raises(ValidationError, match=r"needs a retention\.alerts_days from 1 to 30"):
        RetentionSettings(posts_days=30, alerts_days=alerts_days)
    assert RetentionSettings(posts_days=30, alerts_days=30).alerts_days == 30
    assert RetentionSettings(alerts_days=90).posts_days == 0


def test_by_default_everything_is_kept() -> None:
    assert not retention_job.is_limited(Settings().retention)
    assert retention_job.age_limits(Settings().retention, datetime.now(UTC)).posts is None
