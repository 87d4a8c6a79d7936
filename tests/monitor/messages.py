"""Read a message that has exactly one post, for tests."""

from __future__ import annotations

from monitor.errors import PoisonError
from monitor.ingest import read_message
from monitor.records import Post


def read_post(value: bytes | None, source: str | None = None) -> Post:
    """Return the one post of a message, or raise the PoisonError of its one part."""
    [item] = read_message(value, source)
    if isinstance(item, PoisonError):
        raise item
    assert isinstance(item, Post)
    return item
