"""Record batches are unpacked up to a limit, with the codecs that producers use."""

from __future__ import annotations

import gzip
import struct
import zlib
from typing import Any

import cramjam
import pytest
from aiokafka import codec
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from hypothesis import given
from hypothesis import strategies as st

from monitor.stream.bounded_decoding import (
    LARGEST_BATCH,
    BatchTooLarge,
    limit_decoding,
    limited_decoders,
)

LIMIT = 10_000
ENCODERS = {
    "gzip": codec.gzip_encode,
    "snappy": codec.snappy_encode,
    "lz4": codec.lz4_encode,
    "zstd": codec.zstd_encode,
}
NUMBERS = {"gzip": 1, "snappy": 2, "lz4": 3, "zstd": 4}  # in the attributes of a batch

DECODING_ERRORS = (
    ValueError,
    EOFError,
    OSError,
    struct.error,
    zlib.error,
    cramjam.DecompressionError,
    BatchTooLarge,
)

codecs = pytest.mark.parametrize("name", ENCODERS)


def decode(name: str, payload: bytes, largest: int = LIMIT) -> bytes:
    return bytes(limited_decoders(largest)[f"{name}_decode"](payload))


@codecs
@given(
    st.one_of(st.binary(min_size=1, max_size=300), st.integers(1, LIMIT // 2).map(lambda size: b"ab" * size))
)
def test_what_was_packed_is_unpacked(name: str, data: bytes) -> None:
    assert decode(name, ENCODERS[name](data)) == data


@codecs
def test_a_batch_of_exactly_the_limit_passes_and_a_larger_one_does_not(name: str) -> None:
    assert len(decode(name, ENCODERS[name](bytes(LIMIT)))) == LIMIT
    for size in (LIMIT + 1, 100 * LIMIT):
        with pytest.raises(BatchTooLarge, match=str(LIMIT)):
            decode(name, ENCODERS[name](bytes(size)))


def test_snappy_without_frames_and_gzip_of_several_members_are_limited_too() -> None:
    block = bytes(cramjam.snappy.compress_raw(b"a" * LIMIT))
    assert decode("snappy", block) == b"a" * LIMIT
    with pytest.raises(BatchTooLarge):
        decode("snappy", block, LIMIT - 1)
    members = gzip.compress(b"a" * 6_000) + gzip.compress(b"b" * 4_000)
    assert decode("gzip", members) == b"a" * 6_000 + b"b" * 4_000
    with pytest.raises(BatchTooLarge):
        decode("gzip", members, LIMIT - 1)


@codecs
@given(st.binary(max_size=200), st.integers(0, 60), st.integers(0, 255))
def test_damaged_data_raise_an_error_and_never_pass_the_limit(
    name: str, data: bytes, place: int, byte: int
) -> None:
    packed = bytearray(ENCODERS[name](data))
    packed[place % len(packed)] = byte
    try:
        unpacked = decode(name, bytes(packed))
    except DECODING_ERRORS:
        return
    assert len(unpacked) <= LIMIT


@pytest.fixture
def unlimited_again() -> Any:
    yield
    limit_decoding(LARGEST_BATCH)


@pytest.mark.usefixtures("unlimited_again")
@codecs
def test_the_reader_of_batches_that_the_consumer_uses_has_the_limit(name: str) -> None:
    builder = DefaultRecordBatchBuilder(2, NUMBERS[name], False, -1, -1, -1, 1_000_000)
    for offset in range(3):
        assert builder.append(offset, 0, None, b"z" * LIMIT, [])
    packed = bytes(builder.build())
    limit_decoding(4 * LIMIT)
    assert [len(record.value) for record in MemoryRecords(packed).next_batch()] == [LIMIT] * 3
    limit_decoding(2 * LIMIT)
    with pytest.raises(BatchTooLarge) as caught:
        list(MemoryRecords(packed).next_batch())
    assert caught.value.reason == "batch-too-large"
