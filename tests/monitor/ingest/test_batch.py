"""A micro-batch sorts its messages and forgets none."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.ingest.batch import origin_of, read_batch
from tests.monitor.stream.events import Message, event


def test_readable_messages_become_tweets_and_others_dead_letters() -> None:
    batch = read_batch([event("a", offset=1), event(None, offset=2), event(raw=b"{", offset=3)])
    assert [received.tweet.text for received in batch.tweets] == ["a"]
    assert [letter.reason for letter in batch.letters] == ["empty", "not-json"]


def test_progress_covers_dead_letters_too() -> None:
    batch = read_batch([event("a", offset=1), event(None, offset=2), event("b", offset=7, partition=3)])
    assert {(step.partition, step.next_offset) for step in batch.progress()} == {(0, 3), (3, 8)}


@given(st.lists(st.one_of(st.none(), st.binary(max_size=40)), max_size=30))
def test_every_message_is_a_tweet_or_a_dead_letter(values: list[bytes | None]) -> None:
    batch = read_batch([event(None, raw=value, offset=i) for i, value in enumerate(values)])
    assert len(batch.tweets) + len(batch.letters) == len(values) == len(batch.events)


def test_a_tweet_without_a_date_has_the_brokers() -> None:
    batch = read_batch([event("a")])
    assert batch.tweets[0].posted_at == datetime.fromtimestamp(1_700_000_000, UTC)


def test_a_broker_without_timestamps_gives_the_present() -> None:
    before = datetime.now(UTC)
    assert origin_of(Message(b"", 0, timestamp=-1)).timestamp >= before


@pytest.mark.parametrize("stamp", [1e13, 9.2e15, -1e13, float("nan")])
def test_a_timestamp_that_is_no_date_gives_the_present(stamp: float) -> None:
    before = datetime.now(UTC)
    assert before <= origin_of(Message(b"", 0, timestamp=stamp)).timestamp <= datetime.now(UTC)


def test_two_batches_have_different_ids() -> None:
    assert read_batch([]).id != read_batch([]).id
