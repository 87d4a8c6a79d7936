"""What is fed, open and unpacked: its first bytes, its lines, and how far it was read.

Lines are numbered, limited in length, and not decoded here, so that one wrong byte affects one line only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from monitor.errors import MonitorError

MAX_LINE: Final = 16 * 1_048_576
"""Longest line in bytes. A page of 100 tweets with all expansions fits many times."""

SAMPLE_SIZE: Final = 65_536
"""Bytes that a format is detected from."""

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"

# White space, and the bytes of the marks of UTF-8 and UTF-16.
_BLANK: Final = b" \t\r\n\0\xef\xbb\xbf\xfe\xff"


class FeedError(MonitorError):
    """A file cannot be opened, read or understood as a whole."""


class UnknownFormatError(FeedError):
    """A file can be read, but it has no posts, as far as we know its format."""


def no_posts_error(skipped: int) -> UnknownFormatError:
    """Return the error for folders and archives in which every file was skipped."""
    return UnknownFormatError(
        f"no file has posts; skipped: {skipped:,}",
        "name the file with the posts, and its format with --format",
    )


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
    """A file, a member of an archive or standard input, open and unpacked.

    Attributes:
        name: the path, with that of the member (`a.zip/data/tweets.js`), or "standard input".
        extension: its extension in lower case, without that of its packing; empty if it has none.
        stream: its bytes, unpacked, from the start.
        sample: the first bytes of the stream, which are still in it: 64 KiB, or all of a shorter stream. Of
            a pipe, what has come so far, but at least one line.
        size: bytes of the file on disk, or None if unknown.
        was_listed: False if the user did not name it, but a folder or an archive that it is in.
    """

    name: str
    extension: str
    stream: BinaryIO
    sample: bytes
    size: int | None = None
    was_listed: bool = True
    read_so_far: Callable[[], int] = field(default=lambda: 0, repr=False)

    @property
    def is_empty(self) -> bool:
        """True if there is nothing but white space, and perhaps a byte order mark."""
        return len(self.sample) < SAMPLE_SIZE and not self.sample.strip(_BLANK)

    @property
    def position(self) -> int:
        """Bytes on disk that were read so far, or 0 if unknown."""
        try:
            return self.read_so_far()
        except (OSError, ValueError):
            return 0

    def lines(self) -> Iterator[SourceLine]:
        """Yield the lines.

        Raises:
            FeedError: the packed data is damaged, or reading fails.
        """
        return read_source_lines(self.stream)


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
