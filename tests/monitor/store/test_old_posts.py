"""Posts are removed because of their age: which are due, what goes with them, and what stays."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from monitor.store import START, AgeLimits, AuditedRun, Store, old_posts, remove_old_posts
from tests.monitor.store.batches import (
    Tables,
    alert,
    mention_of,
    negative_tweet,
    positive_tweet,
    scored,
    write,
)
from tests.monitor.store.events import LATER, apply, by_hand, post_event

NOW = datetime(2027, 7, 1, tzinfo=UTC)
DAY = timedelta(days=1)
RUN = AuditedRun("retention", "retention 1", "posts_days=90")


def ago(days: float) -> datetime:
    """Return a time before `NOW`."""
    return NOW - days * DAY


async def fill(store: Store, tables: Tables, ages: dict[str, float], *, positive: bool = True) -> None:
    """Write posts that were posted and stored so many days ago, with a published alert for each effect."""
    make = positive_tweet if positive else negative_tweet
    tweets = [make(tweet_id, posted_at=ago(age), aliases=(f"{tweet_id}x",)) for tweet_id, age in ages.items()]
    await write(
        store, tweets, alerts=[alert(f"alert of {tweet_id}", tweet_id) for tweet_id in ages] * positive
    )
    for tweet_id, age in ages.items():
        tables.connection.execute(
            "UPDATE tweets SET first_seen_at = %s WHERE tweet_id = %s", [ago(age), tweet_id]
        )
    tables.run("UPDATE alert_outbox SET published_at = now() WHERE published_at IS NULL")


async def remove(
    store: Store, posts: float | None, negatives: float | None = None, alerts: float | None = None
) -> Counter[str]:
    """Remove all pages, and return the number of removed rows by table."""
    limits = AgeLimits(*(None if days is None else ago(days) for days in (posts, negatives, alerts)))
    touched: Counter[str] = Counter()
    end = START
    while end is not None:
        async with store.engine.begin() as connection:
            page = await remove_old_posts(connection, limits, end, run=RUN)
        touched.update(page.touched)
        end = page.end
    return touched


def ids(tables: Tables) -> list[str]:
    """Return the ids of the stored posts."""
    return [tweet_id for (tweet_id,) in tables.rows("SELECT tweet_id FROM tweets ORDER BY tweet_id")]


async def test_a_post_goes_with_everything_that_belongs_to_it_and_the_counts_stay(
    store: Store, tables: Tables
) -> None:
    await fill(store, tables, {"old": 91, "new": 89})
    await write(store, [positive_tweet("old"), positive_tweet("new")], bundle="another")
    counts = tables.rows("SELECT * FROM hourly_counts ORDER BY 1, 2")
    assert +await remove(store, 90) == {
        "tweets": 1,
        "predictions": 2,
        "mentions": 2,
        "post_aliases": 1,
        "alert_outbox": 1,
    }
    for table in ("tweets", "predictions", "mentions", "post_aliases", "alert_outbox"):
        assert {row for (row,) in tables.rows(f"SELECT tweet_id FROM {table}")} == {"new"}, table
    assert tables.rows("SELECT * FROM hourly_counts ORDER BY 1, 2") == counts


async def test_an_old_post_that_was_fed_today_stays(store: Store, tables: Tables) -> None:
    await fill(store, tables, {"1": 91})
    tables.connection.execute("UPDATE tweets SET first_seen_at = %s", [ago(1)])
    assert not +await remove(store, 90)
    assert ids(tables) == ["1"]


async def test_a_post_waits_until_its_alert_is_published(store: Store, tables: Tables) -> None:
    await fill(store, tables, {"1": 91, "2": 91})
    tables.run("UPDATE alert_outbox SET published_at = NULL WHERE tweet_id = '1'")
    await remove(store, 90)
    assert ids(tables) == ["1"]
    assert tables.rows("SELECT tweet_id FROM alert_outbox") == [("1",)]
    tables.run("UPDATE alert_outbox SET published_at = now()")
    await remove(store, 90)
    assert ids(tables) == []


async def test_a_post_stays_as_long_as_its_alert_may_be_in_redis(store: Store, tables: Tables) -> None:
    await fill(store, tables, {"early": 91, "edited": 91, "retracted": 91})
    published = "UPDATE alert_outbox SET published_at = %s WHERE tweet_id = %s"
    for tweet_id, age in (("early", 90.5), ("edited", 20), ("retracted", 20)):
        tables.connection.execute(published, [ago(age), tweet_id])
    retracted = "action = 'retract', reason = 'edited', retracted_at = now()"
    tables.run(f"UPDATE alert_outbox SET {retracted} WHERE tweet_id = 'retracted'")
    assert (await remove(store, 90, alerts=60))["tweets"] == 2
    assert ids(tables) == ["edited"]
    assert (await remove(store, 90, alerts=19))["tweets"] == 1


async def test_a_retraction_waits_for_its_subscribers(store: Store, tables: Tables) -> None:
    await fill(store, tables, {"1": 91})
    await apply(store, by_hand(post_event("delete", "1")))
    assert not +await remove(store, 90)
    tables.run("UPDATE alert_outbox SET published_at = now()")
    assert (await remove(store, 90))["tweets"] == 1
    assert tables.rows("SELECT * FROM alert_outbox") == []


async def test_tombstones_and_the_audit_stay(store: Store, tables: Tables) -> None:
    await fill(store, tables, {"1": 91})
    await apply(store, post_event("delete", "1"))
    tables.run("UPDATE alert_outbox SET published_at = now()")
    await remove(store, 90)
    assert (await write(store, [positive_tweet("1")])).removed == 1
    assert tables.rows("SELECT event FROM compliance_events ORDER BY id") == [("delete",), ("retention",)]


async def test_posts_without_an_effect_may_go_earlier(store: Store, tables: Tables) -> None:
    await fill(store, tables, {"p31": 31, "p91": 91})
    await fill(store, tables, {"n29": 29, "n31": 31}, positive=False)
    await remove(store, 90, 30)
    assert ids(tables) == ["n29", "p31"]
    await remove(store, None, 10)
    assert ids(tables) == ["p31"]


async def test_a_post_in_which_any_bundle_has_found_an_effect_is_not_negative(
    store: Store, tables: Tables
) -> None:
    await fill(store, tables, {"1": 31}, positive=False)
    await write(store, [positive_tweet("1")], bundle="another")
    await remove(store, None, 30)
    assert ids(tables) == ["1"]


async def test_all_versions_of_a_post_go(store: Store, tables: Tables) -> None:
    await fill(store, tables, {"1": 91})
    edited = "zoloft: still shaking"
    await write(store, [scored("1", edited, mention_of(edited, "shaking"), edited_at=LATER)])
    tables.run("UPDATE alert_outbox SET published_at = now()")
    assert (await remove(store, 90))["predictions"] == 2
    assert tables.rows("SELECT * FROM mentions") == []


async def test_a_removed_post_that_is_read_again_is_stored_as_new(store: Store, tables: Tables) -> None:
    await fill(store, tables, {"1": 91})
    await remove(store, 90)
    assert (await write(store, [positive_tweet("1")])).new_predictions == 1


async def test_the_audit_has_one_row_for_a_run_with_the_sum_of_its_pages(
    store: Store, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(old_posts, "AT_ONCE", 3)
    await fill(store, tables, {str(number): 100 for number in range(10)})
    await remove(store, 90)
    [(event, subject, source, reason, letters, touched)] = tables.rows(
        "SELECT event, subject, source, reason, letters_done_at IS NOT NULL, touched FROM compliance_events"
    )
    assert (event, bytes(subject), source, reason, letters) == (
        "retention",
        b"",
        RUN.source,
        RUN.reason,
        True,
    )
    assert (touched["tweets"], touched["mentions"]) == (10, 10)
    assert not +await remove(store, 90)
    assert tables.rows("SELECT count(*) FROM compliance_events") == [(1,)]


async def test_a_page_that_fails_leaves_everything_of_it(store: Store, tables: Tables) -> None:
    await fill(store, tables, {"1": 91})
    before = tables.content()
    tables.fail_on("compliance_events", "58030")
    with pytest.raises(Exception, match="on purpose"):
        await remove(store, 90)
    assert tables.content() == before


async def test_without_a_run_nothing_is_removed_and_all_are_counted(store: Store, tables: Tables) -> None:
    await fill(store, tables, {str(number): 100 for number in range(5)})
    async with store.engine.begin() as connection:
        page = await remove_old_posts(connection, AgeLimits(ago(90), None), START, run=None)
    assert (page.due, +page.touched) == (5, {})
    assert len(ids(tables)) == 5


PAGE_OF_ONE = {"ids": ["1"], "times": [NOW]}
STATEMENTS = {
    "page": (old_posts.FIND_PAGE, {"after_at": START.posted_at, "after_id": "", "most": 10}),
    "due": (old_posts.FIND_DUE, {"alerts": NOW, **PAGE_OF_ONE}),
    **{f"count of {name}": (statement, PAGE_OF_ONE) for name, statement in old_posts.COUNT_ROWS.items()},
    **{name: (statement, PAGE_OF_ONE) for name, statement in old_posts.DELETE_STEPS.items()},
}


@pytest.mark.parametrize("name", STATEMENTS)
async def test_old_posts_are_found_by_indexes(store: Store, name: str) -> None:
    statement, parameters = STATEMENTS[name]
    async with store.engine.connect() as connection:
        await connection.execute(text("SET enable_seqscan = off"))
        explained = text(f"EXPLAIN {statement.text}")
        rows = await connection.execute(explained, {"posts": NOW, "negatives": NOW, **parameters})
        plan = "\n".join(rows.scalars())
    assert "Seq Scan" not in plan
    assert name != "page" or "Sort  (" not in plan


async def test_a_case_goes_with_its_last_post_unless_somebody_works_on_it(
    store: Store, tables: Tables
) -> None:
    ages = {"1": 91, "2": 91, "3": 91, "4": 89}
    await write(store, [positive_tweet(name, posted_at=ago(age), author=name) for name, age in ages.items()])
    for name, age in ages.items():
        tables.connection.execute(
            "UPDATE tweets SET first_seen_at = %s WHERE tweet_id = %s", [ago(age), name]
        )
    tables.run(
        "UPDATE cases SET status = 'open' WHERE case_id IN "
        "(SELECT case_id FROM case_posts WHERE tweet_id = '2')"
    )
    tables.run(
        "INSERT INTO case_events (case_id, actor, note) SELECT case_id, 'ann', 'looks odd' FROM case_posts "
        "WHERE tweet_id = '3'"
    )
    # The case of a post that stays.
    tables.run(
        "INSERT INTO case_posts (case_id, tweet_id, role) SELECT case_id, '1', 'follow-up' "
        "FROM case_posts WHERE tweet_id = '4'"
    )
    await remove(store, 90)
    assert tables.rows("SELECT tweet_id FROM case_posts") == [("4",)]
    assert tables.rows("SELECT status, count(*) FROM cases GROUP BY 1 ORDER BY 1") == [
        ("new", 2),
        ("open", 1),
    ]
