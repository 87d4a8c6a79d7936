"""A dependency goes away and comes back: the flow waits or goes on without it, and loses nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr

from monitor.settings import DatabaseSettings, RedisSettings, Settings
from tests.flow.conftest import FlowResults, send, tweet_values
from tests.gate import Gate
from tests.processes import ade_monitor, running, wait_for

# On a busy machine, a worker starts slowly, and the pauses between attempts grow meanwhile.
PATIENCE = 300.0
pytestmark = pytest.mark.timeout(900)


@pytest.fixture
def database_gate(migrated: Settings) -> Iterator[Gate]:
    gate = Gate(urlsplit(migrated.database.url.get_secret_value()).port or 5432)
    yield gate
    gate.shut()


@pytest.fixture
def redis_gate(migrated: Settings) -> Iterator[Gate]:
    gate = Gate(urlsplit(migrated.redis.url.get_secret_value()).port or 6379)
    yield gate
    gate.shut()


def test_while_the_database_is_away_the_worker_waits(
    migrated: Settings, results: FlowResults, database_gate: Gate, tmp_path: Path
) -> None:
    url = _through(migrated.database.url, database_gate)
    settings = migrated.model_copy(update={"database": DatabaseSettings(url=url)})
    send(settings, tweet_values(100))
    with running(settings, tmp_path, "worker", ADE_WORKER__RETRY_MAX_WAIT="0.5") as worker:
        wait_for(lambda: results.scored() == 100, PATIENCE, watching=worker)
        database_gate.shut()
        send(settings, tweet_values(100, first=100))
        wait_for(lambda: "database away" in worker.output(), PATIENCE, watching=worker)
        assert results.scored() == 100
        database_gate.open()
        wait_for(lambda: results.scored() == 200 and len(results.alerts()) == 40, PATIENCE, watching=worker)
        assert worker.stop() == 0, worker.output()
    assert results.rows("SELECT sum(seen), sum(positive) FROM hourly_counts") == [(200, 40)]


@pytest.mark.slow
def test_a_worker_stops_in_bounded_time_while_the_database_is_away(
    migrated: Settings, results: FlowResults, database_gate: Gate, tmp_path: Path
) -> None:
    url = _through(migrated.database.url, database_gate)
    settings = migrated.model_copy(update={"database": DatabaseSettings(url=url)})
    send(settings, tweet_values(100))
    with running(settings, tmp_path, "worker", ADE_WORKER__SHUTDOWN_TIMEOUT="2") as worker:
        wait_for(lambda: results.scored() == 100, PATIENCE, watching=worker)
        database_gate.shut()
        send(settings, tweet_values(100, first=100))
        wait_for(lambda: "database away" in worker.output(), PATIENCE, watching=worker)
        worker.stop()
    with running(migrated, tmp_path, "worker") as worker:
        wait_for(lambda: results.scored() == 200, PATIENCE, watching=worker)


def test_while_redis_is_away_tweets_are_written_and_alerts_follow(
    migrated: Settings, results: FlowResults, redis_gate: Gate, tmp_path: Path
) -> None:
    redis = RedisSettings(url=_through(migrated.redis.url, redis_gate))
    settings = migrated.model_copy(update={"redis": redis})
    redis_gate.shut()
    send(settings, tweet_values(100))
    with running(settings, tmp_path, "worker", ADE_ALERTS__RELAY_INTERVAL="0.5") as worker:
        wait_for(lambda: results.scored() == 100, PATIENCE, watching=worker)
        assert results.alerts() == []
        redis_gate.open()
        wait_for(lambda: len(results.alerts()) == 20, PATIENCE, watching=worker)
        assert worker.stop() == 0, worker.output()


@pytest.mark.slow
@pytest.mark.parametrize("away", ["kafka", "database"])
def test_a_worker_names_a_dependency_that_is_away_at_its_start(
    away: str, migrated: Settings, tmp_path: Path
) -> None:
    variables = {
        "kafka": {"kafka": migrated.kafka.model_copy(update={"bootstrap_servers": "127.0.0.1:1"})},
        "database": {"database": DatabaseSettings(url=SecretStr("postgresql://ade:hunter2@127.0.0.1:1/ade"))},
    }
    ended = ade_monitor(migrated.model_copy(update=variables[away]), "worker")
    assert ended.returncode == 1
    assert "127.0.0.1:1" in ended.stderr
    assert "hunter2" not in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_database_of_another_revision_is_refused(settings: Settings) -> None:
    ended = ade_monitor(settings, "worker")
    assert ended.returncode == 1
    assert "ade-monitor db upgrade" in ended.stderr
    assert ade_monitor(settings, "db", "upgrade").returncode == 0


def _through(url: SecretStr, gate: Gate) -> SecretStr:
    plain = url.get_secret_value()
    return SecretStr(plain.replace(f":{urlsplit(plain).port}", f":{gate.port}"))
