"""A poll of the consumer returns a limited number of bytes, and nothing is lost between polls."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.consumer import consumer as consumer_module
from aiokafka.consumer import fetcher as fetcher_module
from kafka import KafkaProducer

from monitor.stream.bounded_polls import OVERHEAD, limit_polls

MESSAGE = 10_000
LIMIT = 5 * MESSAGE
MESSAGES = 200


@pytest.fixture
def limited(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(consumer_module, "Fetcher", consumer_module.Fetcher)
    monkeypatch.setattr(fetcher_module, "FetchResult", fetcher_module.FetchResult)
    limit_polls(LIMIT)
    yield


@pytest.mark.usefixtures("limited")
@pytest.mark.parametrize("max_records", [None, 3])
async def test_every_poll_is_limited_and_all_messages_come_in_order(
    kafka_bootstrap: str, topic: str, max_records: int | None
) -> None:
    producer = KafkaProducer(bootstrap_servers=kafka_bootstrap, compression_type="gzip", linger_ms=50)
    sent: dict[int, list[bytes]] = {}
    for number in range(MESSAGES):
        value = f"{number:05}".encode() * (MESSAGE // 5)
        sent.setdefault(number % 2, []).append(value)
        producer.send(topic, value=value, partition=number % 2)
    producer.close()

    received: dict[int, list[bytes]] = {0: [], 1: []}
    partitions_of_polls: list[set[int]] = []
    async with AIOKafkaConsumer(bootstrap_servers=kafka_bootstrap, auto_offset_reset="earliest") as consumer:
        places = [TopicPartition(topic, partition) for partition in received]
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        while sum(map(len, received.values())) < MESSAGES:
            polled = await consumer.getmany(timeout_ms=1_000, max_records=max_records)
            assert sum(map(len, polled.values())) <= (max_records or LIMIT // MESSAGE)
            partitions_of_polls.append({place.partition for place in polled})
            for place, messages in polled.items():
                received[place.partition] += [message.value for message in messages]
    assert received == sent
    assert max_records or {0, 1} in partitions_of_polls
    assert OVERHEAD < MESSAGE
