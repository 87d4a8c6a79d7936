"""Offsets that another program committed in our group are reported once, and never our own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import RequestTimedOutError
from structlog.testing import capture_logs

from monitor.kafka import commit_note
from monitor.settings import KafkaSettings
from monitor.stream.positions import foreign_commits
from monitor.stream.positions.foreign_commits import ForeignCommits

FIRST, SECOND = TopicPartition("tweets", 0), TopicPartition("tweets", 1)
OURS = commit_note("id of the topic")
Committed = dict[TopicPartition, tuple[int, str]]


def answer(committed: Committed | Exception) -> Callable[[], Awaitable[Committed]]:
    """Return a query that a broker answers with offsets and notes, or that fails."""

    async def read_back() -> Committed:
        if isinstance(committed, Exception):
            raise committed
        return committed

    return read_back


def test_an_offset_without_our_note_is_reported_once() -> None:
    commits = ForeignCommits(KafkaSettings())
    with capture_logs() as logs:
        commits.look({FIRST: (10, OURS), SECOND: (20, "")})
        commits.look({FIRST: (10, OURS), SECOND: (20, "")})
        commits.look({FIRST: (11, "a note of its own"), SECOND: (25, OURS)})
    assert [(entry["partition"], entry["offset"]) for entry in logs] == [(1, 20), (0, 11)]
    assert "topics rewind --to database" in logs[0]["problem"]


async def test_a_stranger_before_our_first_commit_is_reported_after_it() -> None:
    commits = ForeignCommits(KafkaSettings())
    with capture_logs() as logs:
        commits.look({FIRST: (10, ""), SECOND: (20, "")})
        assert logs == []
        await commits.learn_from_commit(answer({FIRST: (11, OURS)}))
    assert [entry["partition"] for entry in logs] == [0, 1]


async def test_a_broker_that_keeps_no_notes_proves_nothing() -> None:
    commits = ForeignCommits(KafkaSettings())
    with capture_logs() as logs:
        commits.look({FIRST: (10, ""), SECOND: (20, "")})
        await commits.learn_from_commit(answer({FIRST: (11, ""), SECOND: (21, "")}))
        commits.look({FIRST: (11, "")})
    assert logs == []


def test_our_note_is_known_also_without_an_id_of_the_topic() -> None:
    commits = ForeignCommits(KafkaSettings())
    with capture_logs() as logs:
        commits.look({FIRST: (10, OURS), SECOND: (20, commit_note(None))})
    assert logs == []


async def test_notes_that_cannot_be_read_end_nothing_and_the_next_commit_is_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def hang() -> Committed:
        await asyncio.sleep(3600)
        raise AssertionError

    monkeypatch.setattr(foreign_commits, "NOTES_TIMEOUT", 0.05)
    commits = ForeignCommits(KafkaSettings())
    with capture_logs() as logs:
        commits.look({SECOND: (20, "")})
        await commits.learn_from_commit(answer(RequestTimedOutError()))
        await commits.learn_from_commit(hang)
        await commits.learn_from_commit(answer({FIRST: (11, OURS)}))
        await commits.learn_from_commit(answer(AssertionError("one commit is enough")))
    assert [entry["log_level"] for entry in logs] == ["warning", "warning", "error"]
    assert logs[-1]["partition"] == 1
