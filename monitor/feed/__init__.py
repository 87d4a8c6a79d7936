"""Feed tweets from files to Kafka: lines → entries → messages → broker; one file for each format."""

from monitor.feed.columns import Columns
from monitor.feed.entries import Reject
from monitor.feed.failures import FeedError
from monitor.feed.formats import Format
from monitor.feed.rejects import RejectLog
from monitor.feed.run import FeedOptions, FeedProgress, FeedSummary, feed

__all__ = [
    "Columns",
    "FeedError",
    "FeedOptions",
    "FeedProgress",
    "FeedSummary",
    "Format",
    "Reject",
    "RejectLog",
    "feed",
]
