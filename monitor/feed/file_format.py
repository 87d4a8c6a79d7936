"""What a format of files is: how a file of it is recognized, and how its posts are read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from monitor.feed.entries import FeedEntry, Reject
from monitor.feed.field_mapping import FieldMapping
from monitor.feed.source import Source
from monitor.ingest.sources import ArchiveNotes, PostSource


def ignore_note(note: str) -> None:
    """Do nothing with a note."""


@dataclass(frozen=True)
class ReadOptions:
    """How to read a file, as far as its user says so.

    Attributes:
        mapping: which fields or columns have what.
        source: the platform's format of JSON objects; None to detect it for each object.
        delimiter: what separates the columns of a table; None to detect it.
        skip_lines: lines before the header of a table.
        encoding: encoding of the text; None to detect it.
        quotes: False if quotes in a table are ordinary characters.
        date_order: "dmy" or "mdy", for dates such as 03/04/2026; None to detect it.
        accept_rounded_ids: True to read a table whose ids look rounded.
        archive_notes: authors and whole texts of Twitter archives, filled while these are read.
        notify: called with what was assumed about the file, in words for people.
    """

    mapping: FieldMapping = field(default_factory=FieldMapping)
    source: PostSource | None = None
    delimiter: str | None = None
    skip_lines: int = 0
    encoding: str | None = None
    quotes: bool = True
    date_order: str | None = None
    accept_rounded_ids: bool = False
    archive_notes: ArchiveNotes = field(default_factory=ArchiveNotes)
    notify: Callable[[str], None] = ignore_note


@dataclass(frozen=True)
class Sample:
    """What a format is detected from.

    Attributes:
        name: name of the file.
        extension: its extension in lower case, such as ".csv", or "".
        start: its first bytes, unpacked: all of a small file, 64 KiB of a large one.
    """

    name: str
    extension: str
    start: bytes


@dataclass(frozen=True)
class FileFormat:
    """A format of files.

    Attributes:
        name: its name in `--format`, such as "csv".
        title: its name for people.
        extensions: extensions of such files.
        recognizes: returns why a file is of this format, in words for people, or None. It never raises.
        read: yields the entries of a file; raises FeedError if the file as a whole cannot be read.
    """

    name: str
    title: str
    extensions: tuple[str, ...]
    recognizes: Callable[[Sample], str | None]
    read: Callable[[Source, ReadOptions], Iterator[FeedEntry | Reject]]
