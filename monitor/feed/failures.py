"""The one error of the feed: a file as a whole that cannot be fed."""

from __future__ import annotations

from monitor.errors import MonitorError


class FeedError(MonitorError):
    """The file cannot be opened, read, or understood; its message says what to change."""
