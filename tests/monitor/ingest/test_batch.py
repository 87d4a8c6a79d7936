"""A micro-batch sorts its messages into tweets and refused messages, and loses none of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.ingest import start_batch
from monitor.ingest.batch import origin_of
from monitor.records import Origin
from tests.monitor.kafka_events import Message, batch_of, event

DECEMBER_31_2099 = datetime(2099, 12, 31, 23, 59, 59, tzinfo=UTC)
TOMORROW = datetime.now(UTC) + timedelta(hours=20)


def test_valid_messages_become_tweets_and_others_are_refused_with_a_reason() -> None:
    batch = batch_of(event("a", offset=1), event(None, offset=2), event(raw=b"{", offset=3))
    assert [received.post.text for received in batch.posts] == ["a"]
    assert [refused.error.reason for refused in batch.refused] == ["empty", "not-json"]
    assert [refused.origin.offset for refused in batch.refused] == [2, 3]


def test_the_refusal_of_a_message_counts_its_faults_if_it_has_several_posts() -> None:
    [single, several] = batch_of(
        event(raw=b'{"id": "", "text": "a"}'),
        event(raw=b'[{"id": "", "text": "a"}, {"id": "2", "text": "b"}]', offset=1),
    ).refused
    assert several.error.detail == f"1 of 2 posts in the message; the first: {single.error.detail}"


def test_progress_covers_refused_messages_too() -> None:
    batch = batch_of(event("a", offset=1), event(None, offset=2), event("b", offset=7, partition=3))
    assert {(step.partition, step.next_offset) for step in batch.progress()} == {(0, 3), (3, 8)}


def test_progress_after_the_first_message_of_a_partition_is_one() -> None:
    assert [step.next_offset for step in batch_of(event("a", offset=0)).progress()] == [1]


def test_progress_is_behind_the_last_event_also_if_the_reader_went_back_before_it() -> None:
    batch = batch_of(event("a", offset=9), event("b", offset=0))
    assert [(step.topic, step.next_offset) for step in batch.progress()] == [("tweets", 1)]


@given(st.lists(st.one_of(st.none(), st.binary(max_size=40)), max_size=30))
def test_every_message_is_a_tweet_or_refused(values: list[bytes | None]) -> None:
    batch = batch_of(*(event(None, raw=value, offset=offset) for offset, value in enumerate(values)))
    assert len(batch.posts) + len(batch.refused) == len(values) == len(batch.events)


def test_a_tweet_carries_the_place_the_key_and_the_value_of_its_message() -> None:
    message = Message(b'{"id": "1", "text": "a"}', 12, partition=3, key=b"k")
    assert origin_of(message) == Origin(
        "tweets", 3, 12, datetime.fromtimestamp(1_700_000_000, UTC), b"k", b'{"id": "1", "text": "a"}'
    )


def test_the_record_of_a_message_does_not_show_its_content() -> None:
    assert "secret" not in repr(origin_of(Message(b"a secret value", 0, key=b"a secret key")))


def test_a_tweet_without_a_date_has_the_brokers_timestamp() -> None:
    batch = batch_of(event("a"))
    assert batch.posts[0].posted_at == datetime.fromtimestamp(1_700_000_000, UTC)


def test_a_tweet_with_a_date_keeps_it() -> None:
    value = b'{"id": "1", "text": "a", "created_at": "2026-03-14T09:26:53Z"}'
    assert batch_of(event(raw=value)).posts[0].posted_at == datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)


@pytest.mark.parametrize("seconds", [0.001, 1.0, pytest.param(TOMORROW.timestamp(), id="tomorrow")])
def test_a_plausible_timestamp_is_kept(seconds: float) -> None:
    assert origin_of(Message(b"", 0, timestamp=seconds)).timestamp == datetime.fromtimestamp(seconds, UTC)


@pytest.mark.parametrize(
    "seconds", [-1, -0.5, 0, None, DECEMBER_31_2099.timestamp(), 1e13, 9.2e15, -1e13, float("nan")]
)
def test_now_replaces_a_timestamp_that_is_missing_or_absurd(seconds: float) -> None:
    before = datetime.now(UTC)
    assert before <= origin_of(Message(b"", 0, timestamp=seconds)).timestamp <= datetime.now(UTC)


def message_of(**fields: object) -> bytes:
    return json.dumps(fields).encode()


def test_dates_in_the_future_count_as_the_time_of_arrival() -> None:
    future, arrived = DECEMBER_31_2099.isoformat(), datetime.fromtimestamp(1_700_000_000, UTC)
    batch = batch_of(
        event(raw=message_of(id="1", text="a", created_at=future, edited_at=future)),
        event(raw=message_of(tombstone={"id": "2", "at": future}), offset=1),
    )
    assert (batch.posts[0].posted_at, batch.posts[0].post.edited_at) == (arrived, arrived)
    assert batch.compliance[0].event.at is None


def test_dates_that_a_time_zone_can_explain_are_kept() -> None:
    soon = TOMORROW.isoformat()
    batch = batch_of(
        event(raw=message_of(id="1", text="a", created_at=soon, edited_at=soon)),
        event(raw=message_of(tombstone={"id": "2", "at": soon}), offset=1),
    )
    assert (batch.posts[0].posted_at, batch.posts[0].post.edited_at) == (TOMORROW, TOMORROW)
    assert batch.compliance[0].event.at == TOMORROW


def test_two_batches_have_different_ids() -> None:
    assert start_batch([]).id != start_batch([]).id
