"""Read bytes as the feed reads a file with a table, up to the posts that it would send."""

from __future__ import annotations

import io
from dataclasses import dataclass, field, replace
from typing import Any

from monitor.errors import PoisonError
from monitor.feed.entries import FeedEntry, Reject
from monitor.feed.file_format import FileFormat, ReadOptions, Sample
from monitor.feed.source import Source
from monitor.feed.tables import TABLE_FORMATS
from monitor.ingest import read_fields

SAMPLE_SIZE = 65_536
FORMATS = {table_format.name: table_format for table_format in TABLE_FORMATS}


@dataclass
class TableResult:
    """What was read: the fields of the entries, the valid posts, the rejects, and what was said."""

    entries: list[dict[str, Any]] = field(default_factory=list)
    posts: list[Any] = field(default_factory=list)
    rejects: list[tuple[int, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def texts(self) -> list[str]:
        return [entry["text"] for entry in self.entries]

    @property
    def ids(self) -> list[str]:
        return [entry["id"] for entry in self.entries]


def detected_format(data: bytes, name: str = "table") -> FileFormat | None:
    """Return the format that recognizes a file."""
    extension = f".{name.rpartition('.')[2]}" if "." in name else ""
    sample = Sample(name, extension, data[:SAMPLE_SIZE])
    return next((kind for kind in TABLE_FORMATS if kind.recognizes(sample)), None)


def read_as(
    data: bytes, kind: str | None = None, options: ReadOptions | None = None, *, name: str = "table"
) -> TableResult:
    """Read a table in the format `kind`, or in the one that recognizes it."""
    table_format = detected_format(data, name) if kind is None else FORMATS[kind]
    assert table_format is not None, "no format recognizes the table"
    result = TableResult()
    options = replace(options or ReadOptions(), notify=result.notes.append)
    source = Source(name, "", io.BytesIO(data), data[:SAMPLE_SIZE])
    for entry in table_format.read(source, options):
        if isinstance(entry, FeedEntry):
            result.entries.append(dict(entry.fields))
            try:
                result.posts.append(read_fields(entry.fields))
            except PoisonError as error:
                result.rejects.append((entry.line, error.reason))
        else:
            assert isinstance(entry, Reject)
            result.rejects.append((entry.line, entry.reason))
    return result
