"""The objects of a JSON file, one at a time: openFDA's files of all labels have more than a gigabyte."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from typing import Any, BinaryIO, Final, NoReturn

from monitor.labels.errors import LabelError

LARGEST_OBJECT: Final = 64_000_000
"""Characters of one label; the longest have about a million."""

_CHUNK: Final = 1_000_000
_SPACE: Final = " \t\r\n"
_NEAR_END: Final = 16  # characters: a literal, a number or an escape may have been cut there


class JsonObjects:
    """Reads the objects of a list, of the list `results` in an object, or of lines.

    Args:
        stream: the file, in UTF-8.
        place: its name, for messages.
    """

    def __init__(self, stream: BinaryIO, place: str) -> None:
        self._stream = stream
        self._place = place
        self._text = codecs.getincrementaldecoder("utf-8-sig")()
        self._decoder = json.JSONDecoder()
        self._buffer = ""
        self._at = 0
        self._line = 1
        self._ended = False

    def __iter__(self) -> Iterator[tuple[int, Any]]:
        """Yield each object with the number of the line where it starts.

        Raises:
            LabelError: the file is not JSON, or ends too early.
        """
        while first := self._peek():
            if first == "[":
                yield from self._items()
            elif first == "{":
                yield from self._document()
            else:
                self._fail("it is not a JSON object or list")

    def _document(self) -> Iterator[tuple[int, Any]]:
        """Yield the items of `results`, or the object itself if it has no such list."""
        line, document = self._line, {}
        self._take("{")
        has_results = False
        while self._peek() != "}":
            key = self._value()
            if not isinstance(key, str):
                self._fail("the name of a field is not a string")
            self._take(":")
            if key == "results" and self._peek() == "[":
                has_results = True
                yield from self._items()
            else:
                document[key] = self._value()
            if self._peek() == ",":
                self._take(",")
            elif self._peek() != "}":
                self._fail("a comma or a } is missing")
        self._take("}")
        if not has_results:
            yield line, document

    def _items(self) -> Iterator[tuple[int, Any]]:
        self._take("[")
        while self._peek() != "]":
            line = self._line
            yield line, self._value()
            if self._peek() == ",":
                self._take(",")
            elif self._peek() != "]":
                self._fail("a comma or a ] is missing")
        self._take("]")

    def _peek(self) -> str:
        """Skip white space, and return the next character; an empty string at the end of the file."""
        while True:
            while self._at < len(self._buffer) and self._buffer[self._at] in _SPACE:
                self._line += self._buffer[self._at] == "\n"
                self._at += 1
            if self._at < len(self._buffer):
                return self._buffer[self._at]
            if not self._read():
                return ""

    def _take(self, character: str) -> None:
        if self._peek() != character:
            self._fail(f"a {character} is missing")
        self._at += 1

    def _value(self) -> Any:
        self._peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._buffer, self._at)
                # The rest of a number may not have been read yet.
                if end < len(self._buffer) or isinstance(value, str | dict | list) or not self._read():
                    break
            except RecursionError:
                self._fail("it is nested too deeply")
            except ValueError as error:
                if not self._may_go_on(error) or not self._read():
                    self._fail(getattr(error, "msg", str(error)), getattr(error, "pos", self._at))
            if len(self._buffer) - self._at > LARGEST_OBJECT:
                self._fail("one object has more than 64 million characters")
        self._line += self._buffer.count("\n", self._at, end)
        self._at = end
        return value

    def _may_go_on(self, error: ValueError) -> bool:
        """Return True if the text that is not read yet may repair the error."""
        if not isinstance(error, json.JSONDecodeError):
            return False
        return error.msg.startswith("Unterminated string") or error.pos >= len(self._buffer) - _NEAR_END

    def _read(self) -> bool:
        """Read on, at least as much as is waiting, so that a long object is not decoded too often."""
        if self._ended:
            return False
        self._buffer = self._buffer[self._at :]
        self._at = 0
        try:
            data = self._stream.read(max(_CHUNK, len(self._buffer)))
            self._ended = not data
            self._buffer += self._text.decode(data, final=self._ended)
        except UnicodeDecodeError:
            self._fail("it is not UTF-8")
        return True

    def _fail(self, reason: str, position: int | None = None) -> NoReturn:
        line = self._line + self._buffer.count("\n", self._at, self._at if position is None else position)
        end = " (the file ends there)" if self._ended and not self._buffer[self._at :].strip() else ""
        raise LabelError(
            f"{self._place}, line {line}: {reason}{end}", "download the file again, or correct that line"
        )
