"""Faust's consumer as the app sees it, with exact positions: what is read, and what is committed.

In the stock one, messages below the last offset are dropped even if the log was replaced, and commits can
stop for good at a gap.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from faust.transport.drivers import aiokafka as driver

from monitor.errors import MonitorError
from monitor.kafka import TopicIdentity
from monitor.stream.letter_producer import LetterProducer
from monitor.stream.positions.positioned_thread import PositionedThread


class _NothingDropped(dict[Any, Any]):
    """Where Faust keeps the last offset of each partition, to drop those below. Here it remembers none.

    They are not duplicates if the log was replaced, and a duplicate does no harm.
    """

    def __getitem__(self, place: Any) -> None:
        return None

    def __setitem__(self, place: Any, offset: Any) -> None:
        pass

    def update(self, *_: Any, **__: Any) -> None:
        """Remember nothing."""


class PositionedConsumer(driver.Consumer):  # type: ignore[misc] # Faust ships no usable types
    """The consumer as the app sees it. It commits what `AcknowledgedOffsets` allows."""

    logger = driver.logger

    _thread: PositionedThread

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._read_offset = _NothingDropped()

    def _new_consumer_thread(self) -> PositionedThread:
        return PositionedThread(self, loop=self.loop, beacon=self.beacon)

    @property
    def topic(self) -> TopicIdentity | None:
        """The topic that is read, or None if that is not known yet."""
        return self._thread.topic

    @property
    def lacks_topic(self) -> bool:
        """True if messages are read, and nobody could find out of which topic."""
        return self._thread.lacks_topic

    async def read_from_start(self, topic: TopicIdentity) -> None:
        """Read everything of `topic`, which has replaced the one before."""
        await self._thread.read_from_start(topic)
        self._committed_offset.clear()

    async def perform_seek(self) -> None:
        """Seek all partitions to their committed offsets. A fatal error ends the process."""
        try:
            await self.seek_in_topic(None)
        except MonitorError as error:
            await self.app.crash(error)

    async def seek_in_topic(self, topic: TopicIdentity | None) -> None:
        """Seek all partitions to their committed offsets in `topic`, or look it up if it is None.

        Raises:
            FatalError: the topic was created again, and the policy is to stop.
        """
        offsets = await self._thread.seek_to_committed(topic)
        self._committed_offset.clear()
        self._committed_offset.update({driver.TP(*place): offset for place, offset in offsets.items()})

    async def _getmany(self, active_partitions: set[Any] | None, timeout: float) -> Any:  # noqa: ASYNC109
        try:
            return await super()._getmany(active_partitions, timeout)
        except MonitorError as error:
            await self.app.crash(error)
            return {}

    def _to_message(self, tp: Any, record: Any) -> Any:
        message = super()._to_message(tp, record)
        message.epoch = self._thread.fetched_epochs.get(tp, 0)
        message.topic_id = self._thread.fetched_topic_id
        return message

    def ack(self, message: Any) -> bool:
        """Note that a message is done. Messages of a partition are acknowledged in their order."""
        if message.acked:
            return False
        message.acked = True
        self._unacked_messages.discard(message)
        self._thread.acknowledged.acknowledge(message.tp, message.epoch, message.offset)
        return True

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterator[Any]:
        return (
            tp for tp in cast(Any, self.assignment()) if topics is None or tp in topics or tp.topic in topics
        )

    def _new_offset(self, tp: Any) -> int | None:
        return self._thread.acknowledged.committable(tp)

    def _should_commit(self, tp: Any, offset: int) -> bool:
        # A lower offset is right after the log was replaced.
        return bool(self._committed_offset[tp] != offset)


class PositionedTransport(driver.Transport):  # type: ignore[misc] # Faust ships no usable types
    """Connects Faust to Kafka with the consumer above, and a producer that waits no longer than it should.

    The app needs an attribute `kafka_settings`.
    """

    Consumer = PositionedConsumer
    Producer = LetterProducer
