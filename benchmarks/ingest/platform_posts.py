"""Invented posts in the form of each source, with as much around them as the platforms write."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from monitor.feed import message_of
from monitor.ingest import read_items, read_message
from monitor.ingest.sources import SOURCES, source_named
from monitor.records import Post
from tests.monitor.ingest.sources.examples import EXAMPLES

SIZES: Final = (2_000, 3_500, 5_000)
"""Bytes of an object; the platforms write so much."""

CONTRACT: Final = "contract"
_EVENTS: Final = "x-compliance"
_UNPADDED: Final = (CONTRACT, _EVENTS)

# What most objects are full of: links, users, pictures, rules.
_DETAIL: Final = {
    "url": "https://example.org/an/invented/page/with/a/long/address?and=some&arguments=as&usual=1",
    "positions": [12, 35],
    "verified": False,
    "created_at": "Wed May 01 09:00:00 +0000 2024",
    "counts": {"followers": 1204, "posts": 9311},
    "description": "An invented description of a person, a page or a picture, as long as most of them are.",
}


def post_values() -> dict[str, list[bytes]]:
    """Return values of messages for each source, each with at least one post or event."""
    values = {}
    for source in SOURCES:
        documents = [document for document in EXAMPLES[source.name] if _has_items(document)]
        if source.name == CONTRACT:
            values[source.name] = [message_of(post).value for post in _all_posts()]
        elif source.name in _UNPADDED:
            values[source.name] = [json.dumps(document).encode() for document in documents]
        else:
            values[source.name] = [
                json.dumps(padded(document, size)).encode() for document in documents for size in SIZES
            ]
    return values


def padded(document: dict[str, Any], size: int) -> dict[str, Any]:
    """Return an object with other fields around its own, so that its JSON has about `size` bytes."""
    items = list(read_items(document))
    missing = size * max(1, len(items)) - len(json.dumps(document))
    details = [_DETAIL] * max(0, missing // len(json.dumps(_DETAIL)))
    wrapped = _with_details(document, details)
    assert list(read_items(wrapped)) == items, "the details change what is read"
    return wrapped


def count_posts(value: bytes) -> int:
    """Return the number of posts and events in the value of a message."""
    return len(read_message(value))


def stream_lines(count: int) -> Iterator[bytes]:
    """Yield lines with a post of X each, with ids of their own, of 3.5 kB."""
    document = padded(EXAMPLES["x-v2"][0], SIZES[1])
    text = json.dumps(document).encode()
    post_id = str(document["id"]).encode()
    for number in range(count):
        yield text.replace(post_id, b"%d" % (int(post_id) + number)) + b"\n"


def _with_details(document: dict[str, Any], details: list[Any]) -> dict[str, Any]:
    """Put the details into the post, which may be wrapped in objects of few fields."""
    if len(document) <= 3:
        for name, value in document.items():
            if isinstance(value, dict) and len(value) > 1:
                return {**document, name: _with_details(value, details)}
    return {**document, "details": details}


def _all_posts() -> list[Post]:
    documents = [(name, document) for name in EXAMPLES for document in EXAMPLES[name]]
    items = [item for name, document in documents for item in read_items(document, source_named(name))]
    return [item for item in items if isinstance(item, Post)]


def _has_items(document: dict[str, Any]) -> bool:
    return any(True for _ in read_items(document))
