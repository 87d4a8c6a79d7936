"""The encoding of a file: detected once from its first bytes, and transcoded to UTF-8."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Callable
from typing import BinaryIO, Final, cast

from monitor.errors import MonitorError

WESTERN: Final = "cp1252"
"""What text of Windows and of Excel is in if it is not Unicode; Latin-1 is a part of it."""

_CHUNK: Final = 65_536

# The longer marks come first, because the mark of UTF-32 starts with the one of UTF-16.
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NOT_ASCII: Final = re.compile(rb"[\x80-\xff]+")


class EncodingNameError(MonitorError):
    """The name of an encoding is unknown."""


def detect_encoding(start: bytes) -> str | None:
    """Return the encoding of a file that starts with these bytes, or None if it is plain UTF-8.

    Detected are UTF-8, UTF-16 and UTF-32 with a byte order mark, and UTF-16 without one. Bytes that are not
    UTF-8 do not count here: see `is_western`.
    """
    for mark, encoding in _MARKS:
        if start.startswith(mark):
            return encoding
    # Nearly every second byte of UTF-16 text in a Latin script is zero.
    pairs = len(start) // 2
    if pairs:
        even, odd = start[0 : 2 * pairs : 2].count(0), start[1 : 2 * pairs : 2].count(0)
        if odd > pairs // 2 and even < pairs // 10 + 1:
            return "utf-16-le"
        if even > pairs // 2 and odd < pairs // 10 + 1:
            return "utf-16-be"
    return None


def is_western(start: bytes) -> bool:
    """Return True if bytes are text in cp1252 or Latin-1 rather than UTF-8 with a few broken characters.

    Text of cp1252 has nearly no pair of characters that is valid UTF-8 by chance.
    """
    valid = broken = 0
    for run in _NOT_ASCII.findall(start):
        try:
            # Pairs of surrogates, as Java writes emoji, are not valid UTF-8, but they are not cp1252 either.
            run.decode("utf-8", "surrogatepass")
            valid += 1
        except UnicodeDecodeError as error:
            # A character that the end of the sample cuts off is not broken.
            cut = start.endswith(run) and error.end == len(run) and "unexpected end" in error.reason
            broken += not cut
    return broken > valid


def normalized_encoding(name: str) -> str:
    """Return Python's name of an encoding.

    Raises:
        EncodingNameError: there is no text encoding of this name.
    """
    try:
        info = codecs.lookup(name)
        "".encode(info.name)
    except (LookupError, ValueError):
        raise EncodingNameError(
            f"{name!r} is not an encoding", "use a name such as utf-16, cp1252 or shift-jis for --encoding"
        ) from None
    return info.name


def utf8_stream(stream: BinaryIO, encoding: str, *, old_line_ends: bool = False) -> BinaryIO:
    """Return a stream with the same text in UTF-8, without a byte order mark.

    What cannot be decoded becomes U+FFFD. With `old_line_ends`, carriage returns become line feeds. Only one
    chunk at a time is in memory.
    """
    return cast(BinaryIO, io.BufferedReader(_Transcoder(stream, encoding, old_line_ends), _CHUNK))


class _Transcoder(io.RawIOBase):
    """The bytes of a stream, decoded and encoded again."""

    def __init__(self, stream: BinaryIO, encoding: str, old_line_ends: bool) -> None:
        self._read: Callable[[int], bytes] = getattr(stream, "read1", stream.read)
        self._decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
        self._old_line_ends = old_line_ends
        self._rest = b""
        self._ended = False
        self._started = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        while not self._rest and not self._ended:
            data = self._read(_CHUNK)
            self._ended = not data
            text = self._decoder.decode(data, final=self._ended)
            if text and not self._started:
                self._started = True
                text = text.removeprefix("\ufeff")
            if self._old_line_ends:
                text = text.replace("\r", "\n")
            # Encodings such as UTF-7 can contain lone surrogates.
            self._rest = text.encode(errors="replace")
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size
