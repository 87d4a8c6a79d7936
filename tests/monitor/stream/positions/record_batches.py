"""Record batches as a broker sends them, whole and damaged."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.util import calc_crc32c
from aiokafka.structs import TopicPartition

from monitor.stream.positions.damaged_batches import SurvivingRecords, UncutBatches

PLACE = TopicPartition("tweets", 0)
HEADER_BYTES = 61
ATTRIBUTES = 21
"""Place of the attributes in a batch. The checksum covers everything from here on."""


def batch(
    first: int, values: Sequence[bytes], *, codec: int = 0, transactional: bool = False, producer: int = -1
) -> bytes:
    """Return a batch whose first message has the offset `first`."""
    builder = DefaultRecordBatchBuilder(
        magic=2,
        compression_type=codec,
        is_transactional=int(transactional),
        producer_id=producer,
        producer_epoch=0 if producer >= 0 else -1,
        base_sequence=0 if producer >= 0 else -1,
        batch_size=1 << 20,
    )
    for n, value in enumerate(values):
        builder.append(n, timestamp=1_700_000_000_000, key=None, value=value, headers=[])
    return struct.pack(">q", first) + bytes(builder.build())[8:]


def with_body(raw: bytes, body: bytes, *, attributes: int | None = None) -> bytes:
    """Return a batch with other bytes after its header, and the right length and checksum."""
    head = raw[ATTRIBUTES:HEADER_BYTES]
    if attributes is not None:
        head = struct.pack(">h", attributes) + head[2:]
    covered = head + body
    length = struct.pack(">i", len(covered) + ATTRIBUTES - 12)
    return raw[:8] + length + raw[12:17] + struct.pack(">I", calc_crc32c(covered)) + covered


def control_batch(offset: int, producer: int, *, is_abort: bool) -> bytes:
    """Return the mark at the end of a transaction."""
    builder = DefaultRecordBatchBuilder(2, 0, 1, producer, 0, -1, 1 << 20)
    key = struct.pack(">hh", 0, 0 if is_abort else 1)
    builder.append(0, timestamp=1_700_000_000_000, key=key, value=b"\0" * 6, headers=[])
    raw = struct.pack(">q", offset) + bytes(builder.build())[8:]
    return with_body(raw, raw[HEADER_BYTES:], attributes=0x30)


def read(
    raw: bytes, *, start: int = 0, aborted: Sequence[tuple[int, int]] = (), committed_only: bool = True
) -> tuple[list[Any], int]:
    """Return the records in the bytes of an answer, and the offset to fetch next."""
    records = SurvivingRecords(
        PLACE, UncutBatches(raw), list(aborted), start, None, None, True, int(committed_only)
    )
    return list(records), records.next_fetch_offset
