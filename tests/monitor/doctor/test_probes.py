"""The doctor tells what is in order and what is not, each without the others."""

from __future__ import annotations

import json

import psycopg
import pytest
from typer.testing import CliRunner

from monitor.cli.app import app
from monitor.embedded.workers import environment_of
from monitor.kafka.topics import ensure_topics
from monitor.settings import Settings

AWAY = {
    "bundle": {"ADE_MODEL__BUNDLE": "no-such-bundle"},
    "broker": {"ADE_KAFKA__BOOTSTRAP_SERVERS": "127.0.0.1:1"},
    "database": {"ADE_DATABASE__URL": "postgresql://ade:hush@127.0.0.1:1/ade"},
    "redis": {"ADE_REDIS__URL": "redis://:hush@127.0.0.1:1/0"},
}


def consult(settings: Settings, changes: dict[str, str]) -> tuple[int, dict[str, dict[str, str]]]:
    result = CliRunner().invoke(app, ["doctor", "--json"], env={**environment_of(settings), **changes})
    assert "hush" not in result.output
    for secret in (settings.database.url, settings.redis.url):
        assert secret.get_secret_value() not in result.output
    return result.exit_code, {found["name"]: found for found in map(json.loads, result.stdout.splitlines())}


def test_everything_in_order(migrated: Settings) -> None:
    ensure_topics(migrated.kafka)
    status, findings = consult(migrated, {})
    assert {found["state"] for found in findings.values()} == {"ok"}, findings
    assert list(findings) == ["settings", "bundle", "broker", "database", "redis", "embedded", "disk"]
    assert status == 0


@pytest.mark.parametrize("away", AWAY)
def test_one_thing_away_is_named_and_the_rest_is_examined_all_the_same(migrated: Settings, away: str) -> None:
    status, findings = consult(migrated, AWAY[away])
    assert status == 1
    assert [name for name, found in findings.items() if found["state"] == "failed"] == [away]
    assert len(findings) == 7


def test_a_database_without_tables_is_not_in_order(settings: Settings) -> None:
    status, findings = consult(settings, {})
    assert status == 1
    assert findings["database"]["state"] == "failed"
    assert "ade-monitor db upgrade" in findings["database"]["mend"]


def test_a_missing_topic_and_a_forgetful_redis_are_hints_alone(migrated: Settings) -> None:
    import redis

    client = redis.Redis.from_url(migrated.redis.url.get_secret_value())
    client.config_set("appendonly", "no")
    client.config_set("maxmemory-policy", "allkeys-lru")
    try:
        status, findings = consult(migrated, {"ADE_KAFKA__TOPIC": "not-there-yet"})
    finally:
        client.config_set("appendonly", "yes")
        client.config_set("maxmemory-policy", "noeviction")
        client.close()
    assert status == 0
    assert findings["broker"]["state"] == findings["redis"]["state"] == "hint"
    assert "not-there-yet" in findings["broker"]["detail"]


def test_a_wrong_setting_is_the_only_finding() -> None:
    result = CliRunner().invoke(app, ["doctor", "--json"], env={"ADE_KAFKA__PARTITIONS": "many"})
    assert result.exit_code == 1
    (finding,) = map(json.loads, result.stdout.splitlines())
    assert finding["name"] == "settings"
    assert "kafka.partitions" in finding["detail"]


def test_a_refused_login_is_told_without_the_password(migrated: Settings) -> None:
    url = psycopg.conninfo.conninfo_to_dict(migrated.database.url.get_secret_value())
    wrong = f"postgresql://ade:hush@127.0.0.1:{url['port']}/{url['dbname']}"
    status, findings = consult(migrated, {"ADE_DATABASE__URL": wrong})
    assert status == 1
    assert findings["database"]["state"] == "failed"
