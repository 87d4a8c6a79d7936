"""Posts lie in partitions of months: which are made, what a post has there, and what never goes lost."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as profile
from hypothesis import strategies as st
from psycopg import errors

from monitor.settings import Settings
from monitor.store import Filters, Store, find_effects
from monitor.store.months import DROP_MONTH, PARTITIONED, is_partition, month_of
from monitor.store.revisions import downgrade_database, upgrade_database
from monitor.store.roles import WRITER
from tests.monitor.store.batches import Tables, mention_of, positive_tweet, scored, write
from tests.monitor.store.events import LATER, apply, post_event
from tests.monitor.store.logins import connected, login, name_of

NOW = datetime.now(UTC)
THIS = f"{NOW:%Y_%m}"
BEFORE = NOW - timedelta(days=400)


def partitions(tables: Tables, table: str = "tweets") -> list[str]:
    """Return the ends of the names of a table's partitions."""
    query = (
        "SELECT substr(relname, %s) FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid "
        "WHERE inhparent = %s::regclass ORDER BY 1"
    )
    return [name for (name,) in tables.rows(query, len(table) + 2, table)]


def places(tables: Tables, table: str = "tweets") -> dict[str, str]:
    """Return for each post the end of the name of the partition that has its row."""
    rows = tables.rows(f"SELECT tweet_id, tableoid::regclass::text FROM {table}")
    return {tweet_id: name[len(table) + 1 :] for tweet_id, name in rows}


async def test_a_month_is_made_for_the_first_post_of_it_in_every_table(store: Store, tables: Tables) -> None:
    month = f"{BEFORE:%Y_%m}"
    for table in PARTITIONED:
        assert month not in partitions(tables, table)
    await write(store, [positive_tweet("1", posted_at=BEFORE)])
    for table in PARTITIONED:
        assert month in partitions(tables, table)
    assert places(tables) == places(tables, "mentions") == {"1": month}


@pytest.mark.parametrize(
    ("posted_at", "place"),
    [
        (datetime(1999, 5, 1, tzinfo=UTC), "earlier"),
        (NOW - timedelta(days=400), f"{NOW - timedelta(days=400):%Y_%m}"),
        (NOW + timedelta(days=400), "other"),
        (datetime(2026, 3, 1, 0, 30, tzinfo=UTC).astimezone(), "2026_03"),
        (datetime(2026, 2, 28, 23, 59, 59, 999_999, tzinfo=UTC), "2026_02"),
    ],
)
async def test_each_post_lies_in_its_month_of_utc(
    store: Store, tables: Tables, posted_at: datetime, place: str
) -> None:
    row = positive_tweet("1", posted_at=posted_at)
    await write(store, [row])
    stored = place if row.received.posted_at == posted_at else THIS  # dates in the future are not believed
    assert places(tables) == places(tables, "predictions") == places(tables, "mentions") == {"1": stored}


async def test_a_post_that_comes_again_with_the_date_of_another_month_is_the_same_post(
    store: Store, tables: Tables, migrated: Settings
) -> None:
    earlier = NOW - timedelta(days=70)
    await write(store, [positive_tweet("1", posted_at=earlier)])
    edited = "zoloft: still shaking"
    edit = scored("1", edited, mention_of(edited, "shaking"), posted_at=NOW, edited_at=LATER)
    written = await write(store, [edit, positive_tweet("2", posted_at=NOW)])
    assert (written.edits, written.new_posts) == (1, 1)
    assert places(tables) == {"1": f"{earlier:%Y_%m}", "2": THIS}
    assert len(tables.rows("SELECT FROM predictions WHERE tweet_id = '1'")) == 2
    assert [effect.tweet_id for effect in find_effects(migrated, Filters(since=NOW - timedelta(days=1)))] == [
        "2"
    ]


async def test_deletions_find_posts_of_every_month(store: Store, tables: Tables) -> None:
    times = [NOW, NOW - timedelta(days=70), datetime(2001, 1, 1, tzinfo=UTC)]
    await write(store, [positive_tweet(str(n), posted_at=at) for n, at in enumerate(times)])
    for n in range(len(times)):
        [event] = await apply(store, post_event("delete", str(n)))
        assert (event.touched["tweets"], event.touched["mentions"]) == (1, 1)
    assert tables.rows("SELECT tweet_id FROM post_times WHERE tweet_id NOT LIKE 'erased:%'") == []
    assert tables.rows("SELECT tweet_id, posted_at FROM post_times ORDER BY 1") == tables.rows(
        "SELECT tweet_id, posted_at FROM tweets ORDER BY 1"
    )


async def test_a_month_that_cannot_be_made_now_stops_no_batch(
    store: Store, tables: Tables, migrated: Settings
) -> None:
    with connected(migrated) as reader, reader.transaction():
        reader.execute("SELECT count(*) FROM tweets")  # holds its locks until the end
        await write(store, [positive_tweet("1", posted_at=BEFORE)])
    assert places(tables) == {"1": "other"}
    # The month of a post that lies elsewhere is never made: the post would be in the wrong place.
    another = Store(migrated)
    await write(another, [positive_tweet("2", posted_at=BEFORE)])
    await another.close()
    assert places(tables) == {"1": "other", "2": "other"}


async def test_workers_make_a_month_at_the_same_time(tables: Tables, migrated: Settings) -> None:
    stores = [Store(migrated) for _ in range(4)]
    await asyncio.gather(
        *(write(each, [positive_tweet(str(n), posted_at=BEFORE)]) for n, each in enumerate(stores))
    )
    for each in stores:
        await each.close()
    assert sorted(places(tables)) == ["0", "1", "2", "3"]
    assert partitions(tables).count(f"{BEFORE:%Y_%m}") == 1


def test_a_worker_makes_months_and_cannot_do_more_to_tables(migrated: Settings, tables: Tables) -> None:
    with login(migrated, WRITER) as worker, connected(worker) as connection:
        connection.execute("SELECT make_month(%s)", [BEFORE.date()])
        assert f"{BEFORE:%Y_%m}" in partitions(tables)
        for statement in (
            f"DROP TABLE tweets_{BEFORE:%Y_%m}",
            f"SELECT * FROM tweets_{BEFORE:%Y_%m}",
            "SELECT add_post_partitions('_x', 'DEFAULT')",
        ):
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute(statement.encode())
        assert connection.execute("SELECT drop_month(%s)", [BEFORE.date()]).fetchone() == (True,)
    assert f"{BEFORE:%Y_%m}" not in partitions(tables)


async def test_a_month_with_posts_is_never_dropped(store: Store, tables: Tables) -> None:
    await write(store, [positive_tweet("1", posted_at=NOW)])
    assert tables.rows("SELECT drop_month(CAST(now() AS date))") == [(False,)]
    assert places(tables) == {"1": THIS}


async def test_a_post_that_comes_while_its_month_is_dropped_is_never_lost(
    store: Store, tables: Tables, migrated: Settings
) -> None:
    tables.run(f"SELECT make_month('{BEFORE.date()}')")

    async def drop() -> bool:
        async with store.engine.begin() as connection:
            return bool(await connection.scalar(DROP_MONTH, {"month": BEFORE.date()}))

    with connected(migrated) as batch, batch.transaction():
        batch.execute("INSERT INTO tweets (tweet_id, posted_at) VALUES ('1', %s)", [BEFORE])
        dropping = asyncio.create_task(drop())
        await asyncio.sleep(0.2)  # it has found no post, and waits for the locks
    assert not await dropping
    assert places(tables) == {"1": f"{BEFORE:%Y_%m}"}


def test_one_id_is_never_stored_in_two_months(tables: Tables) -> None:
    tables.run("INSERT INTO tweets (tweet_id, posted_at) VALUES ('1', now())")
    with pytest.raises(errors.UniqueViolation):
        tables.run("INSERT INTO tweets (tweet_id, posted_at) VALUES ('1', now() - interval '1 year')")
    tables.run("DELETE FROM tweets")
    assert tables.rows("SELECT * FROM post_times") == []


@given(st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.timezones()))
@profile(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_month_of_a_time_is_that_of_the_database(tables: Tables, at: datetime) -> None:
    query = "SELECT CAST(date_trunc('month', %s::timestamptz AT TIME ZONE 'UTC') AS date)"
    assert tables.rows(query, at.isoformat()) == [(month_of(at),)]


def test_names_of_partitions_are_recognized() -> None:
    assert all(map(is_partition, ["tweets_2026_11", "mentions_other", "post_facts_earlier"]))
    assert not any(map(is_partition, ["tweets", "post_copies", "alert_outbox_other", "tweets_2026", None]))


async def test_an_upgrade_brings_the_posts_of_old_tables_into_their_months(
    store: Store, migrated: Settings, tables: Tables
) -> None:
    times = [NOW, NOW - timedelta(days=70), datetime(2001, 1, 1, tzinfo=UTC)]
    await write(store, [positive_tweet(str(n), posted_at=at) for n, at in enumerate(times)])
    content, where = tables.content(), places(tables)
    downgrade_database(migrated, "0016")
    assert tables.rows("SELECT to_regclass('post_times'), count(*) FROM mentions") == [(None, 3)]
    upgrade_database(migrated)
    assert (tables.content(), places(tables)) == (content, where)
    assert places(tables, "mentions") == where
    # Numbers of mentions go on, and new ones find their place.
    last = tables.rows("SELECT max(id) FROM mentions")
    await write(store, [positive_tweet("3", posted_at=NOW)])
    assert tables.rows("SELECT min(id) FROM mentions WHERE tweet_id = '3'") > last


def test_rights_that_were_granted_by_hand_stay(migrated: Settings, tables: Tables) -> None:
    with login(migrated) as analyst:
        name = name_of(analyst)
        downgrade_database(migrated, "0016")
        tables.run(f"GRANT SELECT ON mentions, ade_report TO {name}")
        tables.run(f"GRANT SELECT (tweet_id, posted_at) ON tweets TO {name}")
        upgrade_database(migrated)
        with connected(analyst) as connection:
            connection.execute("SELECT tweet_id, posted_at FROM tweets")
            connection.execute("SELECT * FROM mentions, ade_report")
            for statement in ("SELECT text FROM tweets", "DELETE FROM mentions", "SELECT * FROM ade_cases"):
                with pytest.raises(errors.InsufficientPrivilege):
                    connection.execute(statement.encode())
