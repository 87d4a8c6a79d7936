"""The Faust application: a thin agent over the conveyor.

Facts of Faust that shape this file:
- the topic is read as raw bytes, because an undecodable value kills Faust's reader without a word;
- `noack_take` and acknowledgement after the write, because `take` acknowledges even what failed;
- concurrency 1, because the commit bookkeeping can step over a gap between acknowledged offsets;
- whatever escapes a stage ends in `app.crash`, because an exception that an agent swallows would
  leave its offsets behind while later ones are committed.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, cast

import faust
import structlog

from monitor.alerts import Relay
from monitor.deadletters import DeadLetter
from monitor.ingest.batch import KafkaEvent
from monitor.settings import KafkaSettings, Settings
from monitor.store import Store
from monitor.stream.conveyor import Conveyor
from monitor.stream.scoring import ScoringThreads
from monitor.stream.sink import DatabaseSink

log = structlog.get_logger()


class MonitorApp(faust.App):  # type: ignore[misc] # Faust ships no usable types
    """A Faust app that keeps nothing on disk."""

    # Faust would log what it does under the name of this module, as if it were our word
    logger = logging.getLogger("faust.app")

    def _create_directories(self) -> None:
        """Leave the working directory alone: there are no tables to keep."""


def create_app(settings: Settings, *, scoring: ScoringThreads, store: Store, relay: Relay) -> MonitorApp:
    """Put the worker together; nothing is connected before the app is started."""
    kafka, worker = settings.kafka, settings.worker
    app = MonitorApp(
        kafka.group_id,
        broker=broker_urls(kafka),
        store="memory://",
        web_enabled=False,
        autodiscover=False,
        key_serializer="raw",
        value_serializer="raw",
        topic_allow_declare=False,
        topic_disable_leader=True,
        table_standby_replicas=0,
        worker_redirect_stdouts=False,
        stream_buffer_maxsize=worker.buffer_size,
        broker_session_timeout=kafka.session_timeout,
        broker_heartbeat_interval=kafka.heartbeat_interval,
        broker_rebalance_timeout=kafka.rebalance_timeout,
        consumer_group_instance_id=kafka.group_instance_id,
    )
    tweets = app.topic(kafka.topic, key_type=bytes, value_type=bytes)
    letters = app.topic(kafka.dead_letter_topic, key_type=bytes, value_type=bytes)

    async def send_letters(batch: Sequence[DeadLetter]) -> None:
        # send() only queues; the future that it gives is done when the broker has the letter
        queued = [
            await letters.send(key=letter.key, value=letter.value, headers=letter.headers) for letter in batch
        ]
        for confirmation in queued:
            await confirmation

    async def acknowledge(events: Sequence[KafkaEvent]) -> None:
        for event in events:
            cast(Any, event).ack()
        await app.consumer.commit()

    sink = DatabaseSink(settings, store=store, relay=relay, acknowledge=acknowledge, scoring=scoring)
    conveyor = Conveyor(
        scoring=scoring, send_letters=send_letters, sink=sink, fail=app.crash, queue_size=worker.queue_size
    )

    @app.agent(tweets, concurrency=1, name="tweets")  # type: ignore[untyped-decorator]
    async def read_tweets(stream: Any) -> None:
        async for events in stream.noack_take(worker.batch_size, within=worker.batch_wait):
            await conveyor.put(events)

    app.task(conveyor.run)
    app.task(relay.run)

    @app.on_partitions_assigned.connect  # type: ignore[untyped-decorator]
    async def say_assigned(_: Any, assigned: set[Any], **__: Any) -> None:
        log.info("partitions assigned", partitions=sorted(f"{tp.topic}/{tp.partition}" for tp in assigned))

    return app


def broker_urls(kafka: KafkaSettings) -> str:
    """Write the brokers the way Faust wants them."""
    return ";".join(f"kafka://{server.strip()}" for server in kafka.bootstrap_servers.split(","))
