"""The value of a Kafka message: a message of our contract, or any object or array of a platform."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from typing import Any, Final

from monitor.errors import PoisonError
from monitor.ingest.contract import MAX_BYTES, MAX_POSTS, read_fields
from monitor.ingest.json_values import parse_json, require_object
from monitor.ingest.sources import PostSource, describe_shape, source_named, source_of, with_thread
from monitor.records import ComplianceEvent, Post

SOURCE_HEADER: Final = "source"
"""Name of the Kafka header that names the source of a message, so that its shape is not looked at."""

Item = Post | ComplianceEvent | PoisonError
"""What a part of a message is: a post, an event, or something that breaks the contract."""


def read_message(value: bytes | None, source: str | None = None) -> list[Item]:
    """Read the value of a Kafka message.

    A message may have several posts, such as a page of a search, or none, such as a keep-alive message.

    Args:
        value: the value, as raw bytes.
        source: name of the source, from the header of the message; None to detect it from the shape.

    Raises:
        PoisonError: the value as a whole breaks the contract. Nothing else is raised, whatever the bytes.
    """
    if value is None:
        raise PoisonError("empty", "the value is null")
    if len(value) > MAX_BYTES:
        raise PoisonError("too-large", f"the value has {len(value)} bytes, {MAX_BYTES} are allowed")
    named = None
    if source is not None and (named := source_named(source)) is None:
        raise PoisonError("unknown-source", "the header `source` does not name a known source")
    items = list(islice(_items_of(parse_json(value), named), MAX_POSTS + 1))
    if len(items) > MAX_POSTS:
        raise PoisonError("too-large", f"the message has more than {MAX_POSTS} posts")
    return items


def _items_of(document: Any, source: PostSource | None) -> Iterator[Item]:
    """Yield what the parts of an array are, or the document itself."""
    if not isinstance(document, list) or not document:
        yield from read_items(document, source)
        return
    for before, part in zip(chain([None], document), document, strict=False):
        yield from read_items(with_thread(before, part) if isinstance(part, dict) else part, source)


def read_items(document: Any, source: PostSource | None = None) -> Iterator[Item]:
    """Yield the posts and events of a JSON document, and an error for each part that breaks the contract.

    Args:
        document: a parsed JSON document; everything but an object is an error.
        source: the source that reads it; None to detect it. For an object of no source, the error names the
            field of our contract that is missing, and the fields that the object has.
    """
    try:
        parts = require_object(document)
    except PoisonError as error:
        yield error
        return
    reader = source or source_of(parts)
    if reader is None:
        missing = next((f"`{name}` is missing; " for name in ("id", "text") if name not in parts), "")
        yield PoisonError("missing-field", f"{missing}{describe_shape(parts)}")
        return
    is_empty = True
    for fields in reader.read(parts):
        is_empty = False
        try:
            yield read_fields(fields)
        except PoisonError as error:
            if error.reason == "missing-field":
                error = PoisonError(error.reason, f"{error.detail} (read as {reader.name})")
            yield error
    if is_empty and source is not None and not source.recognizes(parts):
        # Its reader finds nothing in it: not an empty page, but an object of something else.
        detail = f"the object is not one of {source.title}; {describe_shape(parts)}"
        yield PoisonError("missing-field", detail)
