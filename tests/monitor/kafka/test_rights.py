"""Each command runs with exactly the ACLs that docs/security.md lists, and names one that is missing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka import KafkaProducer

from monitor.kafka import ensure_topics
from monitor.settings import Settings
from tests.apache_kafka import kafka_home
from tests.flow.conftest import FlowResults, results, tweet_values
from tests.kafka_rights import RestrictedKafka, Right, documented_rights
from tests.processes import ade_monitor, running, wait_for

__all__ = ["results"]

PATIENCE = 300.0


@pytest.fixture(scope="module")
def restricted_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RestrictedKafka]:
    """A broker that allows nothing without an ACL."""
    server = RestrictedKafka(kafka_home(), tmp_path_factory.mktemp("restricted-kafka"))
    try:
        server.server.start()
        yield server
    finally:
        server.server.kill()


def as_user(
    kafka: RestrictedKafka, settings: Settings, user: str, rights: list[Right] | None = None
) -> Settings:
    """Return the settings of a user, who gets the documented rights, or others."""
    kafka.allow(documented_rights(user, settings.kafka) if rights is None else rights)
    return settings.model_copy(update={"kafka": kafka.settings(user, settings.kafka)})


def send_openly(kafka: RestrictedKafka, settings: Settings, *values: bytes) -> None:
    """Send messages over the port that allows everything."""
    producer = KafkaProducer(bootstrap_servers=kafka.server.bootstrap)
    for value in values:
        producer.send(settings.kafka.topic, value).get(30)
    producer.close()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_each_command_works_with_the_documented_rights_alone(
    migrated: Settings, results: FlowResults, restricted_kafka: RestrictedKafka, tmp_path: Path
) -> None:
    def run(user: str, *arguments: str, stdin: bytes | None = None) -> str:
        ended = ade_monitor(as_user(restricted_kafka, migrated, user), *arguments, stdin=stdin)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    run("ade-topics", "topics", "create")
    run("ade-feed", "feed", "-", "--format", "jsonl", stdin=b"\n".join(tweet_values(50)))
    settings = as_user(restricted_kafka, migrated, "ade-worker")
    with running(settings, tmp_path, "worker") as worker:
        wait_for(lambda: results.scored() == 50 and len(results.alerts()) == 10, PATIENCE, watching=worker)
        send_openly(
            restricted_kafka,
            migrated,
            b'{"id": "1212092628029698048"}',
            b'{"id": "7"}',
            json.dumps({"tombstone": {"event": "delete", "id": "1212092628029698048"}}).encode(),
        )
        removed = "SELECT count(*) FROM compliance_events WHERE letters_done_at IS NOT NULL"
        wait_for(lambda: results.rows(removed) == [(1,)], PATIENCE, watching=worker)
        assert worker.stop() == 0, worker.output()
    assert "uthorization" not in worker.output()
    listed = run("ade-letters", "deadletters", "list", "--json").splitlines()
    assert len(listed) == 1
    name = json.loads(listed[0])["letter"]
    run(
        "ade-letters",
        "deadletters",
        "replay",
        "--offset",
        str(name),
        "--value",
        '{"id": "7", "text": "fine"}',
    )
    assert "1 tweets to read" in run("ade-doctor", "doctor")
    run("ade-doctor", "topics", "show")
    run("ade-topics", "topics", "show")
    run("ade-topics", "topics", "rewind", "--to", "earliest")
    run("ade-worker", "erase", "--post", "5")


NEEDED = [
    ("ade-worker", "Read", "topic", "tweets"),
    ("ade-worker", "Read", "group", "ade-monitor"),
    ("ade-worker", "Write", "topic", "tweets.dlq"),
]


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("missing", NEEDED, ids=["topic", "group", "letters"])
def test_a_worker_without_a_right_ends_and_names_it(
    missing: tuple[str, str, str, str],
    migrated: Settings,
    restricted_kafka: RestrictedKafka,
    tmp_path: Path,
) -> None:
    ensure_topics(restricted_kafka.open(migrated.kafka))
    send_openly(restricted_kafka, migrated, b"not JSON", *tweet_values(5))
    user, operation, kind, name = missing
    names = {"tweets": migrated.kafka.topic, "tweets.dlq": migrated.kafka.dead_letter_topic}
    right = Right(user, operation, kind, names.get(name, migrated.kafka.group_id))
    rights = documented_rights(user, migrated.kafka)
    assert right in rights
    rights.remove(right)
    settings = as_user(restricted_kafka, migrated, user, rights)
    with running(settings, tmp_path, "worker") as worker:
        wait_for(lambda: worker.process.poll() is not None, PATIENCE)
    assert worker.process.returncode == 1
    assert "kafka-acls" in worker.output()
    assert right.name in worker.output()
    assert "Traceback" not in worker.output()


@pytest.mark.parametrize(
    ("user", "arguments"),
    [
        ("ade-topics", ["topics", "create"]),
        ("ade-topics", ["topics", "show"]),
        ("ade-feed", ["feed", "-", "--format", "jsonl"]),
        ("ade-letters", ["deadletters", "list"]),
        ("ade-worker", ["worker"]),
    ],
    ids=["create", "show", "feed", "letters", "worker"],
)
def test_a_command_without_any_right_says_so(
    user: str, arguments: list[str], migrated: Settings, restricted_kafka: RestrictedKafka
) -> None:
    settings = as_user(restricted_kafka, migrated, user, [])
    ended = ade_monitor(settings, *arguments, stdin=b"\n".join(tweet_values(2)))
    assert ended.returncode == 1, ended.stdout
    assert "kafka-acls" in ended.stderr
    assert "Traceback" not in ended.stderr
