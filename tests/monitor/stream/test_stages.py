"""The list of stages, and the small stages that have no file of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from monitor.deadletters import DeadLetter
from monitor.ingest import start_batch
from monitor.stream.enrichment import EnrichPosts
from monitor.stream.other_languages import SkipOtherLanguages
from monitor.stream.scoring import ScorePosts
from monitor.stream.sink import WriteBatches
from monitor.stream.stages import ReadMessages, SendDeadLetters, worker_stages
from tests.monitor.kafka_events import batch_of, event
from tests.monitor.stream.scorers import PickyScorer, current_bundle, scoring_with


async def none_removed(_: Sequence[str]) -> set[str]:
    return set()


async def no_letters(_: Sequence[DeadLetter]) -> None:
    raise AssertionError("nothing is to be sent")


def test_dead_letters_are_sent_after_scoring_and_before_the_write() -> None:
    stages = worker_stages(
        languages=SkipOtherLanguages(current_bundle(PickyScorer())),
        scoring=scoring_with(PickyScorer()),
        enrichment=object.__new__(EnrichPosts),
        send_letters=no_letters,
        find_removed=none_removed,
        writing=cast(Any, object()),
    )
    types = [ReadMessages, SkipOtherLanguages, ScorePosts, EnrichPosts, SendDeadLetters, object]
    assert [type(stage) for stage in stages] == types


def test_only_scoring_works_on_several_batches_at_the_same_time() -> None:
    assert [stage.at_once for stage in (ReadMessages, SkipOtherLanguages, SendDeadLetters, WriteBatches)] == [
        1
    ] * 4
    assert scoring_with(PickyScorer()).at_once == 2


async def test_reading_sorts_the_messages_and_keeps_the_batch() -> None:
    batch = start_batch([event("a"), event(None, offset=1)])
    read = await ReadMessages().process(batch)
    assert (read.id, read.events) == (batch.id, batch.events)
    assert (len(read.posts), len(read.refused)) == (1, 1)


async def test_no_letter_is_sent_for_a_post_that_was_deleted() -> None:
    sent: list[DeadLetter] = []

    async def send(letters: Sequence[DeadLetter]) -> None:
        sent.extend(letters)

    async def find_removed(ids: Sequence[str]) -> set[str]:
        return {"17"}.intersection(ids)

    refused = [b'{"id": "17", "text": ""}', b'{"id": "18", "text": ""}', b'{"id": 17, "text": "cut of']
    batch = batch_of(*(event(raw=value, offset=offset) for offset, value in enumerate(refused)))
    await SendDeadLetters(send, find_removed).process(batch)
    assert [letter.value for letter in sent] == refused[1:2]


async def test_dead_letters_have_the_key_the_value_and_the_reason_of_their_message() -> None:
    sent: list[DeadLetter] = []

    async def send(letters: Sequence[DeadLetter]) -> None:
        sent.extend(letters)

    batch = batch_of(event("a"), event(raw=b"{", offset=1), event(None, offset=2))
    with capture_logs() as events:
        assert await SendDeadLetters(send, none_removed).process(batch) == batch
    assert [(letter.key, letter.value, letter.reason) for letter in sent] == [
        (b"key 1", b"{", "not-json"),
        (b"key 2", b"", "empty"),
    ]
    assert events == [
        {"event": "dead letters", "log_level": "warning", "count": 2, "reasons": ["empty", "not-json"]}
    ]


async def test_a_batch_whose_letters_are_not_confirmed_stays_in_the_stage() -> None:
    async def never_confirmed(_: Sequence[DeadLetter]) -> None:
        await asyncio.sleep(3600)

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await SendDeadLetters(never_confirmed, none_removed).process(batch_of(event(None)))


async def test_a_batch_without_refused_messages_sends_nothing() -> None:
    batch = batch_of(event("a"))
    with capture_logs() as events:
        assert await SendDeadLetters(no_letters, none_removed).process(batch) == batch
    assert events == []
