"""A stream of unpacked bytes: with a sample of its start, guarded against decompression bombs and damage."""

from __future__ import annotations

import io
import lzma
import select
import struct
import tarfile
import zlib
from collections.abc import Callable
from typing import BinaryIO, Final, cast

from monitor.feed.source import SAMPLE_SIZE, FeedError
from monitor.feed.unpacking import zipfile, zstd

MAX_RATIO: Final = 1_000
"""Unpacked bytes for each byte on disk. Posts shrink to a tenth or a thirtieth, bombs to a 100,000th."""

MIN_CHECKED: Final = 64 * 1_048_576
"""Unpacked bytes from which the ratio counts: a small file of equal lines may have a large one."""

_BUFFER: Final = 262_144
_WAIT_FOR_MORE: Final = 0.5  # seconds
DAMAGE: Final = (
    *(EOFError, zlib.error, lzma.LZMAError, zstd.ZstdError, zipfile.BadZipFile),
    *(tarfile.TarError, struct.error),
    *(ValueError, OverflowError, RuntimeError, NotImplementedError, LookupError),
)
"""What the libraries raise for damaged data: their own errors, and those that they do not foresee."""


def refuse_bomb(name: str, packed: int, unpacked: int) -> None:
    """Check how many bytes packed data becomes.

    Raises:
        FeedError: there are more than posts can have been packed to.
    """
    if unpacked > MIN_CHECKED and unpacked > MAX_RATIO * max(packed, 1):
        raise FeedError(
            f"{name} looks like a decompression bomb: {packed:,} bytes become {unpacked:,} or more",
            "if it is not, unpack it with another program and feed the result",
        )


class BombGuard:
    """Compares the bytes that packed data became with its own size.

    Args:
        name: name of the packed file for messages.
        packed: returns the number of packed bytes that were read so far.
        around: guard of what it is packed in; so archives within archives also count as a whole.
    """

    def __init__(self, name: str, packed: Callable[[], int], around: BombGuard | None = None) -> None:
        self._name = name
        self._packed = packed
        self._around = around
        self._unpacked = 0

    def add(self, size: int) -> None:
        """Count bytes that were unpacked.

        Raises:
            FeedError: there are more than posts can have been packed to.
        """
        if self._around is not None:
            self._around.add(size)
        self._unpacked += size
        if self._unpacked > MIN_CHECKED:
            refuse_bomb(self._name, self._packed(), self._unpacked)


class UnpackedStream(io.RawIOBase):
    """The bytes of a file or of an unpacker, with errors that name the file.

    Args:
        inner: the file or the unpacker.
        name: name of the file for messages.
        guard: checks the number of bytes; None if somebody else does, or if nothing is packed.
        is_packed: whether the bytes on disk are others; by default if there is a guard.

    Raises:
        FeedError: from any method that reads: the data is damaged, a bomb, or cannot be read.
    """

    def __init__(
        self, inner: BinaryIO, name: str, guard: BombGuard | None = None, *, is_packed: bool | None = None
    ) -> None:
        self._read: Callable[[int], bytes] = getattr(inner, "read1", inner.read)
        self._inner = inner
        self._name = name
        self._guard = guard
        self._is_packed = guard is not None if is_packed is None else is_packed
        self._ahead = b""
        self._failure: FeedError | None = None
        self._count = 0

    def take_sample(self) -> bytes:
        """Return the first bytes, which can still be read afterwards.

        Of a pipe it returns what is there, once that has a whole line and nothing more comes for a moment.
        """
        try:
            while len(self._ahead) < SAMPLE_SIZE and (part := self._take(SAMPLE_SIZE - len(self._ahead))):
                self._ahead += part
                if b"\n" in part and not self._more_is_ready():
                    break
        except FeedError as error:
            if not self._ahead:
                raise
            self._failure = error  # for later: what came before the damage is read first
        return self._ahead

    def consumed(self) -> int:
        """Return the number of bytes that were read from `inner`."""
        return self._count

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Read bytes into `buffer`, and return their number."""
        if self._ahead:
            data, self._ahead = self._ahead[: len(buffer)], self._ahead[len(buffer) :]
        else:
            data = self._take(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True for a file that is not packed and has a position."""
        return not self._is_packed and self._inner.seekable()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a position of a file that is not packed."""
        if not self.seekable():
            raise io.UnsupportedOperation("seek")
        if whence == io.SEEK_CUR:
            offset -= len(self._ahead)
        self._ahead = b""
        return self._inner.seek(offset, whence)

    def tell(self) -> int:
        """Return the position in a file that is not packed."""
        if not self.seekable():
            raise io.UnsupportedOperation("tell")
        return self._inner.tell() - len(self._ahead)

    def fileno(self) -> int:
        """Return the descriptor of a file that is not packed."""
        if self._is_packed:
            raise io.UnsupportedOperation("fileno")
        return self._inner.fileno()

    def buffered(self) -> BinaryIO:
        """Return a buffered stream of these bytes."""
        return cast(BinaryIO, io.BufferedReader(self, _BUFFER))

    def _take(self, size: int) -> bytes:
        if self._failure is not None:
            raise self._failure
        try:
            data = self._read(size)
        except DAMAGE as error:
            raise self._damaged(error) from None
        except FeedError:
            raise
        except OSError as error:
            # bz2 and gzip report damage as an OSError without a number.
            if error.errno is None:
                raise self._damaged(error) from None
            raise FeedError(f"reading {self._name} failed: {error.strerror}") from None
        self._count += len(data)
        if self._guard is not None:
            self._guard.add(len(data))
        return data

    def _damaged(self, error: Exception) -> FeedError:
        return FeedError(
            f"the packed data of {self._name} is damaged or cut off ({error})",
            "fetch the file again; what came before was read",
        )

    def _more_is_ready(self) -> bool:
        try:
            readable, _, _ = select.select([self.fileno()], [], [], _WAIT_FOR_MORE)
        except (OSError, ValueError):
            return True
        return bool(readable)
