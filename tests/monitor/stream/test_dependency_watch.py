"""Whether the database and Redis answer, and how long alerts wait in the outbox."""

from __future__ import annotations

import math
from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg
import pytest
from pydantic import SecretStr

from monitor.alerts.redis import RedisPublisher
from monitor.metrics import WORKER
from monitor.settings import DatabaseSettings, RedisSettings, Settings
from monitor.store import async_engine
from monitor.stream import dependency_watch
from monitor.stream.dependency_watch import DependencyWatch
from monitor.stream.stage_work import DATABASE
from tests.gate import Gate
from tests.monitor.stream.clocks import Clock

EDITED_ALERT = """
    INSERT INTO alert_outbox (alert_id, tweet_id, payload, revision, created_at)
    VALUES ('a', '1', '{}', 2, now() - interval '1 year')
"""


@pytest.fixture
def gates(migrated: Settings) -> Iterator[tuple[Gate, Gate]]:
    """Gates in front of Postgres and of Redis."""
    database = Gate(urlsplit(migrated.database.url.get_secret_value()).port)
    redis = Gate(urlsplit(migrated.redis.url.get_secret_value()).port)
    yield database, redis
    database.shut()
    redis.shut()


class Watched:
    """A watch whose servers are behind gates."""

    def __init__(self, settings: Settings, database: Gate, redis: Gate) -> None:
        self.clock = Clock()
        self.missing: str | None = None
        self.database = DatabaseSettings(url=_through(settings.database.url, database))
        self.engine = async_engine(self.database)
        self.publisher = RedisPublisher(
            settings.model_copy(update={"redis": RedisSettings(url=_through(settings.redis.url, redis))})
        )
        self.watch = DependencyWatch(
            self.database,
            engine=self.engine,
            publisher=self.publisher,
            missing_dependency=lambda: self.missing,
            clock=self.clock,
        )

    async def check(self) -> tuple[str | None, str | None]:
        await self.watch.check()
        return self.watch.database_problem, self.watch.redis_problem

    async def close(self) -> None:
        await self.publisher.close()
        await self.engine.dispose()


def _through(secret: SecretStr, gate: Gate) -> SecretStr:
    url = secret.get_secret_value()
    return SecretStr(url.replace(f":{urlsplit(url).port}", f":{gate.port}"))


def exported(name: str) -> float | None:
    return WORKER.get_sample_value(name)


@pytest.mark.slow
async def test_the_answers_of_both_are_known_and_follow_them(
    migrated: Settings, gates: tuple[Gate, Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dependency_watch, "ANSWER_TIMEOUT", 2.0)
    database, redis = gates
    watched = Watched(migrated, database, redis)
    assert watched.watch.database_problem == watched.watch.redis_problem == "was not asked yet"
    assert await watched.check() == (None, None)
    redis.shut()
    assert await watched.check() == (None, "does not answer")
    redis.open()
    database.shut()
    assert await watched.check() == ("does not answer", None)
    assert math.isnan(exported("ade_outbox_alerts") or 0)
    database.open()
    assert await watched.check() == (None, None)
    assert exported("ade_outbox_alerts") == 0
    database.silence()
    redis.silence()
    assert await watched.check() == ("does not answer", "does not answer")
    await watched.close()


async def test_a_database_that_answers_but_takes_no_batches_is_not_ready(
    migrated: Settings, gates: tuple[Gate, Gate]
) -> None:
    watched = Watched(migrated, *gates)
    watched.missing = DATABASE
    assert await watched.check() == ("does not take batches", None)
    await watched.close()


async def test_an_alert_that_an_edit_replaced_waits_since_it_was_seen_first(
    migrated: Settings, gates: tuple[Gate, Gate]
) -> None:
    watched = Watched(migrated, *gates)
    with psycopg.connect(migrated.database.url.get_secret_value(), autocommit=True) as connection:
        connection.execute(EDITED_ALERT)
        await watched.check()
        assert exported("ade_outbox_oldest_age_seconds") == 0, "not a year"
        watched.clock.now += 40
        await watched.check()
        assert exported("ade_outbox_oldest_age_seconds") == 40
        connection.execute("UPDATE alert_outbox SET published_at = now()")
        watched.clock.now += 5
        await watched.check()
    assert exported("ade_outbox_alerts") == exported("ade_outbox_oldest_age_seconds") == 0
    await watched.close()
