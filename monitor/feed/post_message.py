"""Posts and compliance events as messages of our contract, ready for Kafka.

`feed` and the connectors send every post in this form, whatever its source was. So the worker reads the same
fields again, and consumers of the topic need to know one format only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from pydantic_core import to_json

from monitor.ingest.contract import MAX_BYTES
from monitor.records import ComplianceEvent, Post, PostKind

_MAX_VALUE: Final = MAX_BYTES - 16_384
"""Largest value in bytes; the rest of what a broker accepts is for the key and the headers."""


@dataclass(frozen=True, slots=True)
class PostMessage:
    """A Kafka message: its key, and a value that `read_message` accepts. It holds a post, so `repr` is short.

    Attributes:
        key: canonical id of the post; of an event about an author, the id of the author.
        value: the message of our contract as JSON.
    """

    key: bytes
    value: bytes

    def __repr__(self) -> str:
        return f"PostMessage({len(self.value)} bytes)"


def message_of(item: Post | ComplianceEvent) -> PostMessage:
    """Return the message of a post or an event, keyed by its canonical id.

    All messages about a post have the same key, so they stay in their order. The context is left out if the
    message would be too large for a broker.
    """
    fields = contract_fields(item)
    value = to_json(fields)
    if len(value) > _MAX_VALUE:
        value = to_json({name: field for name, field in fields.items() if name != "context"})
    key = item.id if isinstance(item, Post) else item.post_id or item.author_id or ""
    return PostMessage(key.encode(), value)


def contract_fields(item: Post | ComplianceEvent) -> dict[str, Any]:
    """Return the fields of the message contract, ready for JSON; those without a value are left out.

    `monitor.ingest.read_fields` reads them as the same post or event again.
    """
    if isinstance(item, ComplianceEvent):
        return {"tombstone": _event_fields(item)}
    context = [part.record() for part in item.context]
    return _present(
        {
            "id": item.id,
            "text": item.text,
            "author_id": item.author_id,
            "created_at": _rfc3339(item.created_at),
            "lang": item.lang,
            "platform": item.platform,
            "kind": None if item.kind is PostKind.ORIGINAL else item.kind.value,
            "referenced_id": item.referenced_id,
            "url": item.url,
            "edited_at": _rfc3339(item.edited_at),
            "aliases": list(item.aliases),
            "context": context,
            # The text is plain by now: a `<b>` in it was written as such.
            "html": False,
        }
    )


def _event_fields(event: ComplianceEvent) -> dict[str, Any]:
    return _present(
        {
            "event": event.kind.value,
            "id": event.post_id,
            "author_id": event.author_id,
            "at": _rfc3339(event.at),
            "aliases": list(event.aliases),
        }
    )


def _present(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None and value != []}


def _rfc3339(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat()[: -len("+00:00")] + "Z"
