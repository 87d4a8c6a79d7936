"""The feed from end to end: open the files, read their posts, check and send them, and count."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Final

from monitor.errors import MonitorError
from monitor.feed.destinations import Destination, Rehearsal
from monitor.feed.detection import AUTO, Detection, detect_format, read_feed_items
from monitor.feed.entries import FeedItem, Reject
from monitor.feed.feed_summary import FeedProgress, FeedSummary, FileSummary
from monitor.feed.file_format import ReadOptions
from monitor.feed.listing import Input
from monitor.feed.opening import open_sources
from monitor.feed.post_message import PostMessage, message_of
from monitor.feed.reject_limit import RejectLimit
from monitor.feed.reporting import FeedReports
from monitor.feed.sender import Sender
from monitor.feed.source import FeedError, Source, UnknownFormatError, no_posts_error
from monitor.kafka import ensure_topics, require_topic
from monitor.records import Post
from monitor.settings import KafkaSettings

PROGRESS_INTERVAL: Final = 0.1
"""Seconds between two reports of progress."""


@dataclass(frozen=True)
class FeedOptions:
    """How to feed.

    Attributes:
        format: name of the format or of the source of all files, or `auto`.
        reading: how to read them.
        rate: maximum number of posts per second; None for no limit.
        limit: number of posts after which to stop; None for all.
        reject_limit: how many rejects a file may have.
        create_topic: whether a missing topic is created, instead of being an error.
    """

    format: str = AUTO
    reading: ReadOptions = field(default_factory=ReadOptions)
    rate: float | None = None
    limit: int | None = None
    reject_limit: RejectLimit = field(default_factory=RejectLimit)
    create_topic: bool = True


def feed(
    kafka: KafkaSettings,
    inputs: Iterable[Input | FeedError],
    options: FeedOptions | None = None,
    reports: FeedReports | None = None,
) -> FeedSummary:
    """Send the posts and events of files to the topic of `kafka`. Memory does not grow with the files.

    A file that cannot be read does not stop the others. A broker is needed from the first post on.

    Raises:
        RetryableError: no broker answers at the start. Later errors are in the summary.
        FatalError: the topic does not exist, and `options.create_topic` is false.
    """
    options = options or FeedOptions()
    with ExitStack() as stack:

        def connect() -> Destination:
            if options.create_topic:
                ensure_topics(kafka)
            else:
                require_topic(kafka)
            return stack.enter_context(Sender(kafka))

        return _Feed(options, reports or FeedReports(), connect).run(inputs)


def rehearse(
    inputs: Iterable[Input | FeedError],
    show: Callable[[PostMessage], None],
    options: FeedOptions | None = None,
    reports: FeedReports | None = None,
) -> FeedSummary:
    """Read and check files as `feed` does, and pass each message to `show` instead of a broker."""
    return _Feed(options or FeedOptions(), reports or FeedReports(), lambda: Rehearsal(show)).run(inputs)


class _LimitReachedError(Exception):
    """The limit is reached."""


class _Feed:
    """One feed: its counts, and what ends it."""

    def __init__(
        self, options: FeedOptions, reports: FeedReports, connect: Callable[[], Destination]
    ) -> None:
        self._options = options
        self._reports = reports
        self._connect = connect
        self._destination: Destination | None = None
        self._files: list[FileSummary] = []
        self._skipped = 0
        self._started = time.monotonic()
        self._next_progress = 0.0

    def run(self, inputs: Iterable[Input | FeedError]) -> FeedSummary:
        stopped_by: BaseException | None = None
        try:
            self._read_all(inputs)
        except _LimitReachedError:
            pass
        except (MonitorError, KeyboardInterrupt) as error:
            if self._destination is None and not isinstance(error, KeyboardInterrupt):
                raise
            stopped_by = error
        destination = self._destination
        if destination is not None:
            try:
                destination.flush()
            except (MonitorError, KeyboardInterrupt) as error:
                stopped_by = error
        accepted, sent = (destination.accepted, destination.sent) if destination else (0, 0)
        return FeedSummary(
            tuple(self._files), sent, accepted - sent, time.monotonic() - self._started, stopped_by
        )

    def _read_all(self, inputs: Iterable[Input | FeedError]) -> None:
        if self._options.limit == 0:
            return
        for entry in inputs:
            sources = [entry] if isinstance(entry, FeedError) else open_sources(entry, self._reports.note)
            for source in sources:
                if isinstance(source, FeedError):
                    name = "" if isinstance(entry, FeedError) else entry.name
                    self._end_file(FileSummary(name, error=source))
                else:
                    self._read_source(source)
        if not self._files and self._skipped:
            raise no_posts_error(self._skipped)

    def _read_source(self, source: Source) -> None:
        """Read one file; its own errors end up in its summary, and all others are raised."""
        file = FileSummary(source.name)
        self._files.append(file)
        try:
            self._send_items(source, file)
            self._options.reject_limit.check_at_end(file.name, file.rejected, file.read)
        except FeedError as error:
            if isinstance(error, UnknownFormatError) and not source.was_listed and not file.read:
                self._files.pop()
                self._skipped += 1
                self._reports.note(f"skipped: {error.fact}")
                return
            file.error = error
        self._reports.ended(file)

    def _end_file(self, file: FileSummary) -> None:
        self._files.append(file)
        self._reports.ended(file)

    def _send_items(self, source: Source, file: FileSummary) -> None:
        if source.is_empty:
            return
        detection = detect_format(source, self._options.format)
        notes: list[str] = []  # what the reader says before its first item, and so before the format is shown
        reading = replace(self._options.reading, notify=notes.append)
        for item in read_feed_items(source, detection, reading, self._options.format):
            self._show_format(file, detection, notes)
            file.line = item.line
            if isinstance(item, Reject):
                file.reasons[item.reason] += 1
                self._reports.rejected(source.name, item)
                self._options.reject_limit.check_during(file.name, file.rejected)
            else:
                self._send(item, file)
            if time.monotonic() >= self._next_progress:
                self._report_progress(source, file)
        self._show_format(file, detection, notes)

    def _show_format(self, file: FileSummary, detection: Detection, notes: list[str]) -> None:
        """Report the format of a file, unless that was done, and the notes about it."""
        if file.form is None:
            file.form = detection.form.name
            self._reports.detected(file.name, detection)
        for note in notes:
            self._reports.note(f"{file.name}: {note}")
        notes.clear()

    def _send(self, item: FeedItem, file: FileSummary) -> None:
        if not file.posts and not file.events:
            self._reports.first_post(item)
        if item.source and item.source not in file.sources and file.sources:
            before = ", ".join(file.sources)
            self._reports.note(f"{file.name}: line {item.line} is read as {item.source}; before it, {before}")
        if self._destination is None:
            self._destination = self._connect()
        destination = self._destination
        if self._options.rate is not None:
            due = self._started + destination.accepted / self._options.rate
            time.sleep(max(0.0, due - time.monotonic()))
        destination.send(message_of(item.content))
        if isinstance(item.content, Post):
            file.posts += 1
        else:
            file.events += 1
        if item.source:
            file.sources[item.source] += 1
        if destination.accepted == self._options.limit:
            self._reports.ended(file)
            raise _LimitReachedError

    def _report_progress(self, source: Source, file: FileSummary) -> None:
        self._next_progress = time.monotonic() + PROGRESS_INTERVAL
        sent = self._destination.sent if self._destination else 0
        rejected = sum(file.rejected for file in self._files)
        self._reports.progress(
            FeedProgress(source.name, len(self._files), sent, rejected, source.position, source.size)
        )
