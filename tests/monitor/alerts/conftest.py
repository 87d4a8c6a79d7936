"""An outbox to fill, and a Valkey to break."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
from psycopg.types.json import Jsonb
from sqlalchemy.ext.asyncio import AsyncEngine

from monitor.settings import Settings
from monitor.store import async_engine
from tests.monitor.alerts.payloads import payload
from tests.monitor.alerts.valkeys import RestartableValkey, restartable_valkey

Fill = Callable[[int], list[str]]


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[RestartableValkey]:
    """A running Valkey that the test may stop, restart and fill up."""
    with restartable_valkey(tmp_path / "valkey") as server:
        yield server


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    """A client of the test's empty Valkey."""
    with redis.Redis.from_url(redis_url, decode_responses=True) as client:
        yield client


@pytest.fixture
async def engine(migrated: Settings) -> AsyncIterator[AsyncEngine]:
    """Connections to the test's database."""
    pool = async_engine(migrated.database)
    yield pool
    await pool.dispose()


@pytest.fixture
def outbox(migrated: Settings) -> Iterator[psycopg.Connection[Any]]:
    """A separate connection to the test's database."""
    with psycopg.connect(migrated.database.url.get_secret_value(), autocommit=True) as connection:
        yield connection


@pytest.fixture
def fill(outbox: psycopg.Connection[Any]) -> Fill:
    """A function that puts N alerts into the outbox, and returns their ids in order."""

    def put(count: int) -> list[str]:
        alerts = [payload(number) for number in range(count)]
        with outbox.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO alert_outbox (alert_id, tweet_id, payload) VALUES (%s, %s, %s)",
                [(alert["alert_id"], alert["tweet_id"], Jsonb(alert)) for alert in alerts],
            )
        return [alert["alert_id"] for alert in alerts]

    return put
