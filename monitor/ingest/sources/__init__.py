"""Platforms: how an object of each one becomes the fields of our contract.

registry        the table of all sources, and which of them an object belongs to
own_contract    our own messages
unknown_shapes  what an object of no source looks like
archive_notes   long posts of a Twitter archive

x_v2, x_v1, gnip, x_archive, snscrape read posts of X; x_posts has what they share. x_compliance reads
deletions. The other files are named for their platforms.

A source only maps fields. `monitor.ingest.contract` checks their values afterwards, for all sources.
"""

from monitor.ingest.sources.archive_notes import ArchiveNotes
from monitor.ingest.sources.reddit import with_thread
from monitor.ingest.sources.registry import SOURCES, Fields, PostSource, source_named, source_of
from monitor.ingest.sources.unknown_shapes import describe_shape

__all__ = [
    "SOURCES",
    "ArchiveNotes",
    "Fields",
    "PostSource",
    "describe_shape",
    "source_named",
    "source_of",
    "with_thread",
]
