"""Look at the topic while the worker runs: is it still the same one, and does it have new partitions?"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

import structlog

from monitor.errors import MonitorError
from monitor.kafka import TopicIdentity, look_up_topic
from monitor.settings import KafkaSettings
from monitor.stream.positions.offset_reset import report_replaced
from monitor.stream.watch_rounds import repeat_check

log = structlog.get_logger()

INTERVAL: Final = 10.0
"""Seconds between two looks."""

METADATA_AGE_MS: Final = 10_000
"""Milliseconds after which the worker's client asks again which partitions there are."""


class TopicWatch:
    """Looks at the topic every `INTERVAL` seconds.

    Args:
        kafka: the broker, the topic, and the policy.
        reader: returns the `PositionedConsumer` of the worker.
        fail: ends the process with an error.
        look_up: returns the topic as it is now. Blocking.
    """

    def __init__(
        self,
        kafka: KafkaSettings,
        *,
        reader: Callable[[], Any],
        fail: Callable[[BaseException], Awaitable[None]],
        look_up: Callable[[KafkaSettings], TopicIdentity] = look_up_topic,
    ) -> None:
        self._kafka = kafka
        self._reader = reader
        self._fail = fail
        self._look_up = look_up
        self._partitions: int | None = None

    async def run(self) -> None:
        """Look again and again until cancelled; at once, so that the first change has something before it."""
        await repeat_check(self.look, pause=INTERVAL, at_once=True)

    async def look(self) -> None:
        """Compare the topic with the last look; read it from its start if it is another one.

        If the worker has started without its id, it seeks again with it: until then, it could not compare.
        """
        try:
            topic = await asyncio.to_thread(self._look_up, self._kafka)
        except MonitorError:
            return  # the watch over the reader reports a broker that is away
        self._compare_partitions(topic.partitions)
        reader = self._reader()
        is_other = reader.topic is not None and topic.replaces(reader.topic.id)
        if not topic.partitions or not (is_other or reader.lacks_topic):
            return
        try:
            if not is_other:
                await reader.seek_in_topic(topic)
                return
            report_replaced(self._kafka, range(topic.partitions), reader.topic.id, topic.id)
            await reader.read_from_start(topic)
        except MonitorError as error:
            await self._fail(error)

    def _compare_partitions(self, count: int) -> None:
        before, self._partitions = self._partitions, count
        if before is None or before == count:
            return
        if not count:
            log.error("the topic is gone", topic=self._kafka.topic, problem="somebody has deleted it")
        else:
            log.info("the topic has other partitions", topic=self._kafka.topic, before=before, now=count)
