"""The table of all sources. To add a platform, write a file for it and add its source here."""

from __future__ import annotations

from typing import Final

from monitor.ingest.sources.bluesky import BLUESKY
from monitor.ingest.sources.gnip import GNIP
from monitor.ingest.sources.mastodon import MASTODON
from monitor.ingest.sources.own_contract import OWN_CONTRACT, has_only_contract_fields
from monitor.ingest.sources.post_source import Document, Fields, PostSource
from monitor.ingest.sources.reddit import REDDIT
from monitor.ingest.sources.snscrape import SNSCRAPE
from monitor.ingest.sources.telegram import TELEGRAM
from monitor.ingest.sources.x_archive import X_ARCHIVE
from monitor.ingest.sources.x_compliance import X_COMPLIANCE
from monitor.ingest.sources.x_v1 import X_V1
from monitor.ingest.sources.x_v2 import X_V2

SOURCES: Final[tuple[PostSource, ...]] = (
    X_COMPLIANCE,
    GNIP,
    X_ARCHIVE,
    SNSCRAPE,
    X_V1,
    X_V2,
    BLUESKY,
    MASTODON,
    REDDIT,
    TELEGRAM,
    OWN_CONTRACT,
)
"""All sources in the order in which they are tried: the first that recognizes an object reads it.

The shapes with the most distinctive fields come first. Our own contract, which needs only `id` and `text`,
comes last.
"""

_BY_NAME: Final = {source.name: source for source in SOURCES}


def source_of(document: Document) -> PostSource | None:
    """Return the source whose shape an object has, or None if it has the shape of none."""
    if has_only_contract_fields(document):
        # Most messages on the topic. To try all other sources first would double the time to read them.
        return OWN_CONTRACT
    for source in SOURCES:
        if source.recognizes(document):
            return source
    return None


def source_named(name: str) -> PostSource | None:
    """Return the source with this name, or None."""
    return _BY_NAME.get(name)


__all__ = ["SOURCES", "Fields", "PostSource", "source_named", "source_of"]
