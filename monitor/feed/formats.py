"""The formats that can be fed, and how a file's format is told."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from monitor.feed.columns import Columns
from monitor.feed.delimited import delimited_reader
from monitor.feed.entries import Reader
from monitor.feed.failures import FeedError
from monitor.feed.json_lines import read_json_lines
from monitor.feed.lines import Line
from monitor.feed.smm4h import HEADER, read_smm4h


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


def format_of(first: Line, *, extension: str, name: str) -> Format:
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
        starts_like_smm4h = cells[0].strip().lower() == HEADER and len(cells) == 2
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
        return read_json_lines
    if kind is Format.SMM4H:
        return read_smm4h
    return delimited_reader("," if kind is Format.CSV else "\t", columns, name=name, quotes=quotes)
