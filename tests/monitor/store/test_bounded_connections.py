"""Connections give up on a server that is silent, and leave a session that is read-only."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from monitor.errors import RetryableError
from monitor.settings import DatabaseSettings, Settings
from monitor.store import Store, async_engine, bounded_connections, connections, reading_engine
from monitor.store.bounded_connections import lift_time_limit
from tests.gate import Gate
from tests.monitor.store.batches import GivenAlerts, Tables, positive_tweet, raised, write


@pytest.fixture
def gate(migrated: Settings) -> Iterator[Gate]:
    gate = Gate(urlsplit(migrated.database.url.get_secret_value()).port)
    yield gate
    gate.shut()


@pytest.fixture
def impatient(migrated: Settings, gate: Gate, monkeypatch: pytest.MonkeyPatch) -> DatabaseSettings:
    """Settings through the gate, with which a silent server counts as away after 1.5 seconds."""
    monkeypatch.setattr(bounded_connections, "LATE_ANSWER", 0.5)
    url = migrated.database.url.get_secret_value()
    through = migrated.database.at(url.replace(f":{urlsplit(url).port}", f":{gate.port}"))
    return through.model_copy(update={"statement_timeout": 1.0})


async def test_a_batch_whose_connection_became_silent_is_written_over_another_one(
    migrated: Settings,
    impatient: DatabaseSettings,
    gate: Gate,
    tables: Tables,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connections, "IDLE", 1)
    store = Store(migrated.model_copy(update={"database": impatient}))

    def become_silent(_: object) -> GivenAlerts:
        gate.silence()
        gate.open()
        return raised()

    with pytest.raises(RetryableError, match=r"silent for 1\.5 s"):
        await store.write_batch(
            [positive_tweet()], bundle="old", raise_alerts=become_silent, progress=[], group="watchers"
        )
    # The server still has the row locked, until it ends the session that is idle in its transaction.
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(RetryableError):
                written = await write(store, [positive_tweet()])
                break
    assert written.new_predictions == 1
    assert tables.sizes()["predictions"] == 1
    await store.close()


def test_a_query_to_a_silent_server_fails(impatient: DatabaseSettings, gate: Gate) -> None:
    with reading_engine(impatient).connect() as connection:
        gate.silence()
        with pytest.raises(OperationalError, match=r"silent for 1\.5 s"):
            connection.execute(text("SELECT 1"))


async def test_an_answer_may_take_longer_than_the_limit_as_long_as_it_arrives(
    impatient: DatabaseSettings, gate: Gate
) -> None:
    engine = async_engine(impatient)
    async with engine.connect() as connection:
        gate.bytes_per_s = 100_000
        answer = await connection.scalar(text("SELECT repeat('x', 300000)"))
    assert len(answer) == 300_000
    await engine.dispose()


def test_a_statement_without_a_time_limit_may_take_longer(impatient: DatabaseSettings) -> None:
    with reading_engine(impatient).connect() as connection:
        lift_time_limit(connection)
        assert connection.scalar(text("SELECT 7 FROM pg_sleep(2.5)")) == 7


async def test_a_session_that_is_read_only_is_left(migrated: Settings, store: Store, tables: Tables) -> None:
    [(database,)] = tables.rows("SELECT current_database()")
    tables.run(f"ALTER DATABASE {database} SET default_transaction_read_only = on")
    with pytest.raises(RetryableError, match="25006"):
        await write(store, [positive_tweet()])
    tables.run(f"ALTER DATABASE {database} RESET default_transaction_read_only")
    assert (await write(store, [positive_tweet()])).new_predictions == 1
