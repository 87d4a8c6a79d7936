"""Offsets that another program committed in our group are reported once, and never our own."""

from __future__ import annotations

from aiokafka import TopicPartition
from structlog.testing import capture_logs

from monitor.kafka import commit_note
from monitor.settings import KafkaSettings
from monitor.stream.positions.foreign_commits import ForeignCommits

FIRST, SECOND = TopicPartition("tweets", 0), TopicPartition("tweets", 1)
OURS = commit_note("id of the topic")


def test_an_offset_without_our_note_is_reported_once() -> None:
    commits = ForeignCommits(KafkaSettings())
    with capture_logs() as logs:
        commits.look({FIRST: (10, OURS), SECOND: (20, "")})
        commits.look({FIRST: (10, OURS), SECOND: (20, "")})
        commits.look({FIRST: (11, "a note of its own"), SECOND: (25, OURS)})
    assert [(entry["partition"], entry["offset"]) for entry in logs] == [(1, 20), (0, 11)]
    assert "topics rewind --to database" in logs[0]["problem"]


def test_a_stranger_before_our_first_commit_is_reported_after_it() -> None:
    commits = ForeignCommits(KafkaSettings())
    with capture_logs() as logs:
        commits.look({FIRST: (10, ""), SECOND: (20, "")})
        assert logs == []
        commits.note_our_commit([OURS])
    assert [entry["partition"] for entry in logs] == [0, 1]


def test_a_broker_that_keeps_no_notes_proves_nothing() -> None:
    commits = ForeignCommits(KafkaSettings())
    with capture_logs() as logs:
        commits.look({FIRST: (10, ""), SECOND: (20, "")})
        commits.note_our_commit(["", ""])
        commits.look({FIRST: (11, "")})
    assert logs == []


def test_our_note_is_known_also_without_an_id_of_the_topic() -> None:
    commits = ForeignCommits(KafkaSettings())
    with capture_logs() as logs:
        commits.look({FIRST: (10, OURS), SECOND: (20, commit_note(None))})
    assert logs == []
