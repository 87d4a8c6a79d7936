"""Read files as `ade-monitor feed` does, but without a broker: open, unpack, detect, read, check."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from monitor.feed import FeedError, FeedItem, Input, ReadOptions, detect_format, open_sources, read_feed_items


def count_valid(path: Path, limit: int | None = None) -> int:
    """Return the number of valid posts of a file; stop after `limit` posts.

    Raises:
        FeedError: the file cannot be read, or is a bomb.
    """
    valid = 0
    for is_valid in read_validity(path):
        valid += is_valid
        if valid == limit:
            break
    return valid


def read_validity(path: Path | None) -> Iterator[bool]:
    """Yield True for each valid post of a file, and False for each reject; None reads standard input.

    Raises:
        FeedError: the file cannot be read, or is a bomb.
    """
    for source in open_sources(Input(path), lambda note: None):
        if isinstance(source, FeedError):
            raise source
        for item in read_feed_items(source, detect_format(source), ReadOptions()):
            yield isinstance(item, FeedItem)
