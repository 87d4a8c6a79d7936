"""A letter that is too long for its topic is cut, and one for a topic that is not known yet is sent again."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiokafka.errors import KafkaError, MessageSizeTooLargeError, UnknownTopicOrPartitionError
from faust.exceptions import ProducerSendError

from monitor.deadletters import DeadLetter
from monitor.stream import letter_sending
from monitor.stream.letter_sending import send_letters


class LimitedTopic:
    """Takes letters as Faust's topic does: `send` queues, and its future has the broker's answer.

    Args:
        limit: most bytes of a value that the broker takes.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.values: list[bytes] = []

    async def send(self, *, key: bytes | None, value: bytes, headers: list[tuple[str, bytes]]) -> Any:
        answer = asyncio.get_running_loop().create_future()
        if len(value) > self.limit:
            answer.set_exception(MessageSizeTooLargeError())
        else:
            self.values.append(value)
            answer.set_result(None)
        return answer

    def get_topic_name(self) -> str:
        return "tweets.dlq"


def letter(size: int) -> DeadLetter:
    return DeadLetter(None, b"x" * size, [("ade-reason", b"not-json")])


async def test_only_letters_over_the_limit_are_cut() -> None:
    topic = LimitedTopic(100)
    await send_letters(topic, [letter(3), letter(1_000), letter(100)])
    assert sorted(map(len, topic.values)) == [3, 62, 100]


async def test_a_letter_that_is_refused_without_a_value_is_an_error() -> None:
    with pytest.raises(MessageSizeTooLargeError):
        await send_letters(LimitedTopic(-1), [letter(10)])


class LateTopic(LimitedTopic):
    """Fails as Faust's producer does, as long as the errors last."""

    def __init__(self, errors: list[KafkaError]) -> None:
        super().__init__(100)
        self.errors = errors

    async def send(self, *, key: bytes | None, value: bytes, headers: list[tuple[str, bytes]]) -> Any:
        if self.errors:
            raise ProducerSendError("not sent") from self.errors.pop(0)
        return await super().send(key=key, value=value, headers=headers)


async def test_a_topic_that_a_starting_broker_does_not_know_yet_gets_its_letter_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(letter_sending, "MISSING_PAUSE", 0.0)
    topic = LateTopic([UnknownTopicOrPartitionError(), UnknownTopicOrPartitionError()])
    await send_letters(topic, [letter(3), letter(5)])
    assert sorted(map(len, topic.values)) == [3, 5]


async def test_a_topic_that_stays_unknown_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letter_sending, "MISSING_PATIENCE", -1.0)
    with pytest.raises(ProducerSendError):
        await send_letters(LateTopic([UnknownTopicOrPartitionError()]), [letter(3)])


async def test_another_error_of_the_producer_is_not_tried_again() -> None:
    topic = LateTopic([KafkaError()])
    with pytest.raises(ProducerSendError):
        await send_letters(topic, [letter(3)])
    assert topic.values == []
