"""Unpacked bytes: a sample of the start, limits against bombs, and damage that names the file."""

from __future__ import annotations

import gzip
import io
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feed import FeedError
from monitor.feed.source import SAMPLE_SIZE
from monitor.feed.unpacked_stream import MAX_RATIO, MIN_CHECKED, BombGuard, UnpackedStream


@given(st.binary(max_size=300), st.lists(st.integers(1, 50), max_size=10))
def test_the_sample_is_still_in_the_stream(data: bytes, sizes: list[int]) -> None:
    stream = UnpackedStream(io.BytesIO(data), "f")
    assert stream.take_sample() == data
    parts = [bytes(stream.read(size)) for size in sizes]
    assert b"".join(parts) + stream.buffered().read() == data


def test_a_sample_of_a_long_file_is_limited() -> None:
    stream = UnpackedStream(io.BytesIO(b"x\n" * SAMPLE_SIZE), "f")
    assert len(stream.take_sample()) == SAMPLE_SIZE


def test_a_sample_that_comes_in_parts_is_limited_too() -> None:
    class Parts(io.BytesIO):
        def read1(self, size: int | None = -1) -> bytes:
            return super().read1(min(size or 0, 50_000))

    assert len(UnpackedStream(Parts(bytes(2 * SAMPLE_SIZE)), "f").take_sample()) == SAMPLE_SIZE


def test_a_sample_of_a_pipe_is_what_has_come() -> None:
    reading, writing = os.pipe()
    os.write(writing, b'{"id": 1}\n')
    with open(reading, "rb") as pipe:  # noqa: PTH123
        assert UnpackedStream(pipe, "f").take_sample() == b'{"id": 1}\n'
    os.close(writing)


def test_a_file_that_is_not_packed_has_positions() -> None:
    stream = UnpackedStream(io.BytesIO(b"0123456789"), "f")
    stream.take_sample()
    file = stream.buffered()
    assert file.seekable()
    assert (file.read(2), file.tell()) == (b"01", 2)
    file.seek(-1, io.SEEK_END)
    assert file.read() == b"9"
    file.seek(3)
    file.seek(1, io.SEEK_CUR)
    assert file.read(1) == b"4"


def test_packed_data_has_no_positions() -> None:
    stream = UnpackedStream(io.BytesIO(b"x"), "f", BombGuard("f", lambda: 1))
    assert not stream.seekable()
    for method in (stream.tell, stream.fileno, lambda: stream.seek(0)):
        with pytest.raises(io.UnsupportedOperation):
            method()


def test_a_bomb_is_refused() -> None:
    guard = BombGuard("a.gz", lambda: 10)
    guard.add(MIN_CHECKED)
    with pytest.raises(FeedError, match=r"a\.gz.*bomb"):
        guard.add(1)


def test_a_large_file_may_be_packed_well() -> None:
    guard = BombGuard("a.gz", lambda: MIN_CHECKED)
    guard.add(MAX_RATIO * MIN_CHECKED)


def test_packed_data_in_packed_data_counts_as_a_whole() -> None:
    inner = BombGuard("a.zip/b.gz", lambda: MIN_CHECKED, BombGuard("a.zip", lambda: 10))
    with pytest.raises(FeedError, match=r"a\.zip"):
        inner.add(MIN_CHECKED + 1)


def test_what_comes_before_damage_is_read_first() -> None:
    packed = gzip.compress(os.urandom(500_000))
    stream = UnpackedStream(gzip.GzipFile(fileobj=io.BytesIO(packed[:-100])), "a.gz")  # type: ignore[arg-type]
    before = len(stream.take_sample())
    with pytest.raises(FeedError, match=r"a\.gz.*damaged"):
        while part := stream.read(10_000):
            before += len(part)
    assert before > 400_000


def test_damage_in_a_short_file_is_reported_after_its_start() -> None:
    packed = gzip.compress(b"{}\n" * 10)
    stream = UnpackedStream(gzip.GzipFile(fileobj=io.BytesIO(packed[:-4])), "a.gz")  # type: ignore[arg-type]
    assert stream.take_sample() == b"{}\n" * 10
    file = stream.buffered()
    assert [file.readline() for _ in range(10)] == [b"{}\n"] * 10
    with pytest.raises(FeedError, match="damaged"):
        file.readline()


def test_a_file_that_cannot_be_read_is_named() -> None:
    class Broken(io.RawIOBase):
        def read1(self, _size: int) -> bytes:
            raise OSError(5, "Input/output error")

    with pytest.raises(FeedError, match=r"reading f failed: Input/output error"):
        UnpackedStream(Broken(), "f").take_sample()  # type: ignore[arg-type]
