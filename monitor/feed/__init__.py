"""Feed tweets from files to Kafka: lines → entries → messages → broker.

`source` opens a file and reads its lines, a reader of `file_formats` turns them into entries, `entries` turns
these into messages, and `sender` sends them. `feeder` runs all of it.
"""

from monitor.feed.delimited import Columns
from monitor.feed.entries import FeedEntry, Reject, TweetMessage
from monitor.feed.feeder import FeedOptions, FeedProgress, FeedSummary, feed
from monitor.feed.file_formats import Format
from monitor.feed.rejects import RejectLog
from monitor.feed.sender import Sender
from monitor.feed.source import FeedError, Source, open_source

__all__ = [
    "Columns",
    "FeedEntry",
    "FeedError",
    "FeedOptions",
    "FeedProgress",
    "FeedSummary",
    "Format",
    "Reject",
    "RejectLog",
    "Sender",
    "Source",
    "TweetMessage",
    "feed",
    "open_source",
]
