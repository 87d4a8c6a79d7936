"""Files of deletions: a list of ids, or compliance events in the format of any platform."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from monitor.errors import MonitorError, PoisonError
from monitor.feed import FeedError, FeedItem, Input, ReadOptions, Reject, Source, detect_format, open_sources
from monitor.feed import read_feed_items as read_items_of_file
from monitor.ingest import read_fields, read_message
from monitor.records import ComplianceEvent, EventKind, Post

# Taken as an id, such a line would match nothing, and the post would stay.
_TABLE_ROW: Final = re.compile(r'"|[0-9]+\s*[,;|]')


class EventFileError(MonitorError):
    """A file of deletions cannot be used. Nothing was erased."""


def read_event_file(
    path: Path | None, notify: Callable[[str], None], *, authors: bool = False
) -> Iterator[tuple[ComplianceEvent, bool]]:
    """Yield the events of a file, and whether each one is a bare id and not an event of a platform.

    Args:
        path: the file, perhaps packed; None for standard input.
        notify: called with notes for the user.
        authors: bare ids are those of authors, not of posts.

    Raises:
        EventFileError: a line is neither an id nor a compliance event.
        FeedError: the file cannot be read.
    """
    for source in open_sources(Input(path), notify):
        if isinstance(source, FeedError):
            raise source
        if source.sample.lstrip().startswith((b"{", b"[")):
            for event in _read_events(source, notify):
                yield event, False
        else:
            yield from _read_lines(source, authors=authors)


def event_of_id(name: str, *, author: bool) -> ComplianceEvent:
    """Return the event that removes a post, or all posts of an author.

    Raises:
        PoisonError: it is not an id.
    """
    if author:
        fields = {"event": EventKind.USER_DELETE.value, "author_id": name}
    else:
        fields = {"event": EventKind.DELETE.value, "id": name}
    event = read_fields({"tombstone": fields})
    assert isinstance(event, ComplianceEvent)  # noqa: S101 - a tombstone is never read as a post
    return event


def _read_events(source: Source, notify: Callable[[str], None]) -> Iterator[ComplianceEvent]:
    options = ReadOptions(notify=notify)
    for item in read_items_of_file(source, detect_format(source), options):
        if isinstance(item, Reject):
            raise EventFileError(
                f"line {item.line} of {source.name} cannot be read ({item.reason}: {item.detail}), "
                "and nothing was erased",
                "correct or remove it",
            )
        yield _event_of(item, source)


def _event_of(item: FeedItem, source: Source) -> ComplianceEvent:
    if not isinstance(item.content, ComplianceEvent):
        raise EventFileError(
            f"line {item.line} of {source.name} is a post and not a deletion, and nothing was erased",
            "give a file of ids or of compliance events",
        )
    return item.content


def _read_lines(source: Source, *, authors: bool) -> Iterator[tuple[ComplianceEvent, bool]]:
    """Yield the events of a list of ids, in which single lines may also be events or comments."""
    for line in source.lines():
        data = line.data.strip()
        if not data or data.startswith(b"#"):
            continue
        try:
            if data.startswith((b"{", b"[")):
                for event in read_message(data):
                    yield _removal(event), False
            else:
                yield event_of_id(_plain_id(data.decode()), author=authors), True
        except (UnicodeDecodeError, PoisonError) as error:
            raise EventFileError(
                f"line {line.number} of {source.name} is neither an id nor a deletion ({error}), "
                "and nothing was erased",
                "write one id or one compliance event on each line",
            ) from None


def _plain_id(text: str) -> str:
    if _TABLE_ROW.match(text):
        raise PoisonError("bad-id", "it is a row of a table")
    return text


def _removal(item: Post | ComplianceEvent | PoisonError) -> ComplianceEvent:
    if isinstance(item, PoisonError):
        raise item
    if isinstance(item, Post):
        raise PoisonError("wrong-type", "it is a post")
    return item
