"""The thread in which Faust's consumer reads, with exact positions.

In the stock one, an offset that is out of range is reset without a word, messages of aborted transactions are
passed on, and one damaged batch ends the process at every start.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any, Final

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import (
    CommitFailedError,
    IllegalStateError,
    KafkaError,
    NoOffsetForPartitionError,
    OffsetOutOfRangeError,
)
from aiokafka.structs import OffsetAndMetadata
from faust.transport.drivers import aiokafka as driver

from monitor.errors import MonitorError
from monitor.kafka import TopicIdentity, commit_note, look_up_topic, noted_in, noted_topic
from monitor.settings import KafkaSettings
from monitor.stream.positions.acknowledged import AcknowledgedOffsets
from monitor.stream.positions.assigned_states import assigned_states, reading_state
from monitor.stream.positions.damaged_batches import read_around_damage, unread_record
from monitor.stream.positions.foreign_commits import ForeignCommits
from monitor.stream.positions.log_ends import LogEnds
from monitor.stream.positions.offset_reset import report_cut, report_expired, report_replaced
from monitor.stream.positions.refused_fetches import RefusedFetches

log = structlog.get_logger()

Records = dict[TopicPartition, list[Any]]

NO_OFFSET: Final = -1
"""What a broker answers for a partition that the group never committed."""


class PositionedThread(driver.AIOKafkaConsumerThread):  # type: ignore[misc] # Faust ships no usable types
    """The thread that reads, and the only place where positions change."""

    # Otherwise Faust logs under the name of this module, as if the event were ours.
    logger = driver.logger

    def __post_init__(self) -> None:
        super().__post_init__()
        self.kafka: KafkaSettings = self.app.kafka_settings
        self.acknowledged: AcknowledgedOffsets[TopicPartition] = AcknowledgedOffsets()
        self.fetched_epochs: Mapping[TopicPartition, int] = {}
        self.topic: TopicIdentity | None = None
        self.lacks_topic = False
        self.fetched_topic_id: str | None = None
        self._ends = LogEnds()
        self._refused = RefusedFetches(self.kafka.empty_answer_pause)
        self._foreign = ForeignCommits(self.kafka)

    def _create_worker_consumer(self, transport: Any) -> Any:
        read_around_damage()
        consumer = super()._create_worker_consumer(transport)
        consumer._isolation_level = self.kafka.isolation_level
        # Otherwise aiokafka resets positions on its own.
        consumer._auto_offset_reset = "none"
        return consumer

    async def seek_to_committed(self, topic: TopicIdentity | None = None) -> Mapping[TopicPartition, int]:
        """Move to the committed offsets, or to the start of partitions that have none, or of another topic.

        Args:
            topic: the topic as it is now, if that is known already.

        Returns:
            The committed offset of each assigned partition that has a valid one.

        Raises:
            FatalError: the topic was created again, and the policy is to stop.
        """
        offsets: Mapping[TopicPartition, int] = await self.call_thread(self._seek_to_committed, topic)
        return offsets

    async def read_from_start(self, topic: TopicIdentity) -> None:
        """Read all assigned partitions from their start, because this is another topic than before."""
        await self.call_thread(self._read_from_start, topic)

    async def _seek_to_committed(self, topic: TopicIdentity | None) -> Mapping[TopicPartition, int]:
        consumer = self._ensure_consumer()
        places = consumer.assignment()
        if not places:
            return {}
        committed = await consumer._coordinator.fetch_committed_offsets(list(places))
        topic = topic or await self._present_topic()
        offsets, replaced = {}, set()
        for place in places:
            offset, note = committed.get(place, (NO_OFFSET, ""))
            if offset == NO_OFFSET:
                continue
            if topic and (topic.replaces(noted_topic(note)) or self._is_other(topic)):
                replaced.add(place)
            else:
                offsets[place] = offset
        if topic and (replaced or self._is_other(topic)):
            before = next((noted_topic(committed[place][1]) for place in replaced), None)
            report_replaced(
                self.kafka,
                [place.partition for place in replaced or places],
                before or (self.topic.id if self.topic else None),
                topic.id,
            )
        self._foreign.look({place: committed[place] for place in offsets})
        starts = await self._first_offsets(consumer, places - offsets.keys())
        # If this is another topic by now, the watch over the topic notices.
        noted = noted_in(committed[place][1] for place in offsets)
        self.topic = topic or self.topic or (TopicIdentity(noted, len(places)) if noted else None)
        self.lacks_topic = self.topic is None
        self._jump(consumer, {**starts, **offsets})
        return offsets

    async def _read_from_start(self, topic: TopicIdentity) -> None:
        consumer = self._ensure_consumer()
        places = consumer.assignment()
        starts = await self._first_offsets(consumer, places)
        self.topic, self.lacks_topic = topic, False
        self._jump(consumer, starts)

    async def _present_topic(self) -> TopicIdentity | None:
        """Return the topic as it is now, or None if that cannot be found out now."""
        try:
            topic = await asyncio.to_thread(look_up_topic, self.kafka)
        except MonitorError as error:
            log.warning("the topic's id is not known now", problem=error.fact)
            return None
        return topic if topic.partitions else None

    def _is_other(self, topic: TopicIdentity) -> bool:
        return self.topic is not None and topic.replaces(self.topic.id)

    async def _first_offsets(self, consumer: Any, places: Iterable[TopicPartition]) -> dict[Any, int]:
        return dict(await consumer.beginning_offsets(chosen)) if (chosen := list(places)) else {}

    def _jump(self, consumer: Any, positions: Mapping[TopicPartition, int]) -> None:
        """Go to other positions. What was read until now is not acknowledged any more, but read again."""
        self.acknowledged.jumped(positions)
        for place, offset in positions.items():
            try:
                consumer.seek(place, offset)
            except IllegalStateError:  # the group has rebalanced in the meantime
                continue
            self.acknowledged.read(place, None, offset)

    async def _fetch_records(
        self,
        consumer: Any,
        active_partitions: set[Any],
        timeout: float | None = None,  # noqa: ASYNC109 - Faust's signature
        max_records: int | None = None,
    ) -> Records:
        # Before messages are taken: an error here, or an end of the worker, would drop those of the other
        # partitions, and commits of later ones, until the process has ended, would skip them.
        for place, end in self._ends.cut_logs(assigned_states(consumer)):
            await self._read_cut_log(consumer, place, end)
        records = await self._leave_out_damage(consumer)
        try:
            if not records:
                records = await super()._fetch_records(
                    consumer, active_partitions, timeout=timeout, max_records=max_records
                )
        except OffsetOutOfRangeError as error:
            [(place, offset)] = error.args[0].items()
            records = await self._return_to_log(consumer, place, offset)
        except NoOffsetForPartitionError as error:
            records = {}
            [place] = error.args
            if place in dict(assigned_states(consumer)) and reading_state(consumer, place) is None:
                self._jump(consumer, await self._first_offsets(consumer, [place]))
        for place, state in assigned_states(consumer):
            if state.has_valid_position:
                last = records[place][-1].offset if records.get(place) else None
                self.acknowledged.read(place, last, state.position)
        self.fetched_epochs = self.acknowledged.epochs()
        self.fetched_topic_id = self.topic.id if self.topic else None
        return records

    async def _return_to_log(self, consumer: Any, place: TopicPartition, offset: int) -> Records:
        """Go on with the oldest message, because the broker has none at this offset."""
        state = reading_state(consumer, place)
        if state is None or state.position != offset:
            return {}
        try:
            first = (await consumer.beginning_offsets([place]))[place]
            end = (await consumer.end_offsets([place]))[place]
        except KafkaError as error:
            log.warning("offset out of range, and the broker does not report the range", problem=str(error))
            return {}
        if reading_state(consumer, place) is not state:
            return {}  # the group has rebalanced in the meantime
        if offset >= first:
            if offset > end:
                await self._read_cut_log(consumer, place, end)
            return {}
        unread = report_expired(self.kafka, place, offset, first)
        consumer.seek(place, first)
        return {place: [unread_record(place, unread)]}

    async def _leave_out_damage(self, consumer: Any) -> Records:
        """Go on behind messages that the broker refuses to read, and return a mark in their place."""
        records: Records = {}
        for place, unread in (await self._refused.unreadable(consumer, assigned_states(consumer))).items():
            state = reading_state(consumer, place)
            if state and state.position == unread.first:
                consumer.seek(place, unread.last + 1)
                records[place] = [unread_record(place, unread)]
        return records

    async def _read_cut_log(self, consumer: Any, place: TopicPartition, end: int) -> None:
        state = reading_state(consumer, place)
        if state is None:
            return  # the group has rebalanced in the meantime
        report_cut(self.kafka, place, state.position, end)
        # Most logs that end too early are those of another topic, whose messages are not the counted ones.
        topic = await self._present_topic()
        if topic and self._is_other(topic):
            report_replaced(
                self.kafka, range(topic.partitions), self.topic.id if self.topic else None, topic.id
            )
            await self._read_from_start(topic)
        else:
            self._jump(consumer, await self._first_offsets(consumer, [place]))

    async def _commit(self, offsets: Mapping[TopicPartition, int]) -> bool:
        """Commit offsets, each with the topic's id.

        Returns:
            True unless the group has rebalanced: then the messages are read again.
        """
        consumer = self._ensure_consumer()
        note = commit_note(self.topic.id if self.topic else None)
        # The reader may have jumped since the offsets were computed.
        valid = {
            TopicPartition(*place): OffsetAndMetadata(offset, note)
            for place, offset in offsets.items()
            if offset <= (self.acknowledged.committable(place) or 0) and place in self.assignment()
        }
        if not valid:
            return False
        try:
            await consumer.commit(valid)
        except (CommitFailedError, IllegalStateError) as error:
            log.warning("offsets not committed, the messages are read again", problem=str(error))
            return False
        except Exception as error:
            await self.crash(error)
            return False
        await self._foreign.learn_from_commit(
            lambda: consumer._coordinator.fetch_committed_offsets(list(valid))
        )
        return True

    def verify_event_path(self, now: float, tp: Any) -> None:
        """Log nothing: our own watches look for a reader that stands still; Faust's reports healthy ones."""
