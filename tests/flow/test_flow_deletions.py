"""Deletions and edits through a real worker: database, alerts and dead letters follow."""

from __future__ import annotations

import json
from pathlib import Path

import redis

from monitor.deadletters import read_letters
from monitor.errors import RetryableError
from monitor.settings import Settings
from tests.flow.conftest import FlowResults, send
from tests.processes import running, wait_for

SECRET = "zoloft gave me a headache"


def test_a_deleted_post_leaves_the_database_the_alerts_and_the_dead_letters(
    migrated: Settings, results: FlowResults, tmp_path: Path
) -> None:
    broken = _message(id="8", text=SECRET, created_at="soon")
    with running(migrated, tmp_path, "worker") as worker:
        send(migrated, [_message(id="7", text=SECRET), _message(id="9", text=f"{SECRET} again"), broken])
        wait_for(lambda: len(results.alerts()) == 2 and _letters(migrated) == [broken], watching=worker)
        send(migrated, [_deletion("7"), _deletion("8")])
        wait_for(lambda: "retracted_at" in _stream(migrated), watching=worker)
        wait_for(lambda: _letters(migrated) == [], watching=worker)
        send(migrated, [_message(id="7", text=SECRET), broken, _message(id="10", text="all is well")])
        wait_for(lambda: results.scored() == 3, watching=worker)
        assert worker.stop() == 0, worker.output()
    assert results.rows("SELECT text FROM tweets WHERE text IS NOT NULL") == [(f"{SECRET} again",)]
    assert SECRET not in worker.output()
    assert [alert["tweet_id"] for alert in results.alerts() if "tweet_id" in alert] == ["9"]
    assert _letters(migrated) == []
    assert results.rows("SELECT sum(seen), sum(positive) FROM hourly_counts") == [(3, 2)]
    assert results.rows("SELECT count(*), count(done_at), count(letters_done_at) FROM compliance_events") == [
        (2, 2, 2)
    ]


def test_an_edited_post_is_scored_again_and_its_alert_follows(
    migrated: Settings, results: FlowResults, tmp_path: Path
) -> None:
    with running(migrated, tmp_path, "worker") as worker:
        send(migrated, [_message(id="7", text=SECRET)])
        wait_for(lambda: len(results.alerts()) == 1, watching=worker)
        send(migrated, [_message(id="7", text="zoloft is fine, all is well")])
        wait_for(lambda: '"edited"' in _stream(migrated), watching=worker)
        assert worker.stop() == 0, worker.output()
    assert results.rows("SELECT text, version FROM tweets") == [(None, 2)]
    assert results.rows("SELECT label FROM predictions ORDER BY version") == [("ADE",), ("NoADE",)]
    assert results.rows("SELECT seen, positive FROM hourly_counts") == [(1, 0)]
    assert SECRET not in _stream(migrated) + worker.output()


def _message(**fields: str) -> bytes:
    return json.dumps(fields).encode()


def _deletion(post_id: str) -> bytes:
    return json.dumps({"tombstone": {"event": "delete", "id": post_id}}).encode()


def _stream(settings: Settings) -> str:
    with redis.Redis.from_url(settings.redis.url.get_secret_value(), decode_responses=True) as client:
        return str(client.xrange(settings.alerts.stream))


def _letters(settings: Settings) -> list[bytes] | None:
    """Return the letters, or None if the scrub replaced their topic while they were read."""
    try:
        return [letter.value for letter in read_letters(settings.kafka)]
    except RetryableError:
        return None
