"""Which column of a table with a header holds what.

CSV and TSV with a header.
"""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from monitor.feed.entries import FeedEntry, Reader, Reject, rfc3339, too_long
from monitor.feed.source import FeedError, SourceLine


@dataclass(frozen=True)
class Columns:
    """Names of columns that the user gave; None where one of the usual names is looked for."""

    id: str | None = None
    text: str | None = None
    author_id: str | None = None
    created_at: str | None = None
    lang: str | None = None


_USUAL: Final[Mapping[str, Sequence[str]]] = {
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


def places_of(columns: Columns, header: Sequence[str], name: str) -> dict[str, int]:
    """Find for each field of the contract the index of its column in `header` of the file `name`.

    Names are compared without regard to case and outer blanks; of equal names the first column counts.

    Raises:
        FeedError: a column that was named is not there, or there is none for `id` or `text`.
    """
    indices: dict[str, int] = {}
    for index, title in enumerate(header):
        indices.setdefault(title.strip().casefold(), index)
    places = {}
    for field, usual in _USUAL.items():
        named: str | None = getattr(columns, field)
        candidates = usual if named is None else (named.strip().casefold(),)
        found = next((indices[title] for title in candidates if title in indices), None)
        if found is not None:
            places[field] = found
        elif named is not None or field in ("id", "text"):
            what = f"column {named!r}" if named is not None else f"column for the tweet's {field}"
            raise FeedError(
                f"{name} has no {what}; its header is: {', '.join(header) or '(empty)'}. "
                f"Name the column with {_OPTIONS[field]}, and add a header where the file has none"
            )
    return places


# 1.21209E+18 or 1212092628029698048.0: what spreadsheets and data frames make of long ids.
_ROUNDED_ID: Final = re.compile(r"[0-9]+(\.[0-9]+)?[eE]\+?[0-9]+|[0-9]+\.[0-9]+")


def delimited_reader(delimiter: str, columns: Columns, *, name: str, quotes: bool = True) -> Reader:
    """Make a reader of tables with a header.

    Args:
        delimiter: what stands between two columns.
        columns: names of the columns, where they are not the usual ones.
        name: what the file is called in messages.
        quotes: whether fields may stand in double quotes (RFC 4180), and then hold delimiters and line ends.
    """

    def read(lines: Iterator[SourceLine]) -> Iterator[FeedEntry | Reject]:
        rows = _rows(lines, delimiter, quotes)
        header = next(rows, None)
        if header is None:
            return
        if isinstance(header, Reject) or _undecodable(header[1]):
            raise FeedError(
                f"the header of {name} cannot be read: it must be one line of UTF-8 with the column names"
            )
        titles = header[1]
        places = places_of(columns, titles, name)
        for row in rows:
            yield row if isinstance(row, Reject) else _entry(*row, places, len(titles))

    return read


def _entry(
    taken: Sequence[SourceLine], cells: Sequence[str], places: Mapping[str, int], width: int
) -> FeedEntry | Reject:
    line, raw = taken[0].number, _raw(taken)
    if any(not part.whole for part in taken):
        return too_long(next(part for part in taken if not part.whole))
    if _undecodable(cells):
        return Reject(line, "not-utf8", "the row is not UTF-8", raw)
    if len(cells) != width:
        return Reject(line, "wrong-columns", f"the row has {len(cells)} columns, the header {width}", raw)
    fields: dict[str, Any] = {field: cells[index] for field, index in places.items()}
    for field in ("author_id", "created_at", "lang"):
        if not fields.get(field, "").strip():
            fields.pop(field, None)
    for field in ("id", "author_id"):
        if field in fields:
            fields[field] = fields[field].strip()
            if _ROUNDED_ID.fullmatch(fields[field]):
                return Reject(line, "bad-id", f"`{field}` is a number that some program has rounded", raw)
    if "created_at" in fields:
        fields["created_at"] = rfc3339(fields["created_at"])
    return FeedEntry(line, fields, raw)


def _rows(
    lines: Iterator[SourceLine], delimiter: str, quotes: bool
) -> Iterator[tuple[Sequence[SourceLine], list[str]] | Reject]:
    source = _Rewindable(lines)
    # Strict: a quote that is never closed shows at the next quote, instead of swallowing the rows between.
    parser = csv.reader(
        source, delimiter=delimiter, quoting=csv.QUOTE_MINIMAL if quotes else csv.QUOTE_NONE, strict=True
    )
    while True:
        source.taken.clear()
        try:
            cells = next(parser)
        except StopIteration:
            return
        except csv.Error as error:
            first = source.taken[0]
            source.give_back_all_but_the_first()
            yield Reject(first.number, "wrong-columns", f"the row does not parse: {error}", first.data)
            continue
        if len(source.taken) == 1 and source.taken[0].blank:
            continue
        yield tuple(source.taken), cells


class _Rewindable:
    """Lines as the csv module wants them, and kept until the row that they make up is complete."""

    def __init__(self, lines: Iterator[SourceLine]) -> None:
        self._lines = lines
        self._again: deque[SourceLine] = deque()
        self.taken: list[SourceLine] = []

    def __iter__(self) -> _Rewindable:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines)
        self.taken.append(line)
        # Bytes that are not UTF-8 become lone surrogates, which `_undecodable` finds again in the cells.
        return line.data.decode(errors="surrogateescape") + "\n"

    def give_back_all_but_the_first(self) -> None:
        self._again.extendleft(reversed(self.taken[1:]))


def _undecodable(cells: Sequence[str]) -> bool:
    return any("\udc80" <= char <= "\udcff" for cell in cells if not cell.isascii() for char in cell)


def _raw(taken: Sequence[SourceLine]) -> bytes:
    return b"\n".join(line.data for line in taken)
