"""Letters of deleted posts and authors leave the dead-letter topic, and all others stay."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from monitor.deadletters import (
    MOVED_FROM,
    ReplayOptions,
    ScrubResult,
    Selection,
    StoredLetter,
    read_letters,
    replay_letters,
    scrub_letters,
)
from monitor.deadletters import record_deletion as record_deletion_module
from monitor.kafka import open_consumer, open_producer
from monitor.settings import KafkaSettings
from tests.monitor.deadletters.conftest import sender_of
from tests.topic_content import content_of

BROKEN = [
    f'{{"id": "{number}", "text": "dizzy {number}", "created_at": "soon"}}'.encode() for number in range(9)
]


def removing(*gone: str) -> Callable[[Sequence[str]], set[str]]:
    """Return the function that knows which of some ids are removed."""
    return lambda ids: set(ids) & set(gone)


def values(kafka: KafkaSettings) -> list[bytes]:
    return [letter.value for letter in read_letters(kafka)]


def replay(kafka: KafkaSettings, selection: Selection, **options: Any) -> list[str]:
    return [str(done.outcome) for done in replay_letters(kafka, selection, ReplayOptions(**options))]


def letters(kafka: KafkaSettings) -> list[StoredLetter]:
    return list(read_letters(kafka))


async def test_letters_of_removed_posts_leave_the_topic(topics: KafkaSettings) -> None:
    sender_of(topics)(*BROKEN[:5])
    assert scrub_letters(topics, removing("1", "3")) == ScrubResult(letters=5, removed=2)
    assert values(topics) == [BROKEN[0], BROKEN[2], BROKEN[4]]
    with open_consumer(topics) as consumer:
        partitions = len(consumer.partitions_for_topic(topics.dead_letter_topic) or ())
    content = await content_of(
        topics.bootstrap_servers, topics.dead_letter_topic, count=3, partitions=partitions
    )
    everything = b"".join(message.value or b"" for message in content)
    assert b"dizzy 1" not in everything and b"dizzy 3" not in everything


def test_letters_that_stay_keep_everything_and_their_old_name(topics: KafkaSettings) -> None:
    sender_of(topics)(*BROKEN[:3], source="contract")
    before = letters(topics)
    scrub_letters(topics, removing("0"))
    after = letters(topics)
    for old, new in zip(before[1:], after, strict=True):
        assert (new.key, new.value) == (old.key, old.value)
        assert new.headers == {**old.headers, MOVED_FROM: old.name}


def test_without_letters_to_remove_nothing_moves(topics: KafkaSettings) -> None:
    sender_of(topics)(*BROKEN[:2])
    before = letters(topics)
    assert scrub_letters(topics, removing("77")) == ScrubResult(letters=2, removed=0)
    assert letters(topics) == before


def test_a_dry_run_counts_and_removes_nothing(topics: KafkaSettings) -> None:
    sender_of(topics)(*BROKEN[:3])
    before = letters(topics)
    assert scrub_letters(topics, removing("1"), dry_run=True) == ScrubResult(letters=3, removed=1)
    assert letters(topics) == before


def test_a_missing_topic_has_nothing_to_remove(kafka: KafkaSettings) -> None:
    nowhere = kafka.model_copy(update={"topic": "nowhere"})
    assert scrub_letters(nowhere, removing("1")) == ScrubResult(letters=0, removed=0)


def test_receipts_move_along_with_their_letters(topics: KafkaSettings) -> None:
    sender_of(topics)(
        BROKEN[0], b'{"id": "50", "text": "dizzy"}', BROKEN[1], b'{"id": "51", "text": "sleepy"}'
    )
    assert replay(topics, Selection(reason="bad-id")) == ["sent", "sent"]
    sent = [letter.sent_to for letter in letters(topics)]
    scrub_letters(topics, removing("0"))
    assert [letter.sent_to for letter in letters(topics)] == sent[1:]
    assert replay(topics, Selection(reason="bad-id")) == ["sent before", "sent before"]
    scrub_letters(topics, removing("50"))
    assert [letter.sent_to for letter in letters(topics)] == sent[2:]


def test_letters_can_be_removed_again_and_again(topics: KafkaSettings) -> None:
    sender_of(topics)(*BROKEN[:4])
    for number in range(3):
        assert scrub_letters(topics, removing(str(number))) == ScrubResult(4 - number, 1)
    assert values(topics) == [BROKEN[3]]
    sender_of(topics)(BROKEN[0])
    assert values(topics) == [BROKEN[3], BROKEN[0]]


def test_all_letters_can_be_removed(topics: KafkaSettings) -> None:
    sender_of(topics)(*BROKEN)
    assert scrub_letters(topics, lambda ids: ids) == ScrubResult(9, 9)
    assert letters(topics) == []
    assert scrub_letters(topics, lambda ids: ids) == ScrubResult(0, 0)


def test_the_key_and_the_author_are_enough(topics: KafkaSettings) -> None:
    send = sender_of(topics)
    send(b"not json", key=b"bsky:did:plc:a/1")
    send(b'{"id": "2", "text": " ", "author_id": "900"}')
    send(BROKEN[3])
    assert scrub_letters(topics, removing("bsky:did:plc:a/1", "900")).removed == 2
    assert values(topics) == [BROKEN[3]]


def test_more_letters_than_one_lookup_takes(kafka: KafkaSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.deadletters.scrubbing.IDS_AT_ONCE", 3)
    monkeypatch.setattr("monitor.deadletters.survivors.AT_ONCE", 2)
    sender_of(kafka)(*BROKEN)
    calls: list[int] = []

    def removed(ids: Sequence[str]) -> set[str]:
        calls.append(len(ids))
        return set(ids) & {"0", "8"}

    assert scrub_letters(kafka, removed) == ScrubResult(9, 2)
    assert len(calls) > 1 and max(calls) <= 4
    assert values(kafka) == BROKEN[1:8]


class DyingAdmin:
    """An admin client, and at one of its calls the process dies."""

    def __init__(self, admin: Any, call: str, after: int) -> None:
        self._admin, self._call, self._left = admin, call, after

    def __getattr__(self, name: str) -> Any:
        if name == self._call:
            self._left -= 1
            if self._left < 0:
                raise KeyboardInterrupt
        return getattr(self._admin, name)


@pytest.mark.parametrize("after", [0, 1])
@pytest.mark.parametrize("call", ["delete_topics", "create_topics", "delete_records"])
def test_a_scrub_that_dies_loses_nothing_and_the_next_one_completes_it(
    call: str, after: int, topics: KafkaSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = sender_of(topics)
    send(*BROKEN[:4], b'{"id": "50", "text": "dizzy"}')
    assert replay(topics, Selection(reason="bad-id")) == ["sent"]
    open_admin = record_deletion_module.open_admin
    with monkeypatch.context() as patch:

        @contextlib.contextmanager
        def dying(settings: KafkaSettings) -> Any:
            with open_admin(settings) as admin:
                yield DyingAdmin(admin, call, after)

        patch.setattr(record_deletion_module, "open_admin", dying)
        with contextlib.suppress(KeyboardInterrupt):
            scrub_letters(topics, removing("1"))
    send(BROKEN[4])
    scrub_letters(topics, removing("1"))
    scrub_letters(topics, removing("4"))
    expected = {BROKEN[0], BROKEN[2], BROKEN[3], b'{"id": "50", "text": "dizzy"}'}
    assert set(values(topics)) == expected
    assert len(values(topics)) == len(expected)
    assert replay(topics, Selection(reason="bad-id")) == ["sent before"]


async def test_a_producer_that_is_open_meanwhile_goes_on(kafka: KafkaSettings) -> None:
    sender_of(kafka)(*BROKEN[:2])
    async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap_servers) as producer:
        await producer.send_and_wait(kafka.dead_letter_topic, BROKEN[2])
        scrub_letters(kafka, removing("0"))
        await producer.send_and_wait(kafka.dead_letter_topic, BROKEN[3])
    assert values(kafka) == [BROKEN[1], BROKEN[2], BROKEN[3]]


def test_letters_of_other_partitions_stay_where_they_are(apache_topics: KafkaSettings) -> None:
    sender_of(apache_topics)(*BROKEN[:2])
    producer = open_producer(apache_topics)
    producer.send(apache_topics.dead_letter_topic, BROKEN[5], partition=1).get(30)
    producer.close()
    scrub_letters(apache_topics, removing("0"))
    assert {letter.name: letter.value for letter in letters(apache_topics)} == {
        "0:3": BROKEN[1],
        "1:0": BROKEN[5],
    }
