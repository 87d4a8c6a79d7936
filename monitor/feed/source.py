"""Open what is fed, a file or standard input, gzip or not, and read its lines.

Lines are numbered, limited in length, and not decoded here, so that one wrong byte affects one line only.
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

MAX_LINE: Final = 16 * 1_048_576
"""Longest line in bytes. A page of 100 tweets with all expansions fits many times."""

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_GZIP: Final = b"\x1f\x8b"
_UNSUPPORTED: Final = {
    b"PK\x03\x04": ("a zip file", "unpack it first"),
    b"BZh": ("packed with bzip2", "use `bzcat FILE | ade-monitor feed -`"),
    b"\xfd7zX": ("packed with xz", "use `xzcat FILE | ade-monitor feed -`"),
    b"\x28\xb5\x2f\xfd": ("packed with zstd", "use `zstdcat FILE | ade-monitor feed -`"),
    b"\xff\xfe": ("UTF-16", "convert it to UTF-8, for example with `iconv -f UTF-16 -t UTF-8`"),
    b"\xfe\xff": ("UTF-16", "convert it to UTF-8, for example with `iconv -f UTF-16 -t UTF-8`"),
}
"""What a file is that starts with these bytes, and what to do about it."""


class FeedError(MonitorError):
    """A file cannot be opened, read or understood as a whole."""


@dataclass(frozen=True, slots=True)
class SourceLine:
    r"""One line, without its end (`\n` or `\r\n`).

    Attributes:
        number: counted from 1.
        data: the bytes of the line, or the first `MAX_LINE` of them.
        whole: False if the line was longer than that.
    """

    number: int
    data: bytes
    whole: bool = True

    @property
    def blank(self) -> bool:
        """True if the line has only white space."""
        return not self.data.strip()


@dataclass(frozen=True)
class Source:
    """An open source.

    Attributes:
        name: the path, or "standard input".
        extension: the file's extension without `.gz`, in lower case; empty for standard input.
        stream: its bytes, unpacked.
        size: bytes on disk, or None if unknown.
    """

    name: str
    extension: str
    stream: BinaryIO
    size: int | None
    _packed: BinaryIO

    @property
    def position(self) -> int:
        """Bytes on disk that were read so far, or 0 if unknown."""
        try:
            return self._packed.tell()
        except (OSError, ValueError):
            return 0

    def lines(self) -> Iterator[SourceLine]:
        """Yield the lines.

        Raises:
            FeedError: the gzip data is damaged, or reading fails.
        """
        try:
            yield from read_source_lines(self.stream)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise FeedError(
                f"the gzip data of {self.name} is damaged or cut off ({error})", "fetch the file again"
            ) from None
        except OSError as error:
            raise FeedError(f"reading {self.name} failed: {error.strerror or error}") from None


@contextlib.contextmanager
def open_source(path: Path | None) -> Iterator[Source]:
    """Open a file, or standard input if `path` is None, for the duration of the block.

    gzip is detected from the first bytes, whatever the name of the file.

    Raises:
        FeedError: the file does not exist, may not be read, or is packed in another way.
    """
    with _open(path) as packed:
        name = "standard input" if path is None else str(path)
        start = packed.peek(4)[:4]
        for magic, (kind, advice) in _UNSUPPORTED.items():
            if start.startswith(magic):
                raise FeedError(f"{name} is {kind}", advice)
        zipped = start.startswith(_GZIP)
        stream = cast(BinaryIO, gzip.GzipFile(fileobj=packed) if zipped else packed)
        suffixes = [] if path is None else [s for s in path.suffixes if s.lower() != ".gz"]
        size = path.stat().st_size if path is not None and path.is_file() else None
        yield Source(name, suffixes[-1].lower() if suffixes else "", stream, size, packed)


def read_source_lines(stream: BinaryIO, longest: int = MAX_LINE) -> Iterator[SourceLine]:
    r"""Yield the lines of a stream, without a byte order mark; a line that is too long is cut.

    Memory is limited by `longest` bytes. Raises whatever reading the stream raises.
    """
    number = 0
    # Two bytes more, for a line end of `\r\n` after the longest line.
    while data := stream.readline(longest + 2):
        number += 1
        cut = False
        if not data.endswith(b"\n"):
            while rest := stream.readline(longest + 2):
                cut = True
                if rest.endswith(b"\n"):
                    break
        if not cut:
            data = data.removesuffix(b"\n").removesuffix(b"\r")
        if number == 1:
            data = data.removeprefix(_BYTE_ORDER_MARK)
        yield SourceLine(number, data[:longest], whole=not cut and len(data) <= longest)


@contextlib.contextmanager
def _open(path: Path | None) -> Iterator[io.BufferedReader]:
    if path is None:
        if sys.stdin is None or sys.stdin.closed:
            raise FeedError("there is no standard input to read", "name a file")
        buffer = sys.stdin.buffer
        if not isinstance(buffer, io.BufferedReader):
            buffer = io.BufferedReader(cast(io.RawIOBase, buffer))
        yield buffer
        return
    try:
        file = path.open("rb")
    except FileNotFoundError:
        raise FeedError(f"there is no file {path}", "check the name, or use - for standard input") from None
    except IsADirectoryError:
        raise FeedError(
            f"{path} is a folder", f"name a file in it, for example {path}/tweets.jsonl"
        ) from None
    except OSError as error:
        raise FeedError(f"{path} cannot be opened: {error.strerror}") from None
    with file:
        yield file
