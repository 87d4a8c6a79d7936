"""`ade-monitor doctor` reports each dependency, whatever the state of the others."""

from __future__ import annotations

import json
import os
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from monitor.cli.app import app
from monitor.doctor.stack_probes import probe_embedded
from monitor.embedded import Endpoints, environment_of
from monitor.embedded.endpoints import write_endpoints
from monitor.embedded.folder import FolderLock
from monitor.kafka import ensure_topics
from monitor.settings import Settings
from tests.flow.conftest import send, tweet_values
from tests.tiny import make_tiny_bundle

AWAY = {
    "bundle": {"ADE_MODEL__BUNDLE": "no-such-bundle"},
    "broker": {"ADE_KAFKA__BOOTSTRAP_SERVERS": "127.0.0.1:1"},
    "database": {"ADE_DATABASE__URL": "postgresql://ade:hush@127.0.0.1:1/ade"},
    "redis": {"ADE_REDIS__URL": "redis://:hush@127.0.0.1:1/0"},
}


def run_doctor(settings: Settings, changes: dict[str, str]) -> tuple[int, dict[str, dict[str, str]]]:
    ended = CliRunner().invoke(app, ["doctor", "--json"], env={**environment_of(settings), **changes})
    assert "hush" not in ended.output
    for secret in (settings.database.url, settings.redis.url):
        assert secret.get_secret_value() not in ended.output
    results = map(json.loads, ended.stdout.splitlines())
    return ended.exit_code, {result["name"]: result for result in results}


def test_all_probes_pass_with_a_working_stack(migrated: Settings) -> None:
    ensure_topics(migrated.kafka)
    status, results = run_doctor(migrated, {})
    assert {result["state"] for result in results.values()} == {"ok"}, results
    assert list(results) == ["settings", "bundle", "broker", "database", "redis", "rules", "embedded", "disk"]
    assert status == 0


@pytest.mark.parametrize("away", AWAY)
def test_one_failure_is_named_and_the_rest_is_still_checked(migrated: Settings, away: str) -> None:
    status, results = run_doctor(migrated, AWAY[away])
    assert status == 1
    assert [name for name, result in results.items() if result["state"] == "failed"] == [away]
    assert len(results) == 8
    assert results[away]["mend"], "advice has a field of its own"
    assert results[away]["mend"] not in results[away]["detail"]


def test_the_advice_stands_below_the_fact() -> None:
    ended = CliRunner().invoke(app, ["doctor"], env={"ADE_SECRETS_DIR": "/nowhere"})
    assert ended.exit_code == 1
    fact, advice = ended.stdout.splitlines()
    assert "/nowhere" in fact
    assert "create it" not in fact
    assert advice.strip().startswith("→ create it")


def test_each_wrong_setting_has_a_line_of_its_own() -> None:
    wrong = {"ADE_LOG__LEVEL": "loud", "ADE_WORKER__BATCH_WAIT": "soon"}
    ended = CliRunner().invoke(app, ["doctor"], env=wrong)
    assert ended.exit_code == 1
    _, *settings = ended.stdout.splitlines()
    assert [line.split()[0] for line in settings] == ["worker.batch_wait", "log.level"]


def test_a_database_without_tables_fails_with_advice(settings: Settings) -> None:
    status, results = run_doctor(settings, {})
    assert status == 1
    assert results["database"]["state"] == "failed"
    assert "ade-monitor db upgrade" in results["database"]["mend"]


def test_a_missing_topic_and_an_unsafe_redis_are_only_hints(migrated: Settings) -> None:
    import redis

    client = redis.Redis.from_url(migrated.redis.url.get_secret_value())
    client.config_set("appendonly", "no")
    client.config_set("maxmemory-policy", "allkeys-lru")
    client.config_set("stream-node-max-entries", "100")
    try:
        status, results = run_doctor(migrated, {"ADE_KAFKA__TOPIC": "not-there-yet"})
    finally:
        client.config_set("appendonly", "yes")
        client.config_set("maxmemory-policy", "noeviction")
        client.config_set("stream-node-max-entries", "1")
        client.close()
    assert status == 0
    assert results["broker"]["state"] == results["redis"]["state"] == "hint"
    assert "not-there-yet" in results["broker"]["detail"]
    for option in ("appendonly", "maxmemory-policy", "stream-node-max-entries"):
        assert option in results["redis"]["mend"]


def test_a_database_that_takes_no_writes_fails_and_the_check_leaves_no_row(migrated: Settings) -> None:
    url = migrated.database.url.get_secret_value()
    with psycopg.connect(url, autocommit=True) as connection:
        name = connection.info.dbname
        assert run_doctor(migrated, {})[1]["database"]["state"] == "ok"
        assert connection.execute("SELECT count(*) FROM progress").fetchone() == (0,)
        connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        status, results = run_doctor(migrated, {})
        assert status == 1
        assert results["database"]["state"] == "failed"
        assert "read-only" in results["database"]["detail"]


def test_waiting_posts_of_a_group_that_has_never_read_are_counted(migrated: Settings) -> None:
    ensure_topics(migrated.kafka)
    send(migrated, tweet_values(25))
    status, results = run_doctor(migrated, {})
    assert status == 0
    assert "25 tweets to read" in results["broker"]["detail"]
    assert results["broker"]["state"] == "hint"
    assert migrated.kafka.group_id in results["broker"]["detail"]


def test_the_growth_of_a_broker_in_memory_is_shown_and_a_lasting_broker_is_recommended(
    migrated: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = migrated.embedded.data_dir
    lock = FolderLock(folder)
    lock.acquire()
    try:
        for broker, state in (("tansu", "hint"), ("kafka", "ok")):
            running = Endpoints(os.getpid(), "127.0.0.1:1", "", "", "", broker, os.getpid())
            write_endpoints(folder, running)
            result = probe_embedded(migrated.embedded)
            assert result.state == state
            assert ("--broker kafka" in result.advice) == (broker == "tansu")
        monkeypatch.setattr("monitor.doctor.stack_probes.memory_limit", lambda: 1.0)
        write_endpoints(folder, Endpoints(os.getpid(), "127.0.0.1:1", "", "", "", "tansu", os.getpid()))
        assert "GB of memory" in probe_embedded(migrated.embedded).advice
    finally:
        lock.release()


def test_apache_kafka_without_its_folder_is_a_hint(
    migrated: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KAFKA_HOME", raising=False)
    result = probe_embedded(migrated.embedded.model_copy(update={"broker": "kafka"}))
    assert result.state == "hint"
    assert "Java" in result.detail or "--kafka-home" in result.advice


def test_an_invalid_setting_is_the_only_result() -> None:
    ended = CliRunner().invoke(app, ["doctor", "--json"], env={"ADE_KAFKA__PARTITIONS": "many"})
    assert ended.exit_code == 1
    (result,) = map(json.loads, ended.stdout.splitlines())
    assert result["name"] == "settings"
    assert "kafka.partitions" in result["detail"]


def test_a_refused_login_is_reported_without_the_password(migrated: Settings) -> None:
    url = psycopg.conninfo.conninfo_to_dict(migrated.database.url.get_secret_value())
    wrong = f"postgresql://ade:hush@127.0.0.1:{url['port']}/{url['dbname']}"
    status, results = run_doctor(migrated, {"ADE_DATABASE__URL": wrong})
    assert status == 1
    assert results["database"]["state"] == "failed"


def test_languages_that_the_bundle_was_not_trained_on_are_a_hint(migrated: Settings) -> None:
    for languages, state, word in (
        ("en", "ok", "en"),
        ("de,en", "hint", "de"),
        ("*", "hint", "every language"),
    ):
        changes = {"ADE_MODEL__BUNDLE": "default", "ADE_WORKER__LANGUAGES": languages}
        _, results = run_doctor(migrated, changes)
        assert results["bundle"]["state"] == state
        assert word in results["bundle"]["mend"] + results["bundle"]["detail"]


def test_files_of_a_bundle_that_were_changed_are_a_hint(migrated: Settings, tmp_path: Path) -> None:
    bundle = make_tiny_bundle(tmp_path / "bundle")
    _, results = run_doctor(migrated, {"ADE_MODEL__BUNDLE": str(bundle)})
    assert results["bundle"]["state"] == "ok"
    (bundle / "README.md").write_text("# Another card")
    _, results = run_doctor(migrated, {"ADE_MODEL__BUNDLE": str(bundle)})
    assert results["bundle"]["state"] == "hint"
    assert "changed since it was written: README.md" in results["bundle"]["detail"]


def test_a_stopped_stack_of_the_folder_is_a_hint(migrated: Settings) -> None:
    migrated.embedded.data_dir.mkdir()
    (migrated.embedded.data_dir / "lock").touch()
    _, results = run_doctor(migrated, {})
    assert results["embedded"]["state"] == "hint"
    assert "is not running" in results["embedded"]["detail"]
