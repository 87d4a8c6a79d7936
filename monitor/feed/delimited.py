"""Tables with a header, CSV and TSV: which column contains what, and the entries of the rows."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from monitor.feed.entries import EntryReader, FeedEntry, Reject, reject_long_line
from monitor.feed.source import FeedError, SourceLine
from monitor.ingest.dates import to_rfc3339

# 1.21209E+18 or 1212092628029698048.0: what spreadsheets and data frames make of long ids.
_ROUNDED_ID: Final = re.compile(r"[0-9]+(\.[0-9]+)?[eE]\+?[0-9]+|[0-9]+\.[0-9]+")

_USUAL_NAMES: Final[Mapping[str, Sequence[str]]] = {
    "id": ("id", "tweet_id", "id_str", "tweetid", "status_id"),
    "text": ("text", "tweet", "full_text", "tweet_text", "content"),
    "author_id": ("author_id", "user_id", "user_id_str"),
    "created_at": ("created_at", "date", "timestamp"),
    "lang": ("lang", "language"),
}
_OPTIONS: Final[Mapping[str, str]] = {
    "id": "--id-column",
    "text": "--text-column",
    "author_id": "--author-column",
    "created_at": "--date-column",
    "lang": "--lang-column",
}


@dataclass(frozen=True)
class Columns:
    """Names of columns that the user chose; None to look for one of the usual names."""

    id: str | None = None
    text: str | None = None
    author_id: str | None = None
    created_at: str | None = None
    lang: str | None = None


def delimited_reader(delimiter: str, columns: Columns, *, name: str, quotes: bool = True) -> EntryReader:
    """Return a reader of tables with a header.

    Args:
        delimiter: separates two columns.
        columns: names of the columns, if they are not the usual ones.
        name: name of the file for messages.
        quotes: whether fields may be in double quotes (RFC 4180), and then contain delimiters and line ends.
    """

    def read(lines: Iterator[SourceLine]) -> Iterator[FeedEntry | Reject]:
        rows = _rows(lines, delimiter, quotes)
        header = next(rows, None)
        if header is None:
            return
        if isinstance(header, Reject) or _undecodable(header[1]):
            raise FeedError(
                f"the header of {name} cannot be read", "it must be one line of UTF-8 with the column names"
            )
        titles = header[1]
        indices = column_indices(columns, titles, name)
        for row in rows:
            yield row if isinstance(row, Reject) else _entry(*row, indices, len(titles))

    return read


def column_indices(columns: Columns, header: Sequence[str], name: str) -> dict[str, int]:
    """Return the index of the column of each field of the contract, in the header of the file `name`.

    Case and outer blanks of names do not matter. Of columns with equal names, the first one counts.

    Raises:
        FeedError: a column that the user named is missing, or there is none for `id` or `text`.
    """
    index_of: dict[str, int] = {}
    for index, title in enumerate(header):
        index_of.setdefault(title.strip().casefold(), index)
    indices = {}
    for field, usual_names in _USUAL_NAMES.items():
        chosen: str | None = getattr(columns, field)
        candidates = usual_names if chosen is None else (chosen.strip().casefold(),)
        column = next((index_of[title] for title in candidates if title in index_of), None)
        if column is not None:
            indices[field] = column
        elif chosen is not None or field in ("id", "text"):
            missing = f"column {chosen!r}" if chosen is not None else f"column for the tweet's {field}"
            raise FeedError(
                f"{name} has no {missing}; its header is: {', '.join(header) or '(empty)'}. "
                f"Name the column with {_OPTIONS[field]}, and add a header if the file has none"
            )
    return indices


def _entry(
    lines: Sequence[SourceLine], cells: Sequence[str], indices: Mapping[str, int], width: int
) -> FeedEntry | Reject:
    number, raw = lines[0].number, b"\n".join(line.data for line in lines)
    cut = next((line for line in lines if not line.whole), None)
    if cut:
        return reject_long_line(cut)
    if _undecodable(cells):
        return Reject(number, "not-utf8", "the row is not UTF-8", raw)
    if len(cells) != width:
        return Reject(
            number, "wrong-columns", f"columns in the row: {len(cells)}; in the header: {width}", raw
        )
    fields: dict[str, Any] = {field: cells[index] for field, index in indices.items()}
    for field in ("author_id", "created_at", "lang"):
        if not fields.get(field, "").strip():
            fields.pop(field, None)
    for field in ("id", "author_id"):
        if field in fields:
            fields[field] = fields[field].strip()
            if _ROUNDED_ID.fullmatch(fields[field]):
                return Reject(number, "bad-id", f"`{field}` is a number that a program has rounded", raw)
    if "created_at" in fields:
        fields["created_at"] = to_rfc3339(fields["created_at"])
    return FeedEntry(number, fields, raw)


def _rows(
    lines: Iterator[SourceLine], delimiter: str, quotes: bool
) -> Iterator[tuple[Sequence[SourceLine], list[str]] | Reject]:
    source = _RewindableLines(lines)
    # Strict: an unclosed quote is noticed at the next quote, instead of taking in the rows between.
    parser = csv.reader(
        source, delimiter=delimiter, quoting=csv.QUOTE_MINIMAL if quotes else csv.QUOTE_NONE, strict=True
    )
    while True:
        source.row.clear()
        try:
            cells = next(parser)
        except StopIteration:
            return
        except csv.Error as error:
            first = source.row[0]
            source.rewind_to_second()
            yield Reject(first.number, "wrong-columns", f"the row cannot be parsed: {error}", first.data)
            continue
        if len(source.row) == 1 and source.row[0].blank:
            continue
        yield tuple(source.row), cells


class _RewindableLines:
    """Lines for the csv module; `row` has the lines of the row that it is reading."""

    def __init__(self, lines: Iterator[SourceLine]) -> None:
        self._lines = lines
        self._rewound: deque[SourceLine] = deque()
        self.row: list[SourceLine] = []

    def __iter__(self) -> _RewindableLines:
        return self

    def __next__(self) -> str:
        line = self._rewound.popleft() if self._rewound else next(self._lines)
        self.row.append(line)
        # Bytes that are not UTF-8 become lone surrogates, which `_undecodable` finds in the cells.
        return line.data.decode(errors="surrogateescape") + "\n"

    def rewind_to_second(self) -> None:
        """Return all lines of the row but the first one again."""
        self._rewound.extendleft(reversed(self.row[1:]))


def _undecodable(cells: Sequence[str]) -> bool:
    return any("\udc80" <= char <= "\udcff" for cell in cells if not cell.isascii() for char in cell)
