"""The formats of files, how a file's format is detected, and the readers of the simple ones.

To add a format, add it to `Format`, detect it in `detect_format`, and return its reader from `reader_for`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Final

from monitor.errors import PoisonError
from monitor.feed.delimited import Columns, delimited_reader
from monitor.feed.entries import EntryReader, FeedEntry, Reject, reject_long_line
from monitor.feed.source import FeedError, SourceLine
from monitor.feed.tweet_objects import find_tweets
from monitor.ingest.json_values import parse_json, require_object

_SMM4H_HEADER: Final = b"tweet_id"


class Format(StrEnum):
    """The format of a file."""

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


def detect_format(first: SourceLine, *, extension: str, name: str) -> Format:
    """Return the format of a file, detected from its extension and its first line that is not blank.

    A table of two columns with a tab between them is SMM4H if it starts with `tweet_id` or with an id in
    digits. Any other table with tabs is TSV.

    Raises:
        FeedError: the line fits no format, or the file is one JSON array.
    """
    start = first.data.lstrip()
    if start.startswith(b"["):
        raise FeedError(
            f"{name} is a JSON array", "write one object per line, for example with `jq -c '.[]'`"
        )
    if extension in _EXTENSIONS:
        return _EXTENSIONS[extension]
    if start.startswith(b"{"):
        return Format.JSONL
    if b"\t" in first.data:
        cells = first.data.split(b"\t")
        has_smm4h_header = cells[0].strip().lower() == _SMM4H_HEADER and len(cells) == 2
        return Format.SMM4H if has_smm4h_header or cells[0].strip().isdigit() else Format.TSV
    if b"," in first.data:
        return Format.CSV
    raise FeedError(
        f"the format of {name} cannot be detected from its first line",
        f"name it with --format ({', '.join(Format)}); tables need a header",
    )


def reader_for(kind: Format, columns: Columns, *, name: str, quotes: bool = True) -> EntryReader:
    """Return the reader of a format; `columns` and `quotes` are for CSV and TSV only."""
    if kind is Format.JSONL:
        return read_json_entries
    if kind is Format.SMM4H:
        return read_smm4h_entries
    return delimited_reader("," if kind is Format.CSV else "\t", columns, name=name, quotes=quotes)


def read_json_entries(lines: Iterator[SourceLine]) -> Iterator[FeedEntry | Reject]:
    """Yield the tweets of JSON Lines: each line is a tweet object, or a page of them, or blank."""
    for line in lines:
        if line.blank:
            continue
        if not line.whole:
            yield reject_long_line(line)
            continue
        try:
            document = require_object(parse_json(line.data))
        except PoisonError as error:
            yield Reject(line.number, error.reason, error.detail, line.data)
            continue
        has_tweets = False
        for fields in find_tweets(document):
            has_tweets = True
            yield FeedEntry(line.number, fields, line.data)
        if not has_tweets:
            yield Reject(line.number, "no-tweet", "the object has neither `id`, `text` nor `data`", line.data)


def read_smm4h_entries(lines: Iterator[SourceLine]) -> Iterator[FeedEntry | Reject]:
    """Yield the tweets of `tweets.tsv` of the SMM4H shared tasks: an id, a tab, and the text.

    The text is the rest of the line, without quoting. A header is skipped.
    """
    first = True
    for line in lines:
        if line.blank:
            continue
        tweet_id, tab, text = line.data.partition(b"\t")
        is_header = first and tweet_id.strip().lower() == _SMM4H_HEADER
        first = False
        if is_header:
            continue
        if not line.whole:
            yield reject_long_line(line)
        elif not tab:
            yield Reject(line.number, "wrong-columns", "the line has no tab between id and text", line.data)
        else:
            yield _smm4h_entry(line, tweet_id, text)


def _smm4h_entry(line: SourceLine, tweet_id: bytes, text: bytes) -> FeedEntry | Reject:
    try:
        return FeedEntry(line.number, {"id": tweet_id.decode().strip(), "text": text.decode()}, line.data)
    except UnicodeDecodeError:
        return Reject(line.number, "not-utf8", "the line is not UTF-8", line.data)
