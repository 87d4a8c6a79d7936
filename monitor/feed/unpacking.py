"""Packed data: what it starts with, and the library that unpacks it."""

from __future__ import annotations

import bz2
import gzip
import lzma
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Final, cast

# Python 3.14 brings both; before that, a backport does. It reads zip files that use zstd, too.
if sys.version_info >= (3, 14) and not TYPE_CHECKING:
    import zipfile

    from compression import zstd
else:
    from backports import zstd
    from backports.zstd import zipfile

__all__ = ["PACKINGS", "UNSUPPORTED", "Packing", "packing_of", "zipfile", "zstd"]

_MAX_WINDOW: Final = 31
"""Binary logarithm of the longest window of zstd, as with `zstd --long=31`."""


@dataclass(frozen=True, slots=True)
class Packing:
    """A way of packing.

    Attributes:
        name: its name for people.
        extensions: extensions of such files.
        marks: what such data starts with, and at which byte.
        unpack: returns a stream of the unpacked bytes; None for archives, which have several members.
    """

    name: str
    extensions: tuple[str, ...]
    marks: tuple[tuple[int, bytes], ...]
    unpack: Callable[[BinaryIO], BinaryIO] | None = None


def _gzip(stream: BinaryIO) -> BinaryIO:
    return cast(BinaryIO, gzip.GzipFile(fileobj=stream))


def _bzip2(stream: BinaryIO) -> BinaryIO:
    return cast(BinaryIO, bz2.BZ2File(stream))


def _xz(stream: BinaryIO) -> BinaryIO:
    return cast(BinaryIO, lzma.LZMAFile(stream))


def _zstd(stream: BinaryIO) -> BinaryIO:
    options: dict[int, int] = {zstd.DecompressionParameter.window_log_max: _MAX_WINDOW}
    return cast(BinaryIO, zstd.ZstdFile(stream, options=options))


ZIP: Final = Packing("zip", (".zip",), ((0, b"PK\x03\x04"), (0, b"PK\x05\x06")))
TAR: Final = Packing("tar", (".tar",), ((257, b"ustar"),))
PACKINGS: Final[tuple[Packing, ...]] = (
    Packing("gzip", (".gz", ".gzip"), ((0, b"\x1f\x8b"),), _gzip),
    Packing("bzip2", (".bz2", ".bzip2"), ((0, b"BZh"),), _bzip2),
    Packing("xz", (".xz",), ((0, b"\xfd7zXZ\0"),), _xz),
    # The second mark starts a skippable frame, which parallel programs write first.
    Packing("zstd", (".zst", ".zstd"), ((0, b"\x28\xb5\x2f\xfd"), (1, b"\x2a\x4d\x18")), _zstd),
    ZIP,
    TAR,
)
"""All packings that are read."""

UNSUPPORTED: Final = {
    b"7z\xbc\xaf\x27\x1c": "a 7-Zip archive",
    b"Rar!\x1a\x07": "a RAR archive",
    b"\x04\x22\x4d\x18": "packed with lz4",
    b"\x1f\x9d": "packed with compress",
}
"""What a file is that starts with these bytes, and is not read."""


def packing_of(start: bytes) -> Packing | None:
    """Return how data is packed that starts with these bytes, or None if it is not."""
    for packing in PACKINGS:
        if any(start.startswith(mark, place) for place, mark in packing.marks):
            return packing
    return None
