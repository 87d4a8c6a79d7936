"""Run with `python -m benchmarks.broker_memory`."""

from __future__ import annotations

import argparse
import json
import random
import string
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from monitor.embedded import Broker
from monitor.embedded.capacity import resident_memory
from monitor.kafka import ensure_topics, open_producer
from monitor.settings import KafkaSettings

SIZES: Final = (100, 280, 1_000)
"""Characters of the texts of posts."""


def invented_post(number: int, size: int, dice: random.Random) -> bytes:
    """Return a message with a random text, which no compression could shorten much."""
    text = "".join(dice.choices(f"{string.ascii_letters} ", k=size))
    return json.dumps({"id": str(10**18 + number), "text": text, "author_id": str(number)}).encode()


def measure(size: int, messages: int) -> dict[str, float]:
    """Return the figures of one broker that gets messages of one size; all in bytes a message.

    Args:
        size: characters of each text.
        messages: how many, after a tenth of them that only warm up.
    """
    dice = random.Random(1)
    with tempfile.TemporaryDirectory() as folder:
        broker = Broker(Path(folder))
        broker.start()
        try:
            kafka = KafkaSettings(bootstrap_servers=broker.bootstrap)
            ensure_topics(kafka)
            sent = send(kafka, [invented_post(number, size, dice) for number in range(messages // 10)])
            before = memory_of(broker)
            sent = send(kafka, [invented_post(number, size, dice) for number in range(messages)])
            grown = memory_of(broker) - before
        finally:
            broker.kill()
    return {
        "text_characters": size,
        "message_bytes": round(sent / messages, 1),
        "memory_bytes": round(grown / messages, 1),
        "more_than_the_message": round((grown - sent) / messages, 1),
    }


def send(kafka: KafkaSettings, values: Sequence[bytes]) -> int:
    """Send messages as `feed` does, wait for the broker, and return their bytes, with those of the keys."""
    producer = open_producer(kafka)
    size = 0
    for number, value in enumerate(values):
        key = str(number).encode()
        producer.send(kafka.topic, value, key=key)
        size += len(value) + len(key)
    producer.flush()
    producer.close()
    return size


def memory_of(broker: Broker) -> int:
    """Return the bytes of memory of a running broker."""
    if broker.child is None:
        raise RuntimeError("the broker is not running: look at its log")
    return resident_memory(broker.child.pid)


def main() -> None:
    """Print a line for each size, and all figures as JSON on the last line."""
    parser = argparse.ArgumentParser(description="memory of the embedded broker for each message")
    parser.add_argument("--messages", type=int, default=50_000, help="of each size (default: 50,000)")
    parser.add_argument("--quick", action="store_true", help="one size and a tenth of the messages")
    options = parser.parse_args()
    sizes, messages = (SIZES[1:2], options.messages // 10) if options.quick else (SIZES, options.messages)
    rows = [measure(size, messages) for size in sizes]
    for row in rows:
        print(
            f"texts of {row['text_characters']:,} characters: messages of {row['message_bytes']:,.0f} bytes "
            f"take {row['memory_bytes']:,.0f} bytes"
        )
    print(json.dumps({"messages": messages, "rows": rows}))


if __name__ == "__main__":
    main()
