"""What a feed has done: counts for each file, and for all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from monitor.errors import MonitorError


@dataclass
class FileSummary:
    """The result of one file, counted while it is read.

    Attributes:
        name: name of the file.
        form: name of its format, or None if it has none, for example because it is empty.
        posts: valid posts in it.
        events: deletions and other compliance events in it.
        reasons: number of rejects for each reason.
        sources: number of posts and events for each source that read them; empty for tables.
        line: the last line from which something was taken.
        error: why it was not read, or not to its end.
    """

    name: str
    form: str | None = None
    posts: int = 0
    events: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    line: int = 0
    error: MonitorError | None = None

    @property
    def rejected(self) -> int:
        """Number of rejects."""
        return self.reasons.total()

    @property
    def read(self) -> int:
        """Number of posts, events and rejects."""
        return self.posts + self.events + self.rejected


@dataclass(frozen=True)
class FeedSummary:
    """The result of a feed.

    Attributes:
        files: the result of each file, in their order.
        sent: messages that the broker acknowledged.
        failed: messages that the producer took and the broker did not acknowledge.
        seconds: duration.
        stopped_by: what ended it before the last file: an error, KeyboardInterrupt, or None.
    """

    files: tuple[FileSummary, ...]
    sent: int
    failed: int
    seconds: float
    stopped_by: BaseException | None = None

    @property
    def read(self) -> int:
        """Number of posts, events and rejects in all files."""
        return sum(file.read for file in self.files)

    @property
    def events(self) -> int:
        """Number of compliance events in all files."""
        return sum(file.events for file in self.files)

    @property
    def rejected(self) -> int:
        """Number of rejects in all files."""
        return self.reasons.total()

    @property
    def reasons(self) -> Counter[str]:
        """Number of rejects for each reason."""
        return _total(file.reasons for file in self.files)

    @property
    def failures(self) -> list[FileSummary]:
        """The files that were not read, or not to their end."""
        return [file for file in self.files if file.error is not None]

    @property
    def per_second(self) -> float:
        """Messages sent per second."""
        return self.sent / self.seconds if self.seconds else 0.0


@dataclass(frozen=True)
class FeedProgress:
    """How far a running feed is.

    Attributes:
        name: the file that is read, and `files` the number of files up to it.
        sent: messages that have arrived.
        rejected: rejects of all files.
        position: how many of the `size` bytes on disk were read.
        size: bytes of the file on disk, or None if unknown.
    """

    name: str
    files: int
    sent: int
    rejected: int
    position: int
    size: int | None


def _total(counters: Iterable[Counter[str]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for counter in counters:
        total.update(counter)
    return total
