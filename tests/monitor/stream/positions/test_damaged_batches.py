"""A batch that nobody can read costs its own messages, and no others."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.ingest import DAMAGED_BATCH, UnreadOffsets
from monitor.stream.positions import damaged_batches
from tests.monitor.stream.positions.record_batches import (
    HEADER_BYTES,
    batch,
    control_batch,
    read,
    with_body,
)

GOOD = [b"one", b"two", b"three"]
GZIP, UNKNOWN_CODEC = 1, 7


def summary(records: list[Any]) -> list[Any]:
    """Return (offset, value) of messages, and (first, last, reason) of what stands for others."""
    return [
        (record.value.first, record.value.last, record.value.reason)
        if isinstance(record.value, UnreadOffsets)
        else (record.offset, record.value)
        for record in records
    ]


def flip(raw: bytes, place: int) -> bytes:
    return raw[:place] + bytes([raw[place] ^ 0x40]) + raw[place + 1 :]


def test_whole_batches_are_read() -> None:
    records, position = read(batch(0, GOOD) + batch(3, GOOD, codec=GZIP))
    assert summary(records) == [(n, GOOD[n % 3]) for n in range(6)]
    assert position == 6


def test_reading_starts_in_the_middle_of_a_batch() -> None:
    records, position = read(batch(10, GOOD), start=11)
    assert summary(records) == [(11, b"two"), (12, b"three")]
    assert position == 13


def test_a_batch_that_is_cut_off_at_the_end_is_left_for_the_next_answer() -> None:
    records, position = read(batch(0, GOOD) + batch(3, GOOD)[:-5])
    assert (len(records), position) == (3, 3)


@pytest.mark.parametrize(
    "damaged",
    [
        flip(batch(3, GOOD), HEADER_BYTES + 8),
        with_body(batch(3, GOOD), b"this is not gzip", attributes=GZIP),
        with_body(batch(3, GOOD), b"\xff" * 40),
        with_body(batch(3, GOOD), b"", attributes=UNKNOWN_CODEC),
    ],
    ids=["checksum", "gzip", "records", "codec"],
)
def test_a_damaged_batch_is_left_out_and_named(damaged: bytes) -> None:
    records, position = read(batch(0, GOOD) + damaged + batch(6, GOOD))
    assert summary(records) == [
        *((n, GOOD[n]) for n in range(3)),
        (3, 5, DAMAGED_BATCH),
        *((n, GOOD[n % 3]) for n in range(6, 9)),
    ]
    assert position == 9
    alone, position = read(damaged, start=3)
    assert (summary(alone), position) == ([(3, 5, DAMAGED_BATCH)], 6)
    assert alone[0].offset == 5


def test_the_messages_before_a_damaged_one_in_its_batch_are_read() -> None:
    whole = batch(3, GOOD)
    records, position = read(with_body(whole, whole[HEADER_BYTES:-8] + b"\xff" * 8), start=3)
    assert summary(records) == [(3, b"one"), (4, b"two"), (5, 5, DAMAGED_BATCH)]
    assert position == 6


@pytest.mark.parametrize("length", [-1, 0, 12, 1 << 30])
def test_a_batch_of_impossible_length_is_named_as_a_whole(length: int) -> None:
    raw = batch(3, GOOD)
    damaged = raw[:8] + struct.pack(">i", length) + raw[12:]
    records, position = read(damaged, start=3)
    assert (summary(records), position) == ([(3, 5, DAMAGED_BATCH)], 6)
    records, position = read(damaged + batch(6, GOOD, codec=GZIP) + batch(9, GOOD), start=4)
    assert (summary(records)[0], len(records), position) == ((4, 5, DAMAGED_BATCH), 7, 12)


def test_other_bytes_than_a_batch_move_on_by_one_offset() -> None:
    records, position = read(b"\xff" * 200, start=3)
    assert (summary(records), position) == ([(3, 3, DAMAGED_BATCH)], 4)


def test_a_wrong_number_of_offsets_in_a_damaged_header_skips_no_good_batch() -> None:
    raw = batch(3, GOOD)
    damaged = raw[:23] + struct.pack(">i", 1_000_000) + raw[27:]
    records, position = read(damaged + batch(6, GOOD), start=3)
    assert summary(records)[0] == (3, 5, DAMAGED_BATCH)
    assert (len(records), position) == (4, 9)
    assert read(damaged, start=3)[1] == 4


def test_messages_of_an_aborted_transaction_are_left_out_unless_they_are_wanted() -> None:
    raw = (
        batch(0, GOOD, transactional=True, producer=7)
        + control_batch(3, 7, is_abort=True)
        + batch(4, GOOD, transactional=True, producer=7)
        + control_batch(7, 7, is_abort=False)
    )
    records, position = read(raw, aborted=[(7, 0)])
    assert summary(records) == [(4, b"one"), (5, b"two"), (6, b"three")]
    assert position == 8
    assert len(read(raw, committed_only=False)[0]) == 6


@given(st.binary(max_size=200), st.integers(0, 10))
def test_no_bytes_stop_the_reader(raw: bytes, start: int) -> None:
    _, position = read(batch(start, GOOD) + raw, start=start)
    assert position >= start + 3
    _, position = read(raw, start=start)
    assert position >= start


@pytest.mark.parametrize("first", [-1, 0, 7, 1 << 40])
def test_a_batch_with_an_impossible_first_offset_is_left_out(first: int) -> None:
    damaged = struct.pack(">q", first) + batch(3, GOOD)[8:]
    records, position = read(batch(0, GOOD) + damaged + batch(6, GOOD))
    assert (summary(records)[3], len(records), position) == ((3, 5, DAMAGED_BATCH), 7, 9)


def test_offsets_that_compaction_removed_are_not_damage() -> None:
    records, position = read(batch(500, GOOD), start=3)
    assert (len(records), position) == (3, 503)


@given(st.integers(8, 300), st.integers(1, 255))
@example(place=8, change=2)  # the version of the format becomes one without these numbers
def test_any_changed_byte_costs_at_most_its_own_batch(place: int, change: int) -> None:
    first, second, third = batch(0, GOOD), batch(3, GOOD, codec=GZIP), batch(6, GOOD)
    place = 8 + place % (len(second) - 8)  # the first offset, before it, has no checksum
    damaged = second[:place] + bytes([second[place] ^ change]) + second[place + 1 :]
    records, position = read(first + damaged + third)
    good = [record for record in records if not isinstance(record.value, UnreadOffsets)]
    assert [record.value for record in good[:3]] == GOOD
    # A wrong length hides what follows; it comes with a later answer.
    assert position in (4, 9) or 8 <= place < 12
    offsets = [n for record in records for n in offsets_of(record)]
    assert offsets == list(range(position))


def offsets_of(record: Any) -> range:
    if isinstance(record.value, UnreadOffsets):
        return range(record.value.first, record.value.last + 1)
    return range(record.offset, record.offset + 1)


def test_a_lack_of_memory_is_not_damage(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_memory(_: Any) -> bool:
        raise MemoryError

    reader = type("Reader", (), {"validate_crc": no_memory, "base_offset": 0, "next_offset": 3})
    monkeypatch.setattr(damaged_batches, "DefaultRecordBatch", lambda _: reader())
    with pytest.raises(MemoryError):
        read(batch(0, GOOD))
