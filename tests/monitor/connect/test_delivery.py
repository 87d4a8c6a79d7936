"""Messages reach the topic through an outage of the broker."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from monitor.connect import Delivery
from monitor.embedded import Broker
from monitor.feed import PostMessage
from monitor.kafka import ensure_topics
from monitor.settings import KafkaSettings
from tests.topic_content import content_of


def messages(start: int, end: int) -> list[PostMessage]:
    return [PostMessage(str(n).encode(), b'{"id": "%d", "text": "x"}' % n) for n in range(start, end)]


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[Broker]:
    """A broker of this test, which may be stopped and continued."""
    broker = Broker(tmp_path / "broker", start_timeout=60.0)
    broker.start()
    yield broker
    broker.kill()


async def test_messages_are_confirmed_in_their_order(kafka: KafkaSettings) -> None:
    delivery = Delivery(kafka)
    await delivery.deliver(messages(0, 50))
    await delivery.deliver([])
    await delivery.deliver(messages(50, 60))
    await delivery.close()
    assert delivery.sent == 60
    content = await content_of(kafka.bootstrap_servers, kafka.topic, count=60)
    assert {int(message.key) for message in content} == set(range(60))


@pytest.mark.slow
async def test_while_the_broker_hangs_nothing_is_lost_and_it_is_logged_once(
    own_broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, seconds in (("sender.DELIVERY_TIMEOUT", 1.5), ("sender.CONNECT_TIMEOUT", 1.0)):
        monkeypatch.setattr(f"monitor.feed.{name}", seconds)
    monkeypatch.setattr("monitor.kafka.clients.CONNECT_TIMEOUT", 1.0)
    kafka = KafkaSettings(bootstrap_servers=own_broker.bootstrap, topic="tweets")
    ensure_topics(kafka)
    assert own_broker.child is not None
    pid = own_broker.child.pid
    attempts = 0

    async def sleep(seconds: float) -> None:
        nonlocal attempts
        attempts += 1
        if attempts == 3:
            os.kill(pid, signal.SIGCONT)
        await asyncio.sleep(0.1)

    delivery = Delivery(kafka, sleep=sleep)
    await delivery.deliver(messages(0, 5))
    os.kill(pid, signal.SIGSTOP)
    try:
        with capture_logs() as logs:
            await delivery.deliver(messages(5, 25))
    finally:
        os.kill(pid, signal.SIGCONT)
    await delivery.close()
    events = [entry["event"] for entry in logs]
    assert events.count("the broker is away, waiting for it") == 1
    assert events.count("the broker is back") == 1
    content = await content_of(kafka.bootstrap_servers, kafka.topic, count=25)
    assert {int(message.key) for message in content} == set(range(25))


async def test_a_delivery_that_is_cancelled_does_not_wait_for_the_broker(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("monitor.kafka.clients.CONNECT_TIMEOUT", 0.5)
    kafka = KafkaSettings(bootstrap_servers="127.0.0.1:9")
    delivery = Delivery(kafka)
    task = asyncio.create_task(delivery.deliver(messages(0, 1)))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
