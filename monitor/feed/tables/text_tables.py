"""Text files with tables: their encoding, what separates the columns, and where the header is."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO, Final

from monitor.feed.encodings import WESTERN, detect_encoding, is_western, normalized_encoding, utf8_stream
from monitor.feed.entries import FeedEntry, Reject
from monitor.feed.file_format import ReadOptions
from monitor.feed.source import Source, SourceLine, UnknownFormatError, read_source_lines
from monitor.feed.tables.column_choice import split_header
from monitor.feed.tables.delimited import Dialect, Quoting, rows_only, split_rows
from monitor.feed.tables.dialects import DELIMITERS, detect_dialect, named_delimiter, parse_delimiter
from monitor.feed.tables.table_entries import read_entries
from monitor.feed.tables.table_rows import MAX_SAMPLE_ROWS, CellRow, TableStart

# A sample of this size may end within a line.
_FULL_SAMPLE: Final = 65_536


@dataclass(frozen=True, slots=True)
class TextStart:
    """The first lines of a text file.

    Attributes:
        lines: whole lines in UTF-8, below those that are skipped.
        encoding: encoding to transcode from, or None if the file is UTF-8 or cp1252.
        western: True if lines that are not UTF-8 are in cp1252, False if they are broken, None if the first
            such line has to show it.
        old_line_ends: True if lines end with carriage returns only.
    """

    lines: Sequence[SourceLine]
    encoding: str | None
    western: bool | None
    old_line_ends: bool

    def open(self, stream: BinaryIO) -> BinaryIO:
        """Return the bytes of the file in UTF-8."""
        if self.encoding is None and not self.old_line_ends:
            return stream
        encoding = self.encoding or (WESTERN if self.western else "utf-8")
        return utf8_stream(stream, encoding, old_line_ends=self.old_line_ends)


def text_start(start: bytes, *, encoding: str | None = None, skip_lines: int = 0) -> TextStart:
    """Return the first lines of a text file that starts with these bytes.

    Raises:
        EncodingNameError: there is no such encoding.
    """
    encoding = detect_encoding(start) if encoding is None else normalized_encoding(encoding)
    western = False if encoding is not None else is_western(start) or None
    if encoding in ("utf-8", "utf-8-sig"):
        encoding = None
    # In UTF-16, a line feed has a zero next to it.
    old_line_ends = b"\r" in start and b"\n" not in start
    whole = TextStart((), encoding, western, old_line_ends)
    lines = read_source_lines(whole.open(io.BytesIO(start)))
    first = list(itertools.islice(lines, skip_lines, skip_lines + 4 * MAX_SAMPLE_ROWS))
    # The line at the end of the sample may be cut off.
    if len(start) >= _FULL_SAMPLE and len(first) > 1:
        del first[-1]
    return replace(whole, lines=[line for line in first if not line.blank])


def read_text_table(
    source: Source, options: ReadOptions, delimiters: Sequence[str] = DELIMITERS, *, quotes: bool = True
) -> Iterator[FeedEntry | Reject]:
    """Yield the entries of a text file with a table. Memory is constant.

    Args:
        source: the file.
        options: what the user said about it.
        delimiters: what may separate columns, unless the options say it.
        quotes: False if quotes are always ordinary characters in this format.

    Raises:
        FeedError: it has no columns, or no posts; later also damaged ids.
    """
    start = text_start(source.sample, encoding=options.encoding, skip_lines=options.skip_lines)
    if start.western:
        options.notify(f"the file is not UTF-8, so it is read as {WESTERN}; --encoding changes that")
    elif start.encoding is not None:
        options.notify(f"encoding: {start.encoding}")
    lines = list(start.lines)
    if options.delimiter is not None:
        delimiters = (parse_delimiter(options.delimiter),)
    elif lines and (named := named_delimiter(lines[0])) is not None:
        delimiters = (named,)
    if lines and named_delimiter(lines[0]) is not None:
        del lines[0]
    if not lines:
        return
    detected = detect_dialect(lines, delimiters, quotes=quotes and options.quotes)
    if detected is None:
        raise UnknownFormatError(
            f"{source.name} has only one column",
            "name what separates the columns with --delimiter; a table needs an id and a text",
        )
    dialect, rows = detected
    table, first_line = _table(source.name, rows, dialect, options)
    if table.titles is not None:
        # In a short file, most rows can be those of a preamble.
        dialect = replace(dialect, width=len(table.titles))
    if dialect.quoting is Quoting.NONE and dialect.width == 2 and not quotes:
        dialect = replace(dialect, rest_is_text=True)
    all_lines = (line for line in read_source_lines(start.open(source.stream)) if line.number >= first_line)
    data = split_rows(all_lines, dialect, western=start.western, notify=options.notify)
    yield from read_entries(table, data, options)


def _table(
    name: str, rows: Sequence[CellRow | Reject], dialect: Dialect, options: ReadOptions
) -> tuple[TableStart, int]:
    """Return the start of the table, and the number of the line on which its data begins."""
    good = rows_only(rows)
    header, below = split_header(good, options.mapping)
    if header is None:
        titles, first_line = None, rows[0].line
    else:
        titles = header.cells
        later = [row.line for row in rows if row.line > header.line]
        first_line = min(later, default=header.line + 1)
        if below > 1:
            options.notify(f"{below - 1} rows in front of the header were skipped")
    width = dialect.width if titles is None else len(titles)
    sample = [row for row in good[below:] if len(row.cells) == width][:MAX_SAMPLE_ROWS]
    return TableStart(name, titles, sample), first_line
