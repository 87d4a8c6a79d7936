"""The messages on a topic, read with the same client library as the worker's."""

from __future__ import annotations

import asyncio
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

SHORT_WAIT = 0.2
"""Seconds in which messages beyond the expected ones may still arrive."""

PATIENCE = 30.0


async def content_of(bootstrap: str, topic: str, *, count: int, partitions: int = 4) -> list[Any]:
    """Return all messages of a topic, as soon as there are `count`, and any that follow a moment later.

    Raises:
        TimeoutError: after `PATIENCE` seconds there are fewer.
    """
    async with (
        asyncio.timeout(PATIENCE),
        AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest") as consumer,
    ):
        places = [TopicPartition(topic, partition) for partition in range(partitions)]
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        messages: list[Any] = []
        while len(messages) < count:
            messages += await _next_messages(consumer)
        await asyncio.sleep(SHORT_WAIT)
        for place, end in (await consumer.end_offsets(places)).items():
            while await consumer.position(place) < end:
                messages += await _next_messages(consumer)
        return messages


async def _next_messages(consumer: AIOKafkaConsumer) -> list[Any]:
    batches = await consumer.getmany(timeout_ms=1_000)
    return [message for batch in batches.values() for message in batch]
