"""A worker whose login has the rights of `ade_writer` only, and commands of an analyst's login."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from monitor.settings import RetentionSettings, Settings
from monitor.store.roles import ADMIN, READER, WRITER
from tests.flow.conftest import FlowResults, send, tweet_values
from tests.monitor.store.logins import login
from tests.processes import ade_monitor, running, wait_for

TEXT = "zoloft gave me a headache"


def test_a_worker_with_the_rights_of_a_writer_does_all_of_its_work(
    migrated: Settings, results: FlowResults, tmp_path: Path
) -> None:
    results.connection.execute(
        "INSERT INTO tweets (tweet_id, posted_at, first_seen_at) VALUES ('old', '2020-01-01', '2020-01-01')"
    )
    with login(migrated, WRITER) as settings:
        settings = settings.model_copy(
            update={"retention": RetentionSettings(posts_days=365, alerts_days=365)}
        )
        send(settings, [*tweet_values(50), json.dumps({"id": "e", "text": TEXT, "author_id": "7"}).encode()])
        with running(settings, tmp_path, "worker") as worker:
            wait_for(lambda: results.scored() == 51 and len(results.alerts()) == 11, watching=worker)
            events = [
                {"tombstone": {"event": "delete", "id": "5"}},
                {"tombstone": {"event": "user_delete", "author_id": "7"}},
                {"id": "10", "text": f"{TEXT}, edited", "edited_at": "2026-07-01T00:00:00Z"},
                {"id": "nothing"},
            ]
            send(settings, [json.dumps(event).encode() for event in events])
            erased = "SELECT count(*) FROM tweets WHERE erased_at IS NOT NULL"
            wait_for(lambda: results.rows(erased) == [(2,)], watching=worker)
            edited = "SELECT version FROM tweets WHERE tweet_id = '10'"
            wait_for(lambda: results.rows(edited) == [(2,)], watching=worker)
            letters = "SELECT count(*) FROM compliance_events WHERE letters_done_at IS NULL"
            wait_for(lambda: results.rows(letters) == [(0,)], watching=worker)
            wait_for(lambda: "old posts removed" in worker.output(), watching=worker)
            assert worker.stop() == 0, worker.output()
        assert "permission denied" not in worker.output()
        assert results.rows("SELECT count(*) FROM tweets WHERE tweet_id = 'old'") == [(0,)]


@pytest.mark.slow
def test_an_analyst_queries_and_checks_and_an_operator_erases(
    migrated: Settings, results: FlowResults, tmp_path: Path
) -> None:
    send(migrated, tweet_values(10))
    with running(migrated, tmp_path, "worker") as worker:
        wait_for(lambda: results.scored() == 10 and len(results.alerts()) == 2, watching=worker)
        assert worker.stop() == 0, worker.output()
    with login(migrated, READER) as analyst:
        listed = ade_monitor(analyst, "query", "--json")
        assert [json.loads(line)["tweet_id"] for line in listed.stdout.splitlines()] == ["5", "0"]
        doctor = ade_monitor(analyst, "doctor")
        assert doctor.returncode == 0, doctor.stdout
        assert "may only read" in doctor.stdout
        refused = ade_monitor(analyst, "erase", "--post", "5")
        assert refused.returncode == 1
        assert "permission denied" in refused.stderr
        assert "Traceback" not in refused.stderr
    with login(migrated, ADMIN) as operator:
        assert ade_monitor(operator, "erase", "--post", "5").returncode == 0
        assert ade_monitor(operator, "compliance", "report").returncode == 0
        settings = operator.model_copy(update={"retention": RetentionSettings(posts_days=1, alerts_days=1)})
        assert ade_monitor(settings, "retention", "apply").returncode == 0
        assert ade_monitor(operator, "db", "upgrade").returncode == 0
    assert results.rows("SELECT count(*) FROM tweets WHERE erased_at IS NOT NULL") == [(1,)]
