"""Feed tweets from files to Kafka: lines → entries → messages → broker; one file for each format."""

from monitor.feed.delimited import Columns
from monitor.feed.entries import Reject
from monitor.feed.feeder import FeedOptions, FeedProgress, FeedSummary, feed
from monitor.feed.file_formats import Format
from monitor.feed.rejects import RejectLog
from monitor.feed.source import FeedError

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
