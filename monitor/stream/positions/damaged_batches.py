"""Read what the broker sent batch by batch, and go on after a batch that nobody can read.

aiokafka reads all batches of an answer in one go. If one is damaged, it raises an error, and the worker would
end at the same place after every start. Here the damaged batch becomes a message with `UnreadOffsets`.

The layout of a batch: https://kafka.apache.org/documentation/#recordbatch. Its header is 61 bytes long; the
checksum covers everything after itself, so neither the first offset nor the length.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Final

import structlog
from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatch
from aiokafka.record.legacy_records import LegacyRecordBatch
from aiokafka.structs import ConsumerRecord

from monitor.ingest import DAMAGED_BATCH, UnreadOffsets

log = structlog.get_logger()

_START: Final = struct.Struct(">qiiB")
"""First offset, length of everything after it, epoch of the leader, magic."""

_HEADER: Final = struct.Struct(">qiiBIhiqqqhii")
"""The same, then checksum, attributes, offset of the last record relative to the first, the first and the
highest timestamp, id and epoch of the producer, its sequence, number of records."""

LARGEST_GAP: Final = 1_000_000
"""Most offsets that compaction may have removed before a batch. The first offset has no checksum, so a batch
behind a larger gap counts as damaged."""

_BEFORE_LENGTH_COUNTS: Final = 12
_OLD_FORMAT_BYTES: Final = 26  # the shortest message of the formats before 2


class UncutBatches:
    """The bytes of an answer, instead of aiokafka's `MemoryRecords`, which fails on a wrong length.

    Args:
        raw: the batches of a partition as the broker sent them.
    """

    def __init__(self, raw: bytes | None) -> None:
        self.raw = raw or b""

    def has_next(self) -> bool:
        """Return True if there are any bytes."""
        return bool(self.raw)

    def size_in_bytes(self) -> int:
        """Return the number of bytes."""
        return len(self.raw)


class SurvivingRecords(fetcher.PartitionRecords):  # type: ignore[misc] # aiokafka ships no usable types
    """The records of an answer, without aborted transactions, and with a mark for each damaged batch.

    `next_fetch_offset` is the offset after the last record that was returned, as aiokafka expects.
    """

    next_fetch_offset: int

    def _unpack_records(self) -> Iterator[Any]:
        batches = list(_split(self._records.raw))
        for batch, following in zip_longest(batches, batches[1:]):
            # The decoder keeps what it unpacked, so it lives no longer than its batch.
            decoder, problem = self._open(batch, following)
            if problem:
                records: list[Any] = []
                end = batch.end_of_damage(self.next_fetch_offset, following)
            else:
                end = int(decoder.next_offset)
                records, problem = self._decode(decoder)
            for record in records:
                if record.offset >= self.next_fetch_offset:
                    self.next_fetch_offset = record.offset + 1
                    yield record
            if problem and end > self.next_fetch_offset:
                mark = self._mark(end - 1, problem)
                self.next_fetch_offset = end
                yield mark
            self.next_fetch_offset = max(self.next_fetch_offset, end)

    def _open(self, batch: _Batch, following: _Batch | None) -> tuple[Any, Exception | None]:
        """Return aiokafka's reader of a batch, and what is wrong with the batch."""
        try:
            decoder = batch.decoder()
            return decoder, batch.fault(decoder, self.next_fetch_offset, following)
        except MemoryError:
            raise
        except Exception as error:
            return None, error

    def _decode(self, decoder: Any) -> tuple[list[Any], Exception | None]:
        """Return the records of a batch that may be read, and what is wrong with the one after them."""
        records: list[Any] = []
        try:
            if not self._is_hidden(decoder):
                # Extended one by one: those before an error count.
                records.extend(self._consumer_record(self._tp, record) for record in decoder)
        except MemoryError:
            raise
        except Exception as error:
            return records, error
        return records, None

    def _is_hidden(self, decoder: Any) -> bool:
        """Return True for a control batch, and for a batch of a transaction that was aborted."""
        if self._isolation_level == fetcher.READ_COMMITTED and decoder.producer_id is not None:
            self._consume_aborted_up_to(decoder.base_offset)
            if decoder.is_control_batch and self._contains_abort_marker(decoder):
                self._aborted_producers.discard(decoder.producer_id)
            if decoder.is_transactional and decoder.producer_id in self._aborted_producers:
                return True
        return bool(decoder.is_control_batch)

    def _mark(self, last: int, problem: Exception) -> ConsumerRecord[Any, Any]:
        # Other errors have a `reason` of another meaning.
        is_ours = isinstance(problem, CorruptRecordException)
        reason: str = getattr(problem, "reason", DAMAGED_BATCH) if is_ours else DAMAGED_BATCH
        detail = f"{type(problem).__name__}: {problem}"
        unread = UnreadOffsets(self.next_fetch_offset, last, reason, detail)
        log.error(
            "messages cannot be read, a dead letter names them",
            topic=self._tp.topic,
            partition=self._tp.partition,
            first_offset=unread.first,
            last_offset=last,
            reason=reason,
            problem=detail,
        )
        return unread_record(self._tp, unread)


def unread_record(place: Any, unread: UnreadOffsets) -> ConsumerRecord[Any, Any]:
    """Return the record that stands for unread offsets; its offset is the last of them."""
    return ConsumerRecord(
        place.topic, place.partition, unread.last, -1, 0, None, unread, None, -1, 0, headers=()
    )


def read_around_damage() -> None:
    """Make the aiokafka of this process read around damaged batches."""
    fetcher.MemoryRecords = UncutBatches
    fetcher.PartitionRecords = SurvivingRecords


@dataclass(frozen=True, slots=True)
class _Batch:
    """A batch as the broker sent it.

    Attributes:
        raw: its bytes.
        problem: set if these bytes cannot be a batch.
    """

    raw: bytes
    problem: Exception | None = None

    def decoder(self) -> Any:
        """Return aiokafka's reader of these bytes, or None if they cannot be a batch."""
        if self.problem:
            return None
        return DefaultRecordBatch(self.raw) if self._magic >= 2 else LegacyRecordBatch(self.raw, self._magic)

    def fault(self, decoder: Any, position: int, following: _Batch | None) -> Exception | None:
        """Return what is wrong with the header or the checksum, or None.

        Args:
            decoder: its `decoder()`.
            position: the offset that was requested, or that follows the batch before.
            following: the next batch of the answer.
        """
        if self.problem:
            return self.problem
        if not decoder.validate_crc():
            return _damage("the checksum is wrong")
        first, end = decoder.base_offset, decoder.next_offset
        starts_late = first > position + LARGEST_GAP
        if following and following.first is not None:
            starts_late = first > position and end > following.first
        if end <= position or starts_late:
            return _damage(f"its first offset cannot be {first}")
        return None

    @property
    def first(self) -> int | None:
        """The offset of its first message, as its header says, or None if it has none."""
        return None if self.problem else int(_START.unpack_from(self.raw)[0])

    @property
    def _magic(self) -> int:
        return self.raw[_START.size - 1]

    def end_of_damage(self, position: int, following: _Batch | None) -> int:
        """Return the offset after a batch with a fault.

        Its own numbers may be wrong. So they count only if they agree with the next batch, or with the
        number of records. Where they do not, the next batch of the answer tells where this one ends. Without
        one, a single offset is left out, and the broker sends the rest again.
        """
        end, agrees = 0, False
        if len(self.raw) >= _HEADER.size and self._magic >= 2:
            base, _, _, _, _, _, last_delta, *_, count = _HEADER.unpack_from(self.raw)
            end = base + last_delta + 1
            agrees = count == last_delta + 1 and end <= position + LARGEST_GAP
        if following and following.first is not None and following.first > position:
            return end if position < end <= following.first else following.first
        return end if position < end and agrees else position + 1


def _split(raw: bytes) -> Iterator[_Batch]:
    """Yield the batches; the last one may be cut off, because answers have a limit of bytes."""
    place = 0
    while len(raw) - place >= _START.size:
        _, length, _, magic = _START.unpack_from(raw, place)
        shortest = _HEADER.size if magic >= 2 else _OLD_FORMAT_BYTES
        size = _BEFORE_LENGTH_COUNTS + length
        if size > len(raw) - place and place > 0:
            return
        if shortest <= size <= len(raw) - place:
            yield _Batch(raw[place : place + size])
            place += size
            continue
        end = _next_whole_batch(raw, place + 1)
        yield _Batch(raw[place:end], _damage(f"its length cannot be {length} bytes"))
        place = end


def _next_whole_batch(raw: bytes, start: int) -> int:
    """Return where a batch with the right checksum begins, at `start` or later; without one, the end."""
    place = start
    # The magic of every batch since Kafka 0.11 is 2.
    while (magic := raw.find(2, place + _START.size - 1)) >= 0:
        place = magic - _START.size + 1
        size = _BEFORE_LENGTH_COUNTS + _START.unpack_from(raw, place)[1]
        is_possible = _HEADER.size <= size <= len(raw) - place
        if is_possible and DefaultRecordBatch(raw[place : place + size]).validate_crc():
            return place
        place += 1
    return len(raw)


def _damage(problem: str) -> Exception:
    error: Exception = CorruptRecordException(problem)
    return error
