"""Split a stream of JSON into documents: one for each object of arrays and pages.

A streaming parser such as ijson stops at the first wrong byte. This splitter only looks for strings and
brackets and leaves each document to `parse_json`, so a fault costs one document, not the rest of the file. It
also knows the line and the bytes of each document, for messages about it. It keeps one document in memory.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, Final, cast

from monitor.feed.json_patterns import (
    ASSIGNMENT,
    BRACKET,
    BROKEN_STRING,
    KEY,
    NEXT_OBJECT,
    SKIPPED,
)
from monitor.feed.json_text import JsonText, read_chat
from monitor.feed.source import MAX_LINE

_CHUNK: Final = 262_144
_SEPARATORS: Final = b" \t\r\n,;"
_LONGEST_KEY: Final = 80

_OPEN_OBJECT, _CLOSE_OBJECT, _OPEN_ARRAY, _CLOSE_ARRAY = b"{}[]"

_CHAT_LISTS: Final = (b"chats", b"left_chats")


def split_documents(stream: BinaryIO) -> Iterator[JsonText]:
    """Yield the documents of a stream of JSON values: each object, and each element of an array.

    The messages of a Telegram export are documents, too, since such an export is one object of any size. Text
    that is not JSON also comes as a document, so that parsing it says what is wrong with it.

    Args:
        stream: UTF-8 without a byte order mark, with line ends anywhere or nowhere.
    """
    return _Splitter(stream).documents()


@dataclass(frozen=True, slots=True)
class _Array:
    """An array whose elements are documents.

    Attributes:
        depth: its depth in the document that it is in; 0 if it is in none.
        chat: the fields of the Telegram chat whose messages they are, or None.
        has_chats: True if they are the chats of a Telegram export.
    """

    depth: int = 0
    chat: dict[str, Any] | None = None
    has_chats: bool = False


class _Splitter:
    """Reads a stream in chunks, and goes from bracket to bracket.

    `_buffer` has what is still needed, from the start of the document, or of the text between two documents.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._read = getattr(stream, "read1", stream.read)
        self._buffer = b""
        self._start = 0  # of the document, or of what is between two documents
        self._place = 0  # up to here, the buffer was looked at
        self._line, self._counted = 1, 0  # number of the line at a place of the buffer
        self._depth = 0  # of brackets in the document; 0 between two documents
        self._arrays: list[_Array] = []
        self._is_opened = False  # parts of the document come as documents, so it does not come itself
        self._in_chats = False
        self._too_long: JsonText | None = None
        self._is_faulty = False  # the last text was not JSON, and what follows may belong to it

    def documents(self) -> Iterator[JsonText]:
        while len(self._buffer) < _LONGEST_KEY and self._fill():
            pass
        if prefix := ASSIGNMENT.match(self._buffer):
            self._place = self._start = prefix.end()
        while True:
            if (bracket := BRACKET.match(self._buffer, self._place)) is not None:
                self._place = bracket.end()
                if not self._depth:
                    yield from self._between(bracket.start(1))
                elif bracket[1] in b"{[":
                    self._go_inside(bracket.start(1))
                elif self._depth > 1:
                    self._depth -= 1
                else:
                    yield from self._end_document(bracket.end())
            elif (line_end := self._end_of_broken_line()) is not None:
                yield from self._skip_fault(line_end)
            elif not self._fill():
                yield from self._rest()
                return

    def _between(self, place: int) -> Iterator[JsonText]:
        """Handle a bracket that is in no document."""
        yield from self._loose_text(place)
        bracket = self._buffer[place]
        self._start = place
        if bracket == _OPEN_OBJECT or (bracket == _OPEN_ARRAY and self._arrays):
            self._is_opened = self._in_chats = False
            if not self._may_have_chats():
                yield from self._elements()
            if self._start == place:
                self._depth = 1
            return
        self._start = place + 1
        if bracket == _OPEN_ARRAY:
            self._arrays.append(_Array())
        elif bracket == _CLOSE_ARRAY and self._arrays:
            self._depth = self._arrays.pop().depth
            self._is_opened = self._depth > 0
        else:
            yield from self._fault(place, bytes([bracket]))

    def _elements(self) -> Iterator[JsonText]:
        """Yield the elements of an array from here on, as long as they are whole objects in the buffer."""
        chat = self._arrays[-1].chat
        while (element := NEXT_OBJECT.match(self._buffer, self._start)) is not None:
            start, self._start = element.span(1)
            self._place = self._start
            self._is_faulty = False
            yield JsonText(self._line_at(start), element[1], chat=chat)

    def _go_inside(self, place: int) -> None:
        """Handle a bracket that opens something in a document."""
        if self._depth > 2 or not self._may_have_chats() or not self._open_array(place):
            self._depth += 1

    def _end_document(self, end: int) -> Iterator[JsonText]:
        """Yield the document that ends here."""
        self._depth = 0
        if self._too_long is not None:
            yield self._too_long
            self._too_long = None
        elif not self._is_opened:
            self._is_faulty = False
            chat = self._arrays[-1].chat if self._arrays else None
            yield JsonText(self._line_at(self._start), self._buffer[self._start : end], chat=chat)
        self._start = end

    def _may_have_chats(self) -> bool:
        return not self._arrays or self._arrays[-1].has_chats

    def _open_array(self, place: int) -> bool:
        """Return True if a bracket opens an array of a Telegram export, whose elements are documents."""
        key = KEY.search(self._buffer, max(self._start, place - _LONGEST_KEY), place)
        if key is None:
            return False
        if self._buffer[place] == _OPEN_OBJECT:
            self._in_chats = self._depth == 1 and key[1] in _CHAT_LISTS
            return False
        if self._depth == 2 and self._in_chats and key[1] == b"list":
            array = _Array(self._depth, has_chats=True)
        elif self._depth == 1 and key[1] == b"messages" and not self._is_opened:
            chat = read_chat(self._buffer[self._start : key.start()].rstrip(_SEPARATORS))
            if chat is None:
                return False
            array = _Array(self._depth, chat)
        else:
            return False
        self._arrays.append(array)
        self._depth = 0
        self._start = place + 1
        return True

    def _loose_text(self, end: int) -> Iterator[JsonText]:
        """Yield text between two documents that is more than separators."""
        text = self._buffer[self._start : end]
        if stripped := text.strip(_SEPARATORS):
            yield from self._fault(self._start + text.index(stripped), stripped)

    def _fault(self, place: int, data: bytes) -> Iterator[JsonText]:
        """Yield something that is not JSON, unless it follows another such thing."""
        if not self._is_faulty:
            yield JsonText(self._line_at(place), data[:MAX_LINE])
        self._is_faulty = True

    def _end_of_broken_line(self) -> int | None:
        """Return the end of the line if a string is not closed on it; None if that is not the problem."""
        skipped = SKIPPED.match(self._buffer, self._place)
        broken = BROKEN_STRING.match(self._buffer, skipped.end() if skipped else self._place)
        return broken.end() if broken else None

    def _skip_fault(self, line_end: int) -> Iterator[JsonText]:
        """Yield a document with a broken string, and go on at the next line that starts as it does."""
        yield from self._fault(self._start, self._buffer[self._start : line_end].strip(_SEPARATORS))
        indent = self._start - (self._buffer.rfind(b"\n", 0, self._start) + 1)
        next_start = re.compile(rb"^[ \t]{0,%d}[{\]]" % min(indent, 1_000), re.MULTILINE)
        self._start = self._place = line_end
        self._depth = 0
        self._too_long = None
        while (next_line := next_start.search(self._buffer, self._place)) is None:
            # The last line may go on in the next chunk.
            self._start = self._place = max(self._buffer.rfind(b"\n") + 1, self._place)
            if not self._fill():
                self._start = self._place = len(self._buffer)
                return
        self._start = self._place = next_line.end() - 1

    def _rest(self) -> Iterator[JsonText]:
        """Yield what is left at the end of the stream."""
        if self._too_long is not None:
            yield self._too_long
        elif self._depth and not self._is_opened:
            yield JsonText(self._line_at(self._start), self._buffer[self._start :], is_cut=True)
        else:
            if not self._depth:
                yield from self._loose_text(len(self._buffer))
            if self._depth or self._arrays:
                yield JsonText(self._line_at(len(self._buffer)), b"", is_cut=True)

    def _fill(self) -> bool:
        """Read a chunk, and drop what is no longer needed; return False at the end of the stream."""
        is_long = len(self._buffer) - self._start > MAX_LINE
        if is_long and self._depth and not self._is_opened and self._too_long is None:
            data = self._buffer[self._start : self._start + MAX_LINE]
            self._too_long = JsonText(self._line_at(self._start), data, is_too_long=True)
        if is_long or self._is_opened:
            self._start = self._place
        # An unfinished string is looked at again with each chunk, so chunks grow with it.
        chunk = cast(bytes, self._read(max(_CHUNK, len(self._buffer) - self._place)))
        self._line_at(self._start)
        self._buffer = self._buffer[self._start :] + chunk
        self._place -= self._start
        self._counted -= self._start
        self._start = 0
        return bool(chunk)

    def _line_at(self, place: int) -> int:
        """Return the number of the line at a place that is not before the last such place."""
        if place > self._counted:
            self._line += self._buffer.count(b"\n", self._counted, place)
            self._counted = place
        return self._line
