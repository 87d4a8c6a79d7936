"""Feed posts from files to Kafka: inputs → sources → entries → items → messages → broker.

listing          what is fed if a user names folders and archives
opening          a file as sources, `archives` member by member
unpacking        the ways of packing; `unpacked_stream` limits how much a file becomes
source           what is open: its first bytes and its lines
detection        the format of a source, from the table of all formats
json_entries     JSON of any platform; `json_documents` splits it into documents, with `json_patterns`
json_text        the text of a document
tables           tables: delimited text, workbooks, Parquet and Arrow
encodings        encodings of files
field_mapping    names of fields that the user chose
file_format      what a format is, and how a file is to be read
entries          entries, rejects and items
post_message     posts and events as messages of our contract
sender           messages to the broker; `destinations` has the one of a rehearsal
feeder           all of it together; `feed_summary` has the results, `reporting` what it says meanwhile
rejects          reports of rejects; `reject_limit` says how many are too many
preview          a post as it was read, for people
"""

from monitor.feed.detection import (
    AUTO,
    FILE_FORMATS,
    Detection,
    detect_format,
    format_names,
    read_feed_items,
    require_format,
)
from monitor.feed.encodings import normalized_encoding
from monitor.feed.entries import FEED_REASONS, FeedEntry, FeedItem, Reject
from monitor.feed.feed_summary import FeedProgress, FeedSummary, FileSummary
from monitor.feed.feeder import FeedOptions, feed, rehearse
from monitor.feed.field_mapping import FieldMapping
from monitor.feed.file_format import FileFormat, ReadOptions
from monitor.feed.listing import Input, list_inputs
from monitor.feed.opening import open_sources
from monitor.feed.post_message import PostMessage, contract_fields, message_of
from monitor.feed.preview import preview_lines
from monitor.feed.reject_limit import RejectLimit, parse_reject_limit
from monitor.feed.rejects import RejectFileError, RejectLog
from monitor.feed.reporting import FeedReports
from monitor.feed.sender import Sender
from monitor.feed.source import FeedError, Source, UnknownFormatError, no_posts_error
from monitor.feed.tables import parse_date_order, parse_delimiter
from monitor.feed.unpacking import PACKINGS

__all__ = [
    "AUTO",
    "FEED_REASONS",
    "FILE_FORMATS",
    "PACKINGS",
    "Detection",
    "FeedEntry",
    "FeedError",
    "FeedItem",
    "FeedOptions",
    "FeedProgress",
    "FeedReports",
    "FeedSummary",
    "FieldMapping",
    "FileFormat",
    "FileSummary",
    "Input",
    "PostMessage",
    "ReadOptions",
    "Reject",
    "RejectFileError",
    "RejectLimit",
    "RejectLog",
    "Sender",
    "Source",
    "UnknownFormatError",
    "contract_fields",
    "detect_format",
    "feed",
    "format_names",
    "list_inputs",
    "message_of",
    "no_posts_error",
    "normalized_encoding",
    "open_sources",
    "parse_date_order",
    "parse_delimiter",
    "parse_reject_limit",
    "preview_lines",
    "read_feed_items",
    "rehearse",
    "require_format",
]
