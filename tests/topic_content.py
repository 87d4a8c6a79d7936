"""The messages on a topic, read with the same client library as the worker's."""

from __future__ import annotations

from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition


async def content_of(bootstrap: str, topic: str, *, count: int, partitions: int = 4) -> list[Any]:
    """Return `count` messages from the start of a topic, and any that follow within a second."""
    async with AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest") as consumer:
        places = [TopicPartition(topic, partition) for partition in range(partitions)]
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        messages: list[Any] = []
        quiet = 0
        while len(messages) < count or not quiet:
            batches = await consumer.getmany(timeout_ms=1_000)
            quiet = 0 if batches else quiet + 1
            messages += [message for batch in batches.values() for message in batch]
            assert quiet < 30, f"{len(messages)} of {count} messages on {topic}"
        return messages
