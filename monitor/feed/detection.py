"""Detect the format of a file, and read its posts: `--format` names one, or `auto` looks at the file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from monitor.feed.entries import FeedItem, Reject, check_entry
from monitor.feed.file_format import FileFormat, ReadOptions, Sample
from monitor.feed.json_entries import JSON_DOCUMENTS, JSON_LINES
from monitor.feed.source import FeedError, Source, UnknownFormatError
from monitor.feed.tables import TABLE_FORMATS
from monitor.ingest.sources import SOURCES, source_named

AUTO: Final = "auto"
"""Name that stands for detecting the format."""

FILE_FORMATS: Final[tuple[FileFormat, ...]] = (JSON_LINES, JSON_DOCUMENTS, *TABLE_FORMATS)
"""All formats of files, in the order in which they are tried."""

# A data set of posts that may not be passed on: a number on each line, and perhaps a title.
_ONLY_IDS: Final = re.compile(rb"\s*+(?:[A-Za-z_ ]{2,20}\s++)?(?:[0-9]{5,20}(?:\s++|\Z))++[0-9]*+")

_BY_NAME: Final = {form.name: form for form in FILE_FORMATS}


@dataclass(frozen=True)
class Detection:
    """The format of a file.

    Attributes:
        form: the format.
        why: why it is this one, in words for people.
    """

    form: FileFormat
    why: str


def format_names() -> list[str]:
    """Return what `--format` takes: `auto`, the formats of files, and the sources of JSON objects."""
    return [AUTO, *_BY_NAME, *(source.name for source in SOURCES)]


def require_format(name: str) -> str:
    """Return the name of a format.

    Raises:
        FeedError: there is no such format.
    """
    if name not in format_names():
        raise FeedError(f"there is no format {name!r}", f"use one of: {', '.join(format_names())}")
    return name


def detect_format(source: Source, name: str = AUTO) -> Detection:
    """Return the format of a file, detected from its first bytes and its name, or the one that is named.

    Raises:
        UnknownFormatError: no format fits.
    """
    named = _BY_NAME.get(name)
    if named is not None:
        return Detection(named, f"--format {name}")
    if _ONLY_IDS.fullmatch(source.sample):
        raise UnknownFormatError(
            f"{source.name} has only the ids of posts, and no texts",
            "fetch the posts first, for example with `twarc2 hydrate`",
        )
    sample = Sample(source.name, source.extension, source.sample)
    platform = source_named(name)
    for form in (JSON_LINES, JSON_DOCUMENTS) if platform else FILE_FORMATS:
        if (why := form.recognizes(sample)) is not None:
            return Detection(form, why)
    if platform:
        raise UnknownFormatError(
            f"{source.name} is not JSON, but {platform.title} is a format of JSON", "omit --format"
        )
    raise UnknownFormatError(
        f"the format of {source.name} cannot be detected from its start",
        "name it with --format; `ade-monitor formats` lists the formats that can be read",
    )


def read_feed_items(
    source: Source, detection: Detection, options: ReadOptions, name: str = AUTO
) -> Iterator[FeedItem | Reject]:
    """Yield the valid posts and events of a file, and a reject for everything else, in their order.

    Args:
        source: the file.
        detection: its format.
        options: how to read it.
        name: the value of `--format`; if it is the name of a source, this source reads all JSON objects.

    Raises:
        FeedError: the file as a whole cannot be read, is damaged, or has no posts as far as we know.
    """
    if (platform := source_named(name)) is not None:
        options = replace(options, source=platform)
    for entry in detection.form.read(source, options):
        yield entry if isinstance(entry, Reject) else check_entry(entry)
