"""Files of deletions: a list of ids, or compliance events in the format of any platform."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from monitor.errors import MonitorError, PoisonError
from monitor.feed import FeedError, FeedItem, Input, ReadOptions, Reject, Source, detect_format, open_sources
from monitor.feed import read_feed_items as read_items_of_file
from monitor.ingest import read_fields
from monitor.records import ComplianceEvent, EventKind


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
            for event in _read_ids(source, authors=authors):
                yield event, True


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


def _read_ids(source: Source, *, authors: bool) -> Iterator[ComplianceEvent]:
    for line in source.lines():
        if line.blank:
            continue
        try:
            name = line.data.decode().strip()
            yield event_of_id(name, author=authors)
        except (UnicodeDecodeError, PoisonError) as error:
            raise EventFileError(
                f"line {line.number} of {source.name} is not an id ({error}), and nothing was erased",
                "write one id on each line",
            ) from None
