"""JSON Lines: a JSON object on each line.

`tweets.tsv` of the SMM4H shared tasks: an id, a tab, and the text, in which nothing is quoted.

The formats that can be fed, and how a file's format is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Final

from monitor.errors import PoisonError
from monitor.feed.delimited import Columns, delimited_reader
from monitor.feed.entries import FeedEntry, Reader, Reject, too_long
from monitor.feed.source import FeedError, SourceLine
from monitor.feed.tweet_objects import tweets_of
from monitor.ingest.contract import parse_object


def read_json_entries(lines: Iterator[SourceLine]) -> Iterator[FeedEntry | Reject]:
    """Read a tweet object, or a page of them, from each line; blank lines are passed over."""
    for line in lines:
        if line.blank:
            continue
        if not line.whole:
            yield too_long(line)
            continue
        try:
            document = parse_object(line.data)
        except PoisonError as error:
            yield Reject(line.number, error.reason, error.detail, line.data)
            continue
        found = 0
        for fields in tweets_of(document):
            found += 1
            yield FeedEntry(line.number, fields, line.data)
        if not found:
            yield Reject(line.number, "no-tweet", "the object has neither `id`, `text` nor `data`", line.data)


SMM4H_HEADER: Final = b"tweet_id"


def read_smm4h_entries(lines: Iterator[SourceLine]) -> Iterator[FeedEntry | Reject]:
    """Read `id TAB text`; the text is all that is left of the line. A first row of titles is passed over."""
    first = True
    for line in lines:
        if line.blank:
            continue
        tweet_id, tab, text = line.data.partition(b"\t")
        is_header = first and tweet_id.strip().lower() == SMM4H_HEADER
        first = False
        if is_header:
            continue
        if not line.whole:
            yield too_long(line)
        elif not tab:
            yield Reject(line.number, "wrong-columns", "the line has no tab between id and text", line.data)
        else:
            yield _smm4h_entry(line, tweet_id, text)


def _smm4h_entry(line: SourceLine, tweet_id: bytes, text: bytes) -> FeedEntry | Reject:
    try:
        return FeedEntry(line.number, {"id": tweet_id.decode().strip(), "text": text.decode()}, line.data)
    except UnicodeDecodeError:
        return Reject(line.number, "not-utf8", "the line is not UTF-8", line.data)


class Format(StrEnum):
    """What a file may be."""

    JSONL = "jsonl"
    CSV = "csv"
    TSV = "tsv"
    SMM4H = "smm4h"


_EXTENSIONS: Final[Mapping[str, Format]] = {
    ".jsonl": Format.JSONL,
    ".ndjson": Format.JSONL,
    ".json": Format.JSONL,
    ".csv": Format.CSV,
}


def format_of(first: SourceLine, *, extension: str, name: str) -> Format:
    """Tell the format by the file's extension and its first line that is not blank.

    A table of two columns that are separated by a tab is SMM4H's where it begins with `tweet_id` or
    with an id in digits; any other table with tabs is TSV.

    Raises:
        FeedError: the line fits no format, or the file is one JSON array.
    """
    start = first.data.lstrip()
    if start.startswith(b"["):
        raise FeedError(f"{name} is a JSON array: write one object a line, such as with `jq -c '.[]'`")
    if extension in _EXTENSIONS:
        return _EXTENSIONS[extension]
    if start.startswith(b"{"):
        return Format.JSONL
    if b"\t" in first.data:
        cells = first.data.split(b"\t")
        starts_like_smm4h = cells[0].strip().lower() == SMM4H_HEADER and len(cells) == 2
        return Format.SMM4H if starts_like_smm4h or cells[0].strip().isdigit() else Format.TSV
    if b"," in first.data:
        return Format.CSV
    raise FeedError(
        f"the format of {name} cannot be told from its first line: name it with --format "
        f"({', '.join(Format)}); tables need a header"
    )


def reader_of(kind: Format, columns: Columns, *, name: str, quotes: bool = True) -> Reader:
    """Give the reader of a format; `columns` and `quotes` matter to CSV and TSV alone."""
    if kind is Format.JSONL:
        return read_json_entries
    if kind is Format.SMM4H:
        return read_smm4h_entries
    return delimited_reader("," if kind is Format.CSV else "\t", columns, name=name, quotes=quotes)
