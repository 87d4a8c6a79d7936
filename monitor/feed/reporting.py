"""What a feed reports while it runs, for example to a terminal."""

from __future__ import annotations

from monitor.feed.detection import Detection
from monitor.feed.entries import FeedItem, Reject
from monitor.feed.feed_summary import FeedProgress, FileSummary


class FeedReports:
    """What a feed reports while it runs. These methods do nothing; override those that you need."""

    def note(self, text: str) -> None:
        """Take something worth knowing, such as a skipped file."""

    def detected(self, name: str, detection: Detection) -> None:
        """Take the format of the file that is read now."""

    def first_post(self, item: FeedItem) -> None:
        """Take the first post or event of a file."""

    def rejected(self, name: str, reject: Reject) -> None:
        """Take a reject."""

    def ended(self, file: FileSummary) -> None:
        """Take the result of a file."""

    def progress(self, progress: FeedProgress) -> None:
        """Take how far the feed is; called a few times a second."""
