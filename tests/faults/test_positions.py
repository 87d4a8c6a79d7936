"""Offsets that lead nowhere: the topic is another one, messages are gone, batches are damaged."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from kafka import KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic

from monitor.deadletters import StoredLetter, read_letters
from monitor.kafka import topic_states
from monitor.settings import Settings
from tests.apache_kafka import ApacheKafka
from tests.faults.conftest import APACHE, FaultBroker, on_fresh_topic
from tests.faults.damage import count_damage
from tests.faults.dated_posts import dated_values
from tests.faults.report import FaultReport
from tests.flow.conftest import FlowResults, send
from tests.processes import RunningCommand, running, wait_for

PATIENCE = 300.0


@pytest.fixture
def on_apache(shared_kafka: ApacheKafka, migrated: Settings) -> Settings:
    """As `migrated`, with a fresh topic on an Apache Kafka."""
    return on_fresh_topic(migrated, shared_kafka.bootstrap)


def ids(count: int, *, first: int = 0) -> set[str]:
    return {str(n) for n in range(first, first + count)}


def wait_until_scored(results: FlowResults, count: int, worker: RunningCommand) -> float:
    """Wait for the predictions of `count` posts, and return the seconds."""
    started = time.monotonic()
    wait_for(lambda: results.scored() >= count, PATIENCE, watching=worker)
    return time.monotonic() - started


def lags(settings: Settings) -> list[int | None]:
    return [state.lag for state in topic_states(settings.kafka) if state.topic == settings.kafka.topic]


def letters_about(settings: Settings, reason: str) -> list[StoredLetter]:
    return [letter for letter in read_letters(settings.kafka) if letter.reason == reason]


def offsets_in(letters: Sequence[StoredLetter]) -> int:
    # After a rebalance, a letter may be there twice.
    names = ("ade-partition", "ade-offset", "ade-last-offset")
    places = {tuple(int(letter.headers[name]) for name in names) for letter in letters}
    return sum(last - first + 1 for _, first, last in places)


def damaged_offsets(settings: Settings) -> int:
    return offsets_in(letters_about(settings, "damaged-batch"))


def recreate(settings: Settings) -> None:
    """Delete the topic and create it again, without a chance to look in between."""
    admin = KafkaAdminClient(bootstrap_servers=settings.kafka.bootstrap_servers)
    admin.delete_topics([settings.kafka.topic])
    while True:
        try:
            admin.create_topics([NewTopic(settings.kafka.topic, settings.kafka.partitions, 1)])
            break
        except Exception:  # the deletion is not complete yet
            time.sleep(0.2)
    admin.close()


def test_a_topic_that_is_created_again_under_a_worker_is_read_from_its_start(
    each_broker: FaultBroker, on_broker: Settings, results: FlowResults, report: FaultReport, tmp_path: Path
) -> None:
    with running(on_broker, tmp_path, "worker") as worker:
        send(on_broker, dated_values(1_000))
        wait_until_scored(results, 1_000, worker)
        recreate(on_broker)
        time.sleep(2)
        # The new log is soon longer than the old one was.
        send(on_broker, dated_values(3_000, first=1_000))
        recovery_s = wait_until_scored(results, 4_000, worker)
        wait_for(lambda: lags(on_broker) == [0] * 4, PATIENCE, watching=worker)
        assert worker.stop() == 0, worker.output()
        damage = count_damage(on_broker, ids(4_000))
        report.add("topic created again", damage, broker=each_broker.name, recovery_s=recovery_s)
        assert (damage.lost, damage.doubled) == (0, 0)
        assert "created again" in worker.output()


def test_with_the_policy_stop_a_worker_ends_if_the_topic_was_created_again(
    on_broker: Settings, results: FlowResults, tmp_path: Path
) -> None:
    with running(on_broker, tmp_path, "worker", ADE_KAFKA__ON_OFFSET_RESET="stop") as worker:
        send(on_broker, dated_values(10))
        wait_until_scored(results, 10, worker)
        recreate(on_broker)
        wait_for(lambda: worker.process.poll() is not None, PATIENCE)
        assert worker.process.returncode == 1, worker.output()
        assert "topics rewind" in worker.output()


def test_messages_that_expire_before_they_are_read_become_a_dead_letter(
    on_apache: Settings, results: FlowResults, report: FaultReport, tmp_path: Path
) -> None:
    with running(on_apache, tmp_path, "worker") as worker:
        send(on_apache, dated_values(200))
        wait_until_scored(results, 200, worker)
        assert worker.stop() == 0, worker.output()
    before = {state.partition: state.end for state in topic_states(on_apache.kafka) if not is_dlq(state)}
    send(on_apache, dated_values(400, first=200))
    expired = {state.partition: state.end for state in topic_states(on_apache.kafka) if not is_dlq(state)}
    admin = KafkaAdminClient(bootstrap_servers=on_apache.kafka.bootstrap_servers)
    admin.delete_records({TopicPartition(on_apache.kafka.topic, p): end for p, end in expired.items()})
    admin.close()
    send(on_apache, dated_values(100, first=600))
    with running(on_apache, tmp_path, "worker") as worker:
        recovery_s = wait_until_scored(results, 300, worker)
        wait_for(lambda: lags(on_apache) == [0] * 4, PATIENCE, watching=worker)
        assert worker.stop() == 0, worker.output()
        damage = count_damage(on_apache, ids(200) | ids(100, first=600))
        report.add("retention passes the worker", damage, broker=APACHE, recovery_s=recovery_s)
        assert (damage.lost, damage.doubled) == (0, 0)
        assert "removed before they were read" in worker.output()
    letters = letters_about(on_apache, "expired")
    assert offsets_in(letters) == sum(expired.values()) - sum(before.values()) == 400


def is_dlq(state: object) -> bool:
    return str(getattr(state, "topic", "")).endswith(".dlq")


def test_partitions_that_are_added_are_read_soon(
    on_apache: Settings, results: FlowResults, report: FaultReport, tmp_path: Path
) -> None:
    with running(on_apache, tmp_path, "worker") as worker:
        send(on_apache, dated_values(50))
        wait_until_scored(results, 50, worker)
        admin = KafkaAdminClient(bootstrap_servers=on_apache.kafka.bootstrap_servers)
        admin.create_partitions({on_apache.kafka.topic: 9})
        admin.close()
        producer = KafkaProducer(bootstrap_servers=on_apache.kafka.bootstrap_servers)
        for n, value in enumerate(dated_values(90, first=50)):
            producer.send(on_apache.kafka.topic, value, partition=n % 9).get(30)
        producer.close()
        recovery_s = wait_until_scored(results, 140, worker)
        wait_for(lambda: "the topic has other partitions" in worker.output(), PATIENCE, watching=worker)
        assert worker.stop() == 0, worker.output()
        damage = count_damage(on_apache, ids(140))
        report.add("partitions added", damage, broker=APACHE, recovery_s=recovery_s)
        assert (damage.lost, damage.doubled) == (0, 0)


def test_posts_of_aborted_transactions_are_left_out_and_leave_no_lag(
    on_apache: Settings, results: FlowResults, report: FaultReport, tmp_path: Path
) -> None:
    with running(on_apache, tmp_path, "worker") as worker:
        producer = KafkaProducer(
            bootstrap_servers=on_apache.kafka.bootstrap_servers,
            transactional_id="test",
            enable_idempotence=True,
        )
        producer.init_transactions()
        for n, is_kept in enumerate([True, False, False, True, False]):
            producer.begin_transaction()
            for value in dated_values(100, first=100 * n):
                producer.send(on_apache.kafka.topic, value)
            (producer.commit_transaction if is_kept else producer.abort_transaction)()
        producer.close()
        recovery_s = wait_until_scored(results, 200, worker)
        wait_for(lambda: lags(on_apache) == [0] * 4, PATIENCE, watching=worker)
        assert worker.stop() == 0, worker.output()
        damage = count_damage(on_apache, ids(100) | ids(100, first=300), offsets=False)
        report.add("transactions aborted", damage, broker=APACHE, recovery_s=recovery_s)
        assert (damage.lost, damage.doubled) == (0, 0)
        assert results.scored() == 200


def test_a_batch_that_is_not_compressed_as_it_says_does_not_stop_the_rest(
    migrated: Settings,
    results: FlowResults,
    report: FaultReport,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    send(migrated, dated_values(50))
    with monkeypatch.context() as patch:
        patch.setattr("kafka.record.default_records.gzip_encode", lambda data: b"this is not gzip")
        producer = KafkaProducer(
            bootstrap_servers=migrated.kafka.bootstrap_servers, compression_type="gzip", linger_ms=2_000
        )
        futures = [producer.send(migrated.kafka.topic, b"x" * 300, partition=1) for _ in range(20)]
        [future.get(30) for future in futures]
        producer.close()
    send(migrated, dated_values(50, first=50))
    with running(migrated, tmp_path, "worker") as worker:
        recovery_s = wait_until_scored(results, 100, worker)
        wait_for(
            lambda: offsets_in(letters_about(migrated, "damaged-batch")) == 20, PATIENCE, watching=worker
        )
        assert worker.stop() == 0, worker.output()
        damage = count_damage(migrated, ids(100), offsets=False)
        report.add("damaged batch", damage, broker="Tansu", recovery_s=recovery_s)
        assert (damage.lost, damage.doubled) == (0, 0)
