"""The feed from end to end: open, read, check, send, count."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from monitor.errors import MonitorError
from monitor.feed.delimited import Columns
from monitor.feed.entries import FeedEntry, Reject, message_of
from monitor.feed.file_formats import Format, format_of, reader_of
from monitor.feed.sender import Sender
from monitor.feed.source import Source, open_source
from monitor.kafka.topics import ensure_topics
from monitor.settings import KafkaSettings

PROGRESS_EVERY: Final = 0.1
"""Seconds between two reports of progress."""


@dataclass(frozen=True)
class FeedOptions:
    """How to feed.

    Attributes:
        format: of the file; told by its extension and first line where it is None.
        columns: names of the columns of CSV and TSV.
        quotes: whether fields of CSV and TSV may be quoted.
        rate: tweets a second at most; None for as fast as it goes.
        limit: tweets after which to stop; None for all.
    """

    format: Format | None = None
    columns: Columns = field(default_factory=Columns)
    quotes: bool = True
    rate: float | None = None
    limit: int | None = None


@dataclass(frozen=True)
class FeedSummary:
    """What came of a feed.

    Attributes:
        read: tweets that were found, good or bad.
        sent: tweets that the broker acknowledged.
        rejected: those that are no tweets, with their number of each reason in `reasons`.
        failed: tweets that were handed over and not acknowledged.
        seconds: how long it took.
        stopped_by: what ended it before the end of the file: an error, KeyboardInterrupt, or None.
    """

    read: int
    sent: int
    rejected: int
    reasons: dict[str, int]
    failed: int
    seconds: float
    stopped_by: BaseException | None = None

    @property
    def per_second(self) -> float:
        """Tweets that were sent, for each second."""
        return self.sent / self.seconds if self.seconds else 0.0


@dataclass(frozen=True)
class FeedProgress:
    """Where a running feed is; `position` of `size` bytes, as they lie on disk."""

    sent: int
    rejected: int
    position: int
    size: int | None


def feed(
    kafka: KafkaSettings,
    path: Path | None,
    options: FeedOptions | None = None,
    *,
    on_reject: Callable[[Reject], None] = lambda reject: None,
    on_progress: Callable[[FeedProgress], None] = lambda progress: None,
) -> FeedSummary:
    """Send the tweets of a file, or of standard input where `path` is None, to the topic of `kafka`.

    Memory does not grow with the file. Both topics are created where they are missing.

    Raises:
        FeedError: the file cannot be opened, or its format cannot be told.
        RetryableError: no broker answers at the start. What ends a running feed is in the summary.
    """
    options = options or FeedOptions()
    with open_source(path) as source:
        entries = _entries(source, options)
        if entries is None:
            return FeedSummary(read=0, sent=0, rejected=0, reasons={}, failed=0, seconds=0.0)
        ensure_topics(kafka)
        with Sender(kafka) as sender:
            return _Run(source, entries, options, sender, on_reject, on_progress).through()


class _Run:
    """One feed: the counts, and what ends it."""

    def __init__(
        self,
        source: Source,
        entries: Iterator[FeedEntry | Reject],
        options: FeedOptions,
        sender: Sender,
        on_reject: Callable[[Reject], None],
        on_progress: Callable[[FeedProgress], None],
    ) -> None:
        self._source = source
        self._entries = entries
        self._options = options
        self._sender = sender
        self._on_reject = on_reject
        self._on_progress = on_progress
        self._next_progress = 0.0
        self._reasons: dict[str, int] = {}

    def through(self) -> FeedSummary:
        started = time.monotonic()
        stopped_by: BaseException | None = None
        try:
            self._send_all(started)
        except (MonitorError, KeyboardInterrupt) as end:
            stopped_by = end
        try:
            self._sender.flush()
        except MonitorError as error:
            stopped_by = error
        except KeyboardInterrupt as impatience:
            stopped_by = impatience
        self._tell_progress()
        return FeedSummary(
            read=self._sender.handed_over + self._rejected,
            sent=self._sender.sent,
            rejected=self._rejected,
            reasons=self._reasons,
            failed=self._sender.handed_over - self._sender.sent,
            seconds=time.monotonic() - started,
            stopped_by=stopped_by,
        )

    def _send_all(self, started: float) -> None:
        limit, rate = self._options.limit, self._options.rate
        if limit == 0:
            return
        for entry in self._entries:
            message = entry if isinstance(entry, Reject) else message_of(entry)
            if isinstance(message, Reject):
                self._reasons[message.reason] = self._reasons.get(message.reason, 0) + 1
                self._on_reject(message)
            else:
                if rate is not None:
                    due = started + self._sender.handed_over / rate
                    time.sleep(max(0.0, due - time.monotonic()))
                self._sender.send(message)
                if self._sender.handed_over == limit:
                    return
            if time.monotonic() >= self._next_progress:
                self._tell_progress()

    @property
    def _rejected(self) -> int:
        return sum(self._reasons.values())

    def _tell_progress(self) -> None:
        self._next_progress = time.monotonic() + PROGRESS_EVERY
        source = self._source
        self._on_progress(FeedProgress(self._sender.sent, self._rejected, source.position, source.size))


def _entries(source: Source, options: FeedOptions) -> Iterator[FeedEntry | Reject] | None:
    """Find the format and give the entries as they are read; None where the source has nothing in it."""
    lines = source.lines()
    first = next((line for line in lines if not line.blank), None)
    if first is None:
        return None
    kind = options.format or format_of(first, extension=source.extension, name=source.name)
    read = reader_of(kind, options.columns, name=source.name, quotes=options.quotes)
    return read(itertools.chain([first], lines))
