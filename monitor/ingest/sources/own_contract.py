"""Our own contract: messages that need no conversion."""

from __future__ import annotations

from collections.abc import Iterator

from monitor.ingest.contract import POST_FIELDS
from monitor.ingest.sources.post_source import Document, Fields, PostSource


def has_only_contract_fields(document: Document) -> bool:
    """Return True if a message has `id`, `text`, and no field of any platform."""
    return "text" in document and "id" in document and document.keys() <= POST_FIELDS


def is_chat_message(document: Document) -> bool:
    """Return True for a message of a Telegram export without its chat: its number is unique only in there."""
    return (
        document.get("type") in ("message", "service")
        and "date" in document
        and not document.keys().isdisjoint({"from", "from_id", "text_entities", "actor"})
    )


def _recognizes(document: Document) -> bool:
    if "tombstone" in document:
        return True
    return "id" in document and "text" in document and not is_chat_message(document)


def _read(document: Document) -> Iterator[Fields]:
    yield dict(document)


OWN_CONTRACT = PostSource(
    "contract", "messages of ade-monitor", _recognizes, _read, signs="`id` and `text`, or `tombstone`"
)
