"""Platforms: how an object of each one becomes the fields of our contract.

registry  the table of all sources, and which of them an object belongs to
contract  our own messages

A source only maps fields. `monitor.ingest.contract` checks their values afterwards, for all sources.
"""

from monitor.ingest.sources.registry import SOURCES, Fields, PostSource, source_named, source_of

__all__ = ["SOURCES", "Fields", "PostSource", "source_named", "source_of"]
