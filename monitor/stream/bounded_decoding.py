"""Unpacks compressed record batches up to a limit: 900 kB of gzip can hold 900 MB.

aiokafka unpacks a whole batch at once, without a limit. Its readers of batches call one function for each
codec, by a name in their own module. `limit_decoding` puts a function with a limit in each of these places.
"""

from __future__ import annotations

import importlib
import struct
import zlib
from collections.abc import Callable
from typing import Any, Final

import cramjam
from aiokafka import codec as unlimited
from aiokafka.errors import CorruptRecordException

LARGEST_BATCH: Final = 32 * 1024 * 1024
"""Most bytes of a record batch after unpacking. Producers pack batches of 1 MB or less."""

Decode = Callable[[Any], Any]
"""Unpacks a buffer of bytes into another one."""

_READERS: Final = (
    "aiokafka.record.default_records",
    "aiokafka.record.legacy_records",
    "aiokafka.record._crecords.default_records",
    "aiokafka.record._crecords.legacy_records",
)

_GZIP: Final = 31  # the window size of zlib, plus 16 for the header of gzip
_USUAL_RATIO: Final = 8
_XERIAL_MAGIC: Final = b"\x82SNAPPY\x00"
_XERIAL_HEADER: Final = 16  # bytes: the magic, a version, and the oldest version that can read it


class BatchTooLarge(CorruptRecordException):  # type: ignore[misc] # aiokafka ships no usable types
    """A record batch has more bytes than allowed after unpacking.

    Attributes:
        reason: the reason of its dead letter.
    """

    reason = "batch-too-large"


def limit_decoding(largest: int = LARGEST_BATCH) -> None:
    """Make aiokafka unpack batches up to `largest` bytes, and raise `BatchTooLarge` for others."""
    for name in _READERS:
        try:
            reader = importlib.import_module(name)
        except ImportError:
            continue  # aiokafka was built without its compiled readers
        for decode, limited in limited_decoders(largest).items():
            if hasattr(reader, decode):
                setattr(reader, decode, limited)


def limited_decoders(largest: int) -> dict[str, Decode]:
    """Return the decoder of each codec by aiokafka's name for it; all raise `BatchTooLarge`."""
    return {
        "gzip_decode": lambda payload: _gunzip(payload, largest),
        "snappy_decode": lambda payload: _unpack_snappy(payload, largest),
        "lz4_decode": lambda payload: _unpack_into(cramjam.lz4.decompress_into, payload, largest),
        "zstd_decode": lambda payload: _unpack_into(cramjam.zstd.decompress_into, payload, largest),
    }


def _gunzip(payload: Any, largest: int) -> bytes:
    pieces: list[bytes] = []
    size = 0
    rest = bytes(payload)
    while rest:  # gzip may have several members, one after the other
        member = zlib.decompressobj(_GZIP)
        pieces.append(member.decompress(rest, largest - size + 1))
        size += len(pieces[-1])
        if size > largest:
            raise _too_large(largest)
        if not member.eof:
            raise EOFError("the gzip data end before their end mark")
        rest = member.unused_data.lstrip(b"\0")
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _unpack_snappy(payload: Any, largest: int) -> bytes:
    """Unpack snappy in either form: one block, or Xerial's blocks with the length of each before it."""
    view = memoryview(payload).cast("b").cast("B")
    size, place = 0, _XERIAL_HEADER
    if bytes(view[: len(_XERIAL_MAGIC)]) != _XERIAL_MAGIC:
        size = cramjam.snappy.decompress_raw_len(view)
    else:
        while place < len(view):
            [length] = struct.unpack_from("!i", view, place)
            if length < 0:
                raise ValueError("a snappy block has a negative length")
            size += cramjam.snappy.decompress_raw_len(view[place + 4 : place + 4 + length])
            place += 4 + length
    if size > largest:
        raise _too_large(largest)
    unpacked: bytes = unlimited.snappy_decode(payload)
    return unpacked


def _unpack_into(unpack: Callable[[Any, Any], int], payload: Any, largest: int) -> memoryview:
    """Unpack into a buffer. It starts with the usual size, and doubles as long as it is too small."""
    size = min(largest, max(1024, _USUAL_RATIO * len(payload)))
    while True:
        buffer = bytearray(size)
        try:
            return memoryview(buffer)[: unpack(payload, buffer)]
        except cramjam.DecompressionError as error:
            if "whole buffer" not in str(error):
                raise
        if size == largest:
            raise _too_large(largest)
        size = min(largest, 2 * size)


def _too_large(largest: int) -> BatchTooLarge:
    return BatchTooLarge(f"the record batch has more than {largest} bytes after unpacking")
