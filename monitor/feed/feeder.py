"""The feed from end to end: open a file, read its entries, validate and send them, and count."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from monitor.errors import MonitorError
from monitor.feed.delimited import Columns
from monitor.feed.entries import FeedEntry, Reject, message_from
from monitor.feed.file_formats import Format, detect_format, reader_for
from monitor.feed.sender import Sender
from monitor.feed.source import Source, open_source
from monitor.kafka import ensure_topics
from monitor.settings import KafkaSettings

PROGRESS_INTERVAL: Final = 0.1
"""Seconds between two reports of progress."""


@dataclass(frozen=True)
class FeedOptions:
    """How to feed.

    Attributes:
        format: format of the file; None to detect it from the extension and the first line.
        columns: names of the columns of CSV and TSV.
        quotes: whether fields of CSV and TSV may be quoted.
        rate: maximum number of tweets per second; None for no limit.
        limit: number of tweets after which to stop; None for all.
    """

    format: Format | None = None
    columns: Columns = field(default_factory=Columns)
    quotes: bool = True
    rate: float | None = None
    limit: int | None = None


@dataclass(frozen=True)
class FeedSummary:
    """The result of a feed.

    Attributes:
        read: tweets in the file, valid or not.
        sent: tweets that the broker acknowledged.
        rejected: tweets that are not valid, and in `reasons` their number for each reason.
        failed: tweets that the producer took and the broker did not acknowledge.
        seconds: duration.
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
        """Tweets sent per second."""
        return self.sent / self.seconds if self.seconds else 0.0


@dataclass(frozen=True)
class FeedProgress:
    """How far a running feed is; `position` of `size` bytes on disk."""

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
    """Send the tweets of a file, or of standard input if `path` is None, to the topic of `kafka`.

    Memory does not grow with the file. Both topics are created if they are missing.

    Raises:
        FeedError: the file cannot be opened, or its format cannot be detected.
        RetryableError: no broker answers at the start. Later errors are in the summary.
    """
    options = options or FeedOptions()
    with open_source(path) as source:
        entries = _read_entries(source, options)
        if entries is None:
            return FeedSummary(read=0, sent=0, rejected=0, reasons={}, failed=0, seconds=0.0)
        ensure_topics(kafka)
        with Sender(kafka) as sender:
            return _Feeder(source, entries, options, sender, on_reject, on_progress).run()


class _Feeder:
    """One feed: its counts, and what ends it."""

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

    def run(self) -> FeedSummary:
        started = time.monotonic()
        stopped_by: BaseException | None = None
        try:
            self._send_all(started)
        except (MonitorError, KeyboardInterrupt) as error:
            stopped_by = error
        try:
            self._sender.flush()
        except (MonitorError, KeyboardInterrupt) as error:
            stopped_by = error
        self._report_progress()
        return FeedSummary(
            read=self._sender.accepted + self._rejected,
            sent=self._sender.sent,
            rejected=self._rejected,
            reasons=self._reasons,
            failed=self._sender.accepted - self._sender.sent,
            seconds=time.monotonic() - started,
            stopped_by=stopped_by,
        )

    def _send_all(self, started: float) -> None:
        limit, rate = self._options.limit, self._options.rate
        if limit == 0:
            return
        for entry in self._entries:
            message = entry if isinstance(entry, Reject) else message_from(entry)
            if isinstance(message, Reject):
                self._reasons[message.reason] = self._reasons.get(message.reason, 0) + 1
                self._on_reject(message)
            else:
                if rate is not None:
                    due = started + self._sender.accepted / rate
                    time.sleep(max(0.0, due - time.monotonic()))
                self._sender.send(message)
                if self._sender.accepted == limit:
                    return
            if time.monotonic() >= self._next_progress:
                self._report_progress()

    @property
    def _rejected(self) -> int:
        return sum(self._reasons.values())

    def _report_progress(self) -> None:
        self._next_progress = time.monotonic() + PROGRESS_INTERVAL
        source = self._source
        self._on_progress(FeedProgress(self._sender.sent, self._rejected, source.position, source.size))


def _read_entries(source: Source, options: FeedOptions) -> Iterator[FeedEntry | Reject] | None:
    """Detect the format, and return an iterator over the entries, or None if the source is empty."""
    lines = source.lines()
    first = next((line for line in lines if not line.blank), None)
    if first is None:
        return None
    kind = options.format or detect_format(first, extension=source.extension, name=source.name)
    read = reader_for(kind, options.columns, name=source.name, quotes=options.quotes)
    return read(itertools.chain([first], lines))
