"""From a tweet in Kafka to a row in Postgres and an alert in Redis, with the real commands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from kafka import KafkaConsumer

from monitor.settings import Negatives, Settings, StoreSettings
from tests.flow.conftest import FlowResults, send, tweet_values
from tests.processes import ade_monitor, running, wait_for

BAD_MESSAGES: list[bytes | None] = [
    None,
    b"",
    b" \n",
    b"\xff\xfe\x00",
    b'{"id": "1", "text": "cut',
    b'["an", "array"]',
    b"42",
    b"null",
    b'{"id": "1", "text": NaN}',
    b'{"text": "no id"}',
    b'{"id": "1"}',
    b'{"id": "1", "text": null}',
    b'{"id": {"a": 1}, "text": "x"}',
    b'{"id": true, "text": "x"}',
    b'{"id": "1", "text": "  "}',
    b'{"id": "1", "text": "x", "created_at": "yesterday"}',
    b'{"id": "1", "text": "' + b"x" * 3_000_000 + b'"}',
    b"[" * 100_000,
    b'{"id": ' + b"9" * 5_000 + b', "text": "x"}',
]


def test_a_fed_tweet_becomes_rows_and_an_alert(
    migrated: Settings, results: FlowResults, tmp_path: Path
) -> None:
    with running(migrated, tmp_path, "worker") as worker:
        tweet = {"id": "7", "text": "😀 zoloft gave me a headache", "author_id": "42", "lang": "en"}
        fed = ade_monitor(migrated, "feed", "-", stdin=json.dumps(tweet).encode())
        assert fed.returncode == 0, fed.stderr
        wait_for(lambda: len(results.alerts()) == 1, watching=worker)
        assert worker.stop() == 0, worker.output()

    assert results.rows("SELECT text FROM tweets") == [(tweet["text"],)]
    [(start, end, ptid)] = results.rows('SELECT start, "end", ptid FROM mentions')
    assert tweet["text"][start:end] == "headache"
    [alert] = results.alerts()
    assert (alert["tweet_id"], alert["ptid"]) == ("7", ptid)
    assert results.rows("SELECT seen, positive FROM hourly_counts") == [(1, 1)]
    assert "42" not in str(results.rows("SELECT author_hash FROM tweets"))
    assert tweet["text"] not in worker.output()


@pytest.mark.parametrize("negatives", ["none", pytest.param("all", marks=pytest.mark.slow)])
def test_a_worker_killed_again_and_again_loses_and_duplicates_nothing(
    negatives: Negatives, migrated: Settings, results: FlowResults, tmp_path: Path
) -> None:
    settings = _in_small_batches(_with_bundle(migrated, "dummy:0.005"))
    settings = settings.model_copy(update={"store": StoreSettings(negatives=negatives)})
    send(settings, tweet_values(1000))
    for goal in (1, 300, 600):
        with running(settings, tmp_path, "worker") as worker:
            wait_for(lambda goal=goal: results.scored() >= goal, watching=worker)
            worker.kill()
    assert results.scored() < 1000, "the worker was too fast to be killed in the middle"
    with running(settings, tmp_path, "worker") as worker:
        wait_for(lambda: results.scored() == 1000 and len(results.alerts()) >= 200, watching=worker)
        assert worker.stop() == 0, worker.output()

    stored = 1000 if negatives == "all" else 200
    assert results.rows("SELECT count(*), count(DISTINCT tweet_id) FROM predictions") == [(stored, stored)]
    assert results.rows("SELECT count(*) FROM mentions") == [(200,)]
    assert results.rows("SELECT sum(seen), sum(positive) FROM hourly_counts") == [(1000, 200)]
    assert sorted(int(alert["tweet_id"]) for alert in results.alerts()) == list(range(0, 1000, 5))


def test_a_worker_that_is_stopped_leaves_nothing_half_done(
    migrated: Settings, results: FlowResults, tmp_path: Path
) -> None:
    settings = _in_small_batches(_with_bundle(migrated, "dummy:0.003"))
    send(settings, tweet_values(2000))
    with running(settings, tmp_path, "worker") as worker:
        wait_for(lambda: results.scored() > 100, watching=worker)
        assert worker.stop() == 0, worker.output()
    written = results.rows("SELECT topic, partition, next_offset FROM progress")
    assert 100 < results.scored() < 2000
    assert sum(next_offset for _, _, next_offset in written) == results.scored()
    consumer = KafkaConsumer(
        bootstrap_servers=settings.kafka.bootstrap_servers, group_id=settings.kafka.group_id
    )
    from kafka import TopicPartition

    committed = {(t, p): consumer.committed(TopicPartition(t, p)) for t, p, _ in written}
    consumer.close()
    assert committed == {(t, p): next_offset for t, p, next_offset in written}


def test_bad_messages_end_in_the_dead_letters_and_the_flow_goes_on(
    migrated: Settings, results: FlowResults, tmp_path: Path
) -> None:
    tweets = tweet_values(len(BAD_MESSAGES))
    send(migrated, [value for pair in zip(BAD_MESSAGES, tweets, strict=True) for value in pair])
    with running(migrated, tmp_path, "worker") as worker:
        wait_for(lambda: results.scored() == len(tweets), watching=worker)
        assert worker.stop() == 0, worker.output()
    listed = ade_monitor(migrated, "deadletters", "list", "--json")
    letters = [json.loads(line) for line in listed.stdout.splitlines()]
    assert len(letters) == len(BAD_MESSAGES)


@pytest.mark.slow
def test_messages_with_an_absurd_timestamp_are_scored_like_all_others(
    migrated: Settings, results: FlowResults, tmp_path: Path
) -> None:
    send(migrated, tweet_values(20))
    send(migrated, tweet_values(20, first=20), timestamp_ms=10**16)
    with running(migrated, tmp_path, "worker") as worker:
        wait_for(lambda: results.scored() == 40, watching=worker)
        assert worker.stop() == 0, worker.output()
    assert results.rows("SELECT count(*) FROM tweets WHERE posted_at > now()") == [(0,)]


def test_a_dead_letter_can_be_replayed_with_a_new_value(
    migrated: Settings, results: FlowResults, tmp_path: Path
) -> None:
    send(migrated, [b'{"id": "1", "text": "prozac gave me a headache"'])
    with running(migrated, tmp_path, "worker") as worker:
        wait_for(lambda: "dead letters" in worker.output(), watching=worker)
        value = '{"id": "1", "text": "prozac gave me a headache"}'
        replayed = ade_monitor(migrated, "deadletters", "replay", "--offset", "0:0", "--value", value)
        assert replayed.returncode == 0, replayed.stdout + replayed.stderr
        wait_for(lambda: results.scored() == 1, watching=worker)
        assert worker.stop() == 0
    assert results.rows("SELECT text FROM mentions") == [("headache",)]


@pytest.mark.slow
def test_two_workers_share_the_partitions(migrated: Settings, results: FlowResults, tmp_path: Path) -> None:
    settings = _with_bundle(migrated, "dummy:0.001")
    send(settings, tweet_values(200))
    (tmp_path / "second").mkdir()
    with running(settings, tmp_path, "worker") as first:
        wait_for(lambda: results.scored() == 200, watching=first)
        with running(settings, tmp_path / "second", "worker") as second:
            wait_for(lambda: "partitions assigned" in second.output(), watching=second)
            send(settings, tweet_values(400, first=200))
            wait_for(lambda: results.scored() == 600, watching=second)
            first.kill()
            send(settings, tweet_values(200, first=600))
            wait_for(lambda: results.scored() == 800, watching=second)
    assert results.rows("SELECT count(*) FROM mentions") == [(160,)]
    assert results.rows("SELECT sum(seen) FROM hourly_counts") == [(800,)]


def test_reading_tweets_again_changes_nothing(
    migrated: Settings, results: FlowResults, tmp_path: Path
) -> None:
    send(migrated, tweet_values(20))
    with running(migrated, tmp_path, "worker") as worker:
        wait_for(lambda: len(results.alerts()) == 4, watching=worker)
    again = _with_group(migrated, "reprocessing")
    with running(again, tmp_path, "worker") as worker:
        wait_for(lambda: "tweets written" in worker.output(), watching=worker)
        worker.stop()
    assert results.scored() == 20
    assert len(results.alerts()) == 4


def _with_bundle(settings: Settings, bundle: str) -> Settings:
    return settings.model_copy(update={"model": settings.model.model_copy(update={"bundle": bundle})})


def _in_small_batches(settings: Settings) -> Settings:
    """Make many batches, so that a worker ends between two of them."""
    return settings.model_copy(update={"worker": settings.worker.model_copy(update={"batch_size": 64})})


def _with_group(settings: Settings, group: str) -> Settings:
    return settings.model_copy(update={"kafka": settings.kafka.model_copy(update={"group_id": group})})
