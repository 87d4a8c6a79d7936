"""When the database fails, nothing is half-written, and the error says whether to try again."""

from __future__ import annotations

import asyncio
import os
import signal
import time
import traceback
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from monitor.embedded import Postgres
from monitor.embedded.servers import free_port
from monitor.errors import FatalError, MonitorError, RetryableError, SettingsError
from monitor.records import Alert
from monitor.settings import DatabaseSettings, Settings
from monitor.store import Store, upgrade_database
from tests.monitor.store.batches import TEXT, Tables, alert, negative_tweet, positive_tweet, write

WRITTEN = ["tweets", "predictions", "mentions", "alert_outbox", "progress", "hourly_counts"]


@pytest.mark.parametrize("table", WRITTEN)
async def test_a_failure_at_any_step_leaves_nothing_of_the_batch(
    store: Store, tables: Tables, table: str
) -> None:
    tables.fail_on(table, "XX000")
    with pytest.raises(FatalError):
        await write(store, [positive_tweet("1"), negative_tweet("2")], alerts=[alert("a")])
    assert set(tables.sizes().values()) == {0}


@pytest.mark.parametrize(
    ("sqlstate", "kind"),
    [
        ("08006", RetryableError),
        ("25006", RetryableError),
        ("25P03", RetryableError),
        ("40001", RetryableError),
        ("53100", RetryableError),
        ("53300", RetryableError),
        ("57P01", RetryableError),
        ("57P03", RetryableError),
        ("22001", FatalError),
        ("42501", FatalError),
        ("P0001", FatalError),
    ],
)
async def test_the_sqlstate_decides_whether_to_try_again(
    store: Store, tables: Tables, sqlstate: str, kind: type[MonitorError]
) -> None:
    tables.fail_on("predictions", sqlstate)
    with pytest.raises(kind, match="on purpose") as caught:
        await write(store, [positive_tweet()])
    assert type(caught.value) is kind


async def test_a_write_that_ends_in_a_deadlock_may_be_tried_again(store: Store, tables: Tables) -> None:
    await write(store, [negative_tweet("1"), negative_tweet("2")])
    # This session looks for deadlocks only after a minute, so the store finds it first.
    tables.run("SET deadlock_timeout = '60s'")
    with tables.connection.transaction():
        tables.run("SELECT FROM tweets WHERE tweet_id = '2' FOR UPDATE")
        writing = asyncio.create_task(write(store, [negative_tweet("1"), negative_tweet("2")], bundle="new"))
        await asyncio.to_thread(_wait_for_a_waiting_lock, tables)
        await asyncio.to_thread(tables.run, "UPDATE tweets SET lang = 'xx' WHERE tweet_id = '1'")
        with pytest.raises(RetryableError, match="40P01"):
            await writing
    assert (await write(store, [negative_tweet("1"), negative_tweet("2")], bundle="new")).new_predictions == 2


def _wait_for_a_waiting_lock(tables: Tables) -> None:
    while not tables.rows("SELECT 1 FROM pg_locks WHERE NOT granted"):
        time.sleep(0.01)


async def test_a_statement_that_takes_too_long_may_be_tried_again(migrated: Settings, tables: Tables) -> None:
    impatient = Settings(database=DatabaseSettings(url=migrated.database.url, statement_timeout=1))
    store = Store(impatient)
    with tables.connection.transaction():
        tables.run("LOCK TABLE predictions")
        with pytest.raises(RetryableError, match="57014"):
            await write(store, [positive_tweet("1")])
    assert (await write(store, [positive_tweet("1")])).new_predictions == 1
    await store.close()


async def test_a_database_that_is_away_is_named_without_its_password() -> None:
    url = f"postgresql://someone:s3cret@127.0.0.1:{free_port()}/ade"
    store = Store(Settings(database=DatabaseSettings(url=SecretStr(url))))
    for call in (write(store, [negative_tweet()]), store.check_revision()):
        with pytest.raises(RetryableError, match=r"ade on 127\.0\.0\.1") as caught:
            await call
        assert "s3cret" not in "".join(traceback.format_exception(caught.value))
    await store.close()


@pytest.mark.parametrize(
    ("user", "database"), [("ade:wrong", "postgres"), ("nobody:x", "postgres"), (None, "nowhere")]
)
async def test_a_refused_login_needs_a_person(postgres: Postgres, user: str | None, database: str) -> None:
    url = postgres.url_of(database)
    if user:
        url = f"postgresql://{user}@{url.partition('@')[2]}"
    store = Store(Settings(database=DatabaseSettings(url=SecretStr(url))))
    with pytest.raises(FatalError, match="ADE_DATABASE__URL"):
        await write(store, [negative_tweet()])
    await store.close()


@pytest.mark.parametrize(
    "url", ["mysql://host/db", "postgresql+asyncpg://host/db", "host=x dbname=y", "http://[x"]
)
def test_a_url_of_another_database_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(SettingsError, match="ADE_DATABASE__URL") as caught:
        Store(Settings(database=DatabaseSettings(url=SecretStr(url))))
    assert url not in str(caught.value)


async def test_no_error_repeats_a_tweet_or_its_author(store: Store, tables: Tables) -> None:
    tables.run(
        f"ALTER TABLE tweets ADD CONSTRAINT refused CHECK (text <> '{TEXT.replace(chr(39), chr(39) * 2)}')"
    )
    with pytest.raises(FatalError, match="refused") as caught:
        await write(store, [positive_tweet()])
    output = "".join(traceback.format_exception(caught.value))
    assert "zoloft" not in output
    assert "author 7" not in output


@pytest.mark.parametrize("value", [float("nan"), {1, 2}, "\0", "\ud800"])
async def test_an_alert_that_postgres_cannot_store_as_json_is_fatal(
    store: Store, tables: Tables, value: object
) -> None:
    with pytest.raises(FatalError):
        await write(store, [positive_tweet()], alerts=[Alert("a", "1", {"value": value})])
    assert set(tables.sizes().values()) == {0}


async def test_writing_goes_on_after_the_server_crashed(tmp_path: Path) -> None:
    server = Postgres(tmp_path, start_timeout=60, options={"fsync": "off"})
    server.start()
    try:
        settings = Settings(database=DatabaseSettings(url=SecretStr(server.url)))
        upgrade_database(settings)
        store = Store(settings)
        for number in range(30):
            if number == 10:
                # If one of its processes is killed, Postgres restarts all of them.
                with psycopg.connect(server.url) as victim:
                    os.kill(victim.info.backend_pid, signal.SIGKILL)
                    victim.close()
            await _until_written(store, str(number))
        await store.close()
        tables = Tables(settings)
        assert tables.rows("SELECT count(*) FROM predictions") == [(30,)]
        assert tables.content()["counts"] == tables.recounted()
        tables.connection.close()
    finally:
        server.kill()


async def _until_written(store: Store, tweet_id: str) -> None:
    for _ in range(300):
        try:
            await write(store, [positive_tweet(tweet_id)])
        except RetryableError:
            await asyncio.sleep(0.1)
        else:
            return
    raise AssertionError("the database did not come back in 30 seconds")
