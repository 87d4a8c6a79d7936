"""Send dead letters, shorter ones if the broker refuses their length."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import structlog
from aiokafka.errors import MessageSizeTooLargeError, UnknownTopicOrPartitionError
from faust.exceptions import ProducerSendError

from monitor.deadletters import DeadLetter

MISSING_PATIENCE: Final = 120.0
"""Seconds for which the broker may not know the topic. One that starts may not, until it has read its log."""

MISSING_PAUSE: Final = 0.5
"""Seconds between two attempts meanwhile."""

log = structlog.get_logger()


async def send_letters(topic: Any, batch: Sequence[DeadLetter]) -> None:
    """Send letters, and return once the broker has all of them.

    A letter says in its headers how long its message was, so a reader can see that it was cut.

    Args:
        topic: Faust's topic of dead letters.
        batch: the letters.

    Raises:
        KafkaError: the broker refuses a letter, also without the value of its message.
        ProducerSendError: the broker has not known the topic for `MISSING_PATIENCE`.
    """
    # send() only queues. The future that it returns is done when the broker has the letter.
    queued = [(letter, await _queue(topic, letter)) for letter in batch]
    for letter, confirmation in queued:
        try:
            await confirmation
        except MessageSizeTooLargeError:
            await _send_shorter(topic, letter)


async def _send_shorter(topic: Any, letter: DeadLetter) -> None:
    """Halve the value until the broker takes the letter."""
    while True:
        if not letter.value:
            raise MessageSizeTooLargeError("the broker refuses a dead letter without a value as too long")
        letter = replace(letter, value=letter.value[: len(letter.value) // 2])
        try:
            await (await _queue(topic, letter))
        except MessageSizeTooLargeError:
            continue
        log.warning(
            "a dead letter was cut, the broker takes no longer ones",
            topic=topic.get_topic_name(),
            bytes=len(letter.value),
        )
        return


async def _queue(topic: Any, letter: DeadLetter) -> Any:
    deadline = time.monotonic() + MISSING_PATIENCE
    while True:
        try:
            return await topic.send(key=letter.key, value=letter.value, headers=letter.headers)
        except ProducerSendError as error:
            if not isinstance(error.__cause__, UnknownTopicOrPartitionError) or time.monotonic() > deadline:
                raise
        log.warning("the broker does not know the topic of dead letters", topic=topic.get_topic_name())
        await asyncio.sleep(MISSING_PAUSE)
