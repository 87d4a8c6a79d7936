"""Lines of a source, numbered, bounded in length, and never decoded here: one bad byte spoils one line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

MAX_LINE: Final = 16 * 1_048_576
"""Longest line in bytes: a page of 100 tweets with all expansions fits many times."""

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Line:
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


def read_lines(stream: BinaryIO, longest: int = MAX_LINE) -> Iterator[Line]:
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
        yield Line(number, data[:longest], whole=len(data) <= longest)
