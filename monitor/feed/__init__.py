"""Feed tweets from files to Kafka: lines → entries → messages → broker.

`source` opens a file and reads its lines, a reader of `file_formats` turns them into entries, `entries` turns
these into messages, and `sender` sends them. `feeder` runs all of it.
"""

from monitor.feed.delimited import Columns
from monitor.feed.entries import FEED_REASONS, FeedEntry, Reject, validate_entry
from monitor.feed.feeder import FeedOptions, FeedProgress, FeedSummary, feed
from monitor.feed.file_formats import Format, detect_format, read_json_entries, reader_for
from monitor.feed.post_message import PostMessage, contract_fields, message_of
from monitor.feed.rejects import RejectLog
from monitor.feed.sender import Sender
from monitor.feed.source import FeedError, Source, SourceLine, open_source

__all__ = [
    "FEED_REASONS",
    "Columns",
    "FeedEntry",
    "FeedError",
    "FeedOptions",
    "FeedProgress",
    "FeedSummary",
    "Format",
    "PostMessage",
    "Reject",
    "RejectLog",
    "Sender",
    "Source",
    "SourceLine",
    "contract_fields",
    "detect_format",
    "feed",
    "message_of",
    "open_source",
    "read_json_entries",
    "reader_for",
    "validate_entry",
]
