"""The one error of the feed: a file as a whole that cannot be fed.

Lines of a source, numbered, bounded in length, and never decoded here: one bad byte spoils one line.

Open what is to be fed: a file or standard input, gzip or not.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, cast

from monitor.errors import MonitorError


class FeedError(MonitorError):
    """The file cannot be opened, read, or understood; its message says what to change."""


MAX_LINE: Final = 16 * 1_048_576
"""Longest line in bytes: a page of 100 tweets with all expansions fits many times."""

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class SourceLine:
    r"""One line, without its end (`\n` or `\r\n`).

    Attributes:
        number: counted from 1.
        data: its bytes, at most `MAX_LINE`.
        whole: whether the line had no more bytes than `data` has.
    """

    number: int
    data: bytes
    whole: bool = True

    @property
    def blank(self) -> bool:
        """Whether there is nothing on the line but white space."""
        return not self.data.strip()


def read_source_lines(stream: BinaryIO, longest: int = MAX_LINE) -> Iterator[SourceLine]:
    """Give the lines of a stream; a byte order mark is left out, and of a longer line the rest is skipped.

    Memory is bounded by `longest` bytes. Raises whatever reading the stream raises.
    """
    number = 0
    while data := stream.readline(longest + 1):
        number += 1
        ended = data.endswith(b"\n")
        while not ended and (rest := stream.readline(longest + 1)):
            ended = rest.endswith(b"\n")
        data = data.removesuffix(b"\n").removesuffix(b"\r")
        if number == 1:
            data = data.removeprefix(_BYTE_ORDER_MARK)
        yield SourceLine(number, data[:longest], whole=len(data) <= longest)


_GZIP: Final = b"\x1f\x8b"
_OTHER_PACKINGS: Final = {
    b"PK\x03\x04": "a zip file: unpack it first",
    b"BZh": "packed with bzip2: use `bzcat FILE | ade-monitor feed -`",
    b"\xfd7zX": "packed with xz: use `xzcat FILE | ade-monitor feed -`",
    b"\x28\xb5\x2f\xfd": "packed with zstd: use `zstdcat FILE | ade-monitor feed -`",
    b"\xff\xfe": "UTF-16: convert it to UTF-8, such as with `iconv -f UTF-16 -t UTF-8`",
    b"\xfe\xff": "UTF-16: convert it to UTF-8, such as with `iconv -f UTF-16 -t UTF-8`",
}


@dataclass(frozen=True)
class Source:
    """An open source.

    Attributes:
        name: the path, or "standard input".
        extension: the file's extension without `.gz`, in lower case; empty for standard input.
        stream: its bytes, unpacked.
        size: bytes on disk, or None where nobody knows.
    """

    name: str
    extension: str
    stream: BinaryIO
    size: int | None
    _packed: BinaryIO

    @property
    def position(self) -> int:
        """Bytes that were read so far, as they lie on disk; 0 where the source cannot tell."""
        try:
            return self._packed.tell()
        except (OSError, ValueError):
            return 0

    def lines(self) -> Iterator[SourceLine]:
        """Read it line by line.

        Raises:
            FeedError: the gzip data is damaged, or the file cannot be read on.
        """
        try:
            yield from read_source_lines(self.stream)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            hint = f"is damaged or cut off ({error}): fetch the file again"
            raise FeedError(f"the gzip data of {self.name} {hint}") from None
        except OSError as error:
            raise FeedError(f"{self.name} cannot be read on: {error.strerror or error}") from None


@contextlib.contextmanager
def open_source(path: Path | None) -> Iterator[Source]:
    """Open a file, or standard input where `path` is None, and close it.

    gzip is known by its first bytes, whatever the file is called.

    Raises:
        FeedError: there is no such file, it may not be read, or it is packed in another way.
    """
    with _opened(path) as packed:
        name = "standard input" if path is None else str(path)
        start = packed.peek(4)[:4]
        for magic, what in _OTHER_PACKINGS.items():
            if start.startswith(magic):
                raise FeedError(f"{name} is {what}")
        zipped = start.startswith(_GZIP)
        stream = cast(BinaryIO, gzip.GzipFile(fileobj=packed) if zipped else packed)
        suffixes = [] if path is None else [s for s in path.suffixes if s.lower() != ".gz"]
        size = path.stat().st_size if path is not None and path.is_file() else None
        yield Source(name, suffixes[-1].lower() if suffixes else "", stream, size, packed)


@contextlib.contextmanager
def _opened(path: Path | None) -> Iterator[io.BufferedReader]:
    if path is None:
        if sys.stdin is None or sys.stdin.closed:
            raise FeedError("there is no standard input to read: name a file")
        buffer = sys.stdin.buffer
        yield (
            buffer if isinstance(buffer, io.BufferedReader) else io.BufferedReader(cast(io.RawIOBase, buffer))
        )
        return
    try:
        file = path.open("rb")
    except FileNotFoundError:
        raise FeedError(f"there is no file {path}: check the name, or use - for standard input") from None
    except IsADirectoryError:
        raise FeedError(f"{path} is a folder: name the files in it, such as {path}/tweets.jsonl") from None
    except OSError as error:
        raise FeedError(f"{path} cannot be opened: {error.strerror}") from None
    with file:
        yield file
