"""The table of all sources. To add a platform, write a file for it and add its source here."""

from __future__ import annotations

from typing import Final

from monitor.ingest.sources.own_contract import OWN_CONTRACT
from monitor.ingest.sources.post_source import Document, Fields, PostSource

SOURCES: Final[tuple[PostSource, ...]] = (OWN_CONTRACT,)
"""All sources in the order in which they are tried: the first that recognizes an object reads it.

The shapes with the most distinctive fields come first. Our own contract, which needs only `id` and `text`,
comes last.
"""

_BY_NAME: Final = {source.name: source for source in SOURCES}


def source_of(document: Document) -> PostSource | None:
    """Return the source whose shape an object has, or None if it has the shape of none."""
    return next((source for source in SOURCES if source.recognizes(document)), None)


def source_named(name: str) -> PostSource | None:
    """Return the source with this name, or None."""
    return _BY_NAME.get(name)


__all__ = ["SOURCES", "Fields", "PostSource", "source_named", "source_of"]
