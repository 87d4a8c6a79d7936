"""The offsets of the workers move to where they should read on, and never over unread messages unasked."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from monitor.kafka import look_up_topic, noted_topic, open_consumer, open_producer, topic_states
from monitor.settings import Settings
from monitor.store.connections import migrating_engine
from tests.monitor.cli.conftest import EndedCommand, RunCommand


@pytest.fixture
def filled(migrated: Settings) -> Settings:
    """A topic with ten messages in partition 0 and five in partition 1, of which all are read."""
    producer = open_producer(migrated.kafka)
    for partition, count in ((0, 10), (1, 5)):
        for _ in range(count):
            producer.send(migrated.kafka.topic, b"x", partition=partition).get(30)
    producer.close()
    return migrated


def rewind(run: RunCommand, settings: Settings, *arguments: str) -> EndedCommand:
    return run(settings, "topics", "rewind", *arguments)


def committed(settings: Settings) -> dict[int, int | None]:
    return {s.partition: s.committed for s in topic_states(settings.kafka) if s.topic == settings.kafka.topic}


def test_earliest_reads_everything_again(run: RunCommand, filled: Settings) -> None:
    assert rewind(run, filled, "--to", "latest", "--skip").status == 0
    assert committed(filled) == {0: 10, 1: 5, 2: 0, 3: 0}
    ended = rewind(run, filled, "--to", "earliest")
    assert (ended.status, committed(filled)) == (0, {0: 0, 1: 0, 2: 0, 3: 0})
    assert "15 messages to read" in ended.out


def test_unread_messages_are_left_out_only_on_request(run: RunCommand, filled: Settings) -> None:
    ended = rewind(run, filled, "--to", "7")
    assert ended.status == 1
    assert "12 unread messages" in ended.err
    assert set(committed(filled).values()) == {None}


def test_a_dry_run_moves_nothing(run: RunCommand, filled: Settings) -> None:
    assert rewind(run, filled, "--to", "latest", "--skip", "--dry-run").status == 0
    assert set(committed(filled).values()) == {None}


def test_an_offset_moves_the_chosen_partition_within_its_messages(run: RunCommand, filled: Settings) -> None:
    assert rewind(run, filled, "--to", "400", "--partition", "1", "--skip").status == 0
    assert committed(filled) == {0: None, 1: 5, 2: None, 3: None}


def test_a_time_finds_the_first_message_since_then(run: RunCommand, filled: Settings) -> None:
    rewind(run, filled, "--to", "latest", "--skip")
    time.sleep(1.1)
    since = datetime.now(UTC)
    producer = open_producer(filled.kafka)
    producer.send(filled.kafka.topic, b"x", partition=0).get(30)
    producer.close()
    assert rewind(run, filled, "--to", since.isoformat()).status == 0
    assert committed(filled) == {0: 10, 1: 5, 2: 0, 3: 0}
    hour_ago = (since - timedelta(hours=1)).isoformat()
    assert rewind(run, filled, "--to", hour_ago, "--partition", "0").status == 0
    assert committed(filled)[0] == 0


def test_database_reads_on_where_its_content_ends(run: RunCommand, filled: Settings) -> None:
    rewind(run, filled, "--to", "latest", "--skip")
    engine = migrating_engine(filled.database)
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO progress (consumer_group, topic, partition, next_offset, bundle) "
                "VALUES (:group, :topic, 0, 4, 'dummy'), ('others', :topic, 1, 2, 'dummy')"
            ),
            {"group": filled.kafka.group_id, "topic": filled.kafka.topic},
        )
    ended = rewind(run, filled, "--to", "database")
    assert (ended.status, committed(filled)) == (0, {0: 4, 1: 0, 2: 0, 3: 0}), ended.err


def test_the_new_offsets_are_those_of_the_present_topic(run: RunCommand, filled: Settings) -> None:
    from kafka import TopicPartition

    rewind(run, filled, "--to", "earliest")
    with open_consumer(filled.kafka, group_id=filled.kafka.group_id) as consumer:
        note = consumer.committed(TopicPartition(filled.kafka.topic, 0), metadata=True).metadata
    # The embedded broker keeps no notes.
    assert noted_topic(note) in (None, look_up_topic(filled.kafka).id)


@contextmanager
def member_of_the_group(settings: Settings) -> Iterator[None]:
    """Run a member of the group during the block."""
    ends, joined = threading.Event(), threading.Event()

    def read() -> None:
        options = {"session_timeout_ms": 6_000, "heartbeat_interval_ms": 1_000}
        with open_consumer(settings.kafka, group_id=settings.kafka.group_id, **options) as consumer:
            consumer.subscribe([settings.kafka.topic])
            while not ends.is_set():
                consumer.poll(200)
                if consumer.assignment():
                    joined.set()

    thread = threading.Thread(target=read)
    thread.start()
    try:
        assert joined.wait(60)
        yield
    finally:
        ends.set()
        thread.join()


def test_offsets_move_only_after_the_last_member_has_left(run: RunCommand, filled: Settings) -> None:
    with member_of_the_group(filled):
        ended = rewind(run, filled, "--to", "3", "--skip")
        assert ended.status == 1
        assert "are running" in ended.err
    assert rewind(run, filled, "--to", "3", "--skip").status == 0
    assert committed(filled) == {0: 3, 1: 3, 2: 0, 3: 0}


@pytest.mark.parametrize("to", ["", "yesterdayy", "-5", "12.5"])
def test_anything_else_is_refused(run: RunCommand, filled: Settings, to: str) -> None:
    ended = rewind(run, filled, f"--to={to}")
    assert ended.status == 2
    assert re.search(r"--to", ended.err)


def test_an_unknown_partition_is_named(run: RunCommand, filled: Settings) -> None:
    ended = rewind(run, filled, "--to", "earliest", "--partition", "9")
    assert ended.status == 1
    assert "no partition 9" in ended.err
