"""Delimited text: lines become rows of cells, whatever the quotes in them."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from monitor.feed.encodings import WESTERN
from monitor.feed.entries import Reject, reject_long_line
from monitor.feed.source import MAX_LINE, SourceLine
from monitor.feed.tables.table_rows import CellRow, Notify

# Python's limit is 131,072 characters. Some tools write whole objects into a cell, next to a short text.
csv.field_size_limit(MAX_LINE)

# Posts on X have ids of this length. A line that starts with one is a row, not a part of a cell.
_ID_AT_START: Final = r'"?[0-9]{15,20}"?'


class Quoting(StrEnum):
    """What a double quote means: it encloses a cell and is doubled in it, or has a backslash, or nothing."""

    DOUBLED = "doubled"
    ESCAPED = "escaped"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a file separates its cells.

    Attributes:
        delimiter: one character.
        quoting: what quotes mean.
        width: number of columns, or None if it is unknown.
        rest_is_text: True if the last column takes the rest of the line, with all its delimiters.
    """

    delimiter: str
    quoting: Quoting
    width: int | None = None
    rest_is_text: bool = False


def split_rows(
    lines: Iterator[SourceLine],
    dialect: Dialect,
    *,
    western: bool | None = None,
    notify: Notify | None = None,
) -> Iterator[CellRow | Reject]:
    """Yield the rows of delimited text. Blank lines are skipped, and memory is constant.

    Args:
        lines: lines in UTF-8.
        dialect: how cells are separated.
        western: True if lines that are not UTF-8 are in cp1252, False if they are broken, None to find out at
            the first one.
        notify: called if that is found out.
    """
    decoder = _LineDecoder(western, notify)
    if dialect.quoting is Quoting.NONE:
        return _plain_rows(lines, dialect, decoder)
    return _QuotedRows(lines, dialect, decoder).read()


def literal_cells(line: str, delimiter: str) -> list[str]:
    """Split a line in which quotes enclose some cells, and are ordinary characters in others.

    A cell is enclosed only if its last quote is at its end, so `"hi" she said` keeps its quotes.
    """
    mark = re.escape(delimiter)
    # Possessive, so that many quotes cannot make it slow.
    enclosed = rf'"((?:[^"]|""|"(?!{mark}|$))*+)"(?={mark}|$)'
    matches = re.finditer(rf"(?:^|{mark})(?:{enclosed}|([^{mark}]*))", line)
    return [match[2] if match[1] is None else match[1].replace('""', '"') for match in matches]


def _plain_rows(
    lines: Iterator[SourceLine], dialect: Dialect, decoder: _LineDecoder
) -> Iterator[CellRow | Reject]:
    splits = dialect.width - 1 if dialect.rest_is_text and dialect.width else -1
    for line in lines:
        if line.blank:
            continue
        text = decoder.decode(line.data)
        if text is None or not line.whole:
            yield _unreadable(line)
        else:
            yield CellRow(line.number, text.split(dialect.delimiter, splits), line.data)


class _QuotedRows:
    """Rows of the csv module. A row that it cannot parse affects only itself."""

    def __init__(self, lines: Iterator[SourceLine], dialect: Dialect, decoder: _LineDecoder) -> None:
        self._dialect = dialect
        self._lines = _RowLines(lines, decoder)
        escaped = dialect.quoting is Quoting.ESCAPED
        # Strict: an unclosed quote is noticed at the next quote, instead of taking in the rows between.
        self._parser = csv.reader(
            self._lines,
            delimiter=dialect.delimiter,
            doublequote=not escaped,
            escapechar="\\" if escaped else None,
            strict=True,
        )
        self._new_row = re.compile(_ID_AT_START + re.escape(dialect.delimiter))

    def read(self) -> Iterator[CellRow | Reject]:
        lines = self._lines
        while True:
            lines.start_row()
            try:
                cells = next(self._parser)
            except StopIteration:
                return
            except csv.Error as error:
                yield self._only_first_line(str(error))
                continue
            if len(lines.row) == 1:
                line = lines.row[0]
                if line.blank:
                    continue
                raw = line.data
            else:
                if any(map(self._new_row.match, lines.texts[1:])):
                    yield self._only_first_line("an unclosed quote")
                    continue
                raw = b"\n".join(line.data for line in lines.row)
            if lines.unreadable is not None:
                yield _unreadable(lines.unreadable)
            else:
                yield CellRow(lines.row[0].number, cells, raw)

    def _only_first_line(self, error: str) -> CellRow | Reject:
        """Return the first line of the row with its quotes taken literally, and give the others back."""
        first, text, unreadable = self._lines.row[0], self._lines.texts[0], self._lines.unreadable
        self._lines.rewind_to_second()
        if unreadable is first:
            return _unreadable(first)
        cells = literal_cells(text.removesuffix("\n"), self._dialect.delimiter)
        if len(cells) == self._dialect.width:
            return CellRow(first.number, cells, first.data)
        return Reject(first.number, "wrong-columns", f"the row cannot be parsed: {error}", first.data)


class _RowLines:
    """Lines for the csv module; `row` has the lines of the row that it is reading, and `texts` their text."""

    def __init__(self, lines: Iterator[SourceLine], decoder: _LineDecoder) -> None:
        self._lines = lines
        self._decoder = decoder
        self._rewound: deque[SourceLine] = deque()
        self.row: list[SourceLine] = []
        self.texts: list[str] = []
        self.unreadable: SourceLine | None = None

    def __iter__(self) -> _RowLines:
        return self

    def __next__(self) -> str:
        line = self._rewound.popleft() if self._rewound else next(self._lines)
        text = self._decoder.decode(line.data)
        if text is None or not line.whole:
            self.unreadable = self.unreadable or line
            text = line.data.decode(errors="replace")
        text += "\n"
        self.row.append(line)
        self.texts.append(text)
        return text

    def start_row(self) -> None:
        """Forget the lines of the row that was read."""
        self.row.clear()
        self.texts.clear()
        self.unreadable = None

    def rewind_to_second(self) -> None:
        """Return all lines of the row but the first one again."""
        self._rewound.extendleft(reversed(self.row[1:]))


class _LineDecoder:
    """Decodes lines. The first line that is not ASCII shows whether the file is UTF-8 or cp1252."""

    def __init__(self, western: bool | None, notify: Notify | None) -> None:
        self._western = western
        self._notify = notify

    def decode(self, line: bytes) -> str | None:
        """Return the text of a line, or None if it is not UTF-8 although the file is."""
        try:
            text = line.decode()
        except UnicodeDecodeError:
            if (text_of_java := _decode_surrogates(line)) is not None:
                return text_of_java
            if self._western is None:
                self._western = True
                if self._notify is not None:
                    self._notify(
                        f"the file is not UTF-8, so it is read as {WESTERN}; --encoding changes that"
                    )
            return line.decode(WESTERN, "replace") if self._western else None
        if self._western is None and not text.isascii():
            self._western = False
        return text


def _decode_surrogates(line: bytes) -> str | None:
    """Return a line in which emoji are pairs of surrogates, as Java and old databases write them, or None."""
    try:
        pairs = line.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return None
    return pairs.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _unreadable(line: SourceLine) -> Reject:
    if not line.whole:
        return reject_long_line(line)
    return Reject(line.number, "not-utf8", "the row is not UTF-8", line.data)


def rows_only(rows: Sequence[CellRow | Reject]) -> list[CellRow]:
    """Return the rows that could be parsed."""
    return [row for row in rows if isinstance(row, CellRow)]
