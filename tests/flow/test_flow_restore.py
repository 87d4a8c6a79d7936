"""A database is lost and restored from a backup, and the workers read the rest again."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy import make_url

from monitor.settings import Settings
from tests.flow.conftest import FlowResults, send, tweet_values
from tests.monitor.cli.keyrings import Keyring
from tests.processes import ade_monitor, running, wait_for

PATIENCE = 300.0


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> Iterator[Keyring]:
    """A keyring that gpg uses in this test."""
    if not shutil.which("gpg"):
        pytest.skip("gpg is not installed")
    keyring = Keyring()
    monkeypatch.setenv("GNUPGHOME", str(keyring.home))
    yield keyring
    keyring.close()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_after_a_restore_the_workers_read_the_rest_again(
    migrated: Settings, results: FlowResults, keyring: Keyring, tmp_path: Path
) -> None:
    # A worker without a name leaves its group at once, so its offsets can be moved.
    kafka = migrated.kafka.model_copy(update={"group_instance_id": "none"})
    migrated = migrated.model_copy(update={"kafka": kafka})
    file = tmp_path / "ade.dump.gpg"
    send(migrated, tweet_values(100))
    with running(migrated, tmp_path, "worker") as worker:
        wait_for(lambda: results.scored() == 100 and len(results.alerts()) == 20, watching=worker)
        made = ade_monitor(migrated, "db", "backup", str(file), "--recipient", str(keyring.public))
        assert made.returncode == 0, made.stderr
        send(migrated, tweet_values(100, first=100))
        wait_for(lambda: results.scored() == 200 and len(results.alerts()) == 40, watching=worker)
        assert worker.stop() == 0, worker.output()

    name = f"restored_{uuid.uuid4().hex[:12]}"
    address = migrated.database.url.get_secret_value()
    results.connection.execute(f"CREATE DATABASE {name}")
    url = make_url(address).set(database=name).render_as_string(hide_password=False)
    restored = migrated.model_copy(
        update={"database": migrated.database.model_copy(update={"url": SecretStr(url)})}
    )
    for command in (["db", "restore", str(file)], ["db", "upgrade"]):
        ended = ade_monitor(restored, *command)
        assert ended.returncode == 0, ended.stderr
    wait_for(lambda: ade_monitor(restored, "topics", "rewind", "--to", "database").returncode == 0, PATIENCE)
    with psycopg.connect(url, autocommit=True) as connection:
        after = FlowResults(restored, connection)
        assert after.scored() == 100
        with running(restored, tmp_path, "worker") as worker:
            wait_for(lambda: after.scored() == 200, watching=worker)
            pending = "SELECT count(*) FROM alert_outbox WHERE published_at IS NULL"
            wait_for(lambda: after.rows(pending) == [(0,)], watching=worker)
            assert worker.stop() == 0, worker.output()
        tweets = "SELECT tweet_id, text, author_hash FROM tweets ORDER BY 1"
        assert after.rows(tweets) == results.rows(tweets)
        counts = "SELECT sum(seen), sum(positive) FROM hourly_counts"
        assert after.rows(counts) == results.rows(counts) == [(200, 40)]
    assert sorted(int(alert["tweet_id"]) for alert in results.alerts()) == list(range(0, 200, 5))
    results.connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
