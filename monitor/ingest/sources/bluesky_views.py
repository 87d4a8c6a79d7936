"""Bluesky: posts as the app view returns them, alone, in pages and in threads.

Reference: the lexicons `app.bsky.feed.defs` and `app.bsky.embed.record`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from monitor.ingest.sources.bluesky_records import (
    POST_COLLECTION,
    has_text,
    moment_of,
    post_id_of,
    record_fields,
    uri_fields,
)
from monitor.ingest.sources.json_access import mapping, nested
from monitor.ingest.sources.post_source import Document, Fields

_PAGES: Final = ("feed", "posts", "records")
_PAGE_FIELDS: Final = frozenset({*_PAGES, "cursor", "hitsTotal"})


def has_views(document: Document) -> bool:
    """Return True for a post, an item of a feed, a page of them, and a thread."""
    # Most objects have none of these names, so this must be quick.
    if "uri" in document:
        return _is_view(document)
    if "post" in document:
        return _is_view(document["post"])
    if "thread" in document:
        return _is_view(nested(document["thread"], "post"))
    has_page = "feed" in document or "posts" in document or "records" in document
    return has_page and any(_is_page(document, name) for name in _PAGES)


def read_views(document: Document) -> Iterator[Fields]:
    """Yield the fields of each post in a document."""
    if "thread" in document:
        yield from _thread(document["thread"])
        return
    lists = [document[name] for name in _PAGES if isinstance(document.get(name), list)]
    for item in [item for items in lists for item in items] if lists else [document]:
        yield from _item(item)


def _is_view(value: Any) -> bool:
    if not isinstance(value, dict) or not ("record" in value or "value" in value):
        return False
    uri = value.get("uri")
    return isinstance(uri, str) and uri.startswith("at://")


def _is_page(document: Document, name: str) -> bool:
    items = document.get(name)
    if not isinstance(items, list):
        return False
    if not items:
        return _PAGE_FIELDS.issuperset(document)
    return any(_is_view(item) or _is_view(nested(item, "post")) for item in items)


def _item(item: Any) -> Iterator[Fields]:
    """Read a post, or an item of a feed: a post, and what it answers."""
    if not isinstance(item, dict):
        yield {}
        return
    post = item.get("post")
    view = post if isinstance(post, dict) else item
    if "record" in view or "value" in view:
        yield from _view(view, nested(item, "reply", "parent", "record", "text"))
    elif not ("notFound" in view or "blocked" in view):
        yield {}


def _thread(thread: Any) -> Iterator[Fields]:
    """Read the posts of a thread. It is a tree; what is deeper than our JSON parser goes cannot occur."""
    waiting = [(thread, nested(thread, "parent", "post", "record", "text"))]
    while waiting:
        node, parent_text = waiting.pop()
        view = nested(node, "post")
        if not isinstance(view, dict):
            continue
        yield from _view(view, parent_text)
        replies = nested(node, "replies")
        if isinstance(replies, list):
            waiting.extend((reply, nested(view, "record", "text")) for reply in reversed(replies))


def _view(view: Document, parent_text: Any) -> Iterator[Fields]:
    fields = uri_fields(view.get("uri"))
    record = mapping(view.get("record")) or mapping(view.get("value")) or {}
    if fields is None or nested(record, "$type") not in (None, POST_COLLECTION):
        # Lists, feeds and other records; a record without a type and with a broken address is a fault.
        if "text" in record:
            yield {}
        return
    fields |= record_fields(record, moment_of(view.get("indexedAt")))
    embedded = nested(view, "embed", "record")
    quoted = nested(embedded, "value", "text") or nested(embedded, "record", "value", "text")
    quoted_uri = nested(embedded, "uri") or nested(embedded, "record", "uri")
    parent_uri = nested(record, "reply", "parent", "uri")
    texts = (("quoted", quoted, quoted_uri), ("parent", parent_text, parent_uri))
    context = [
        {"kind": kind, "text": text, "id": post_id_of(uri)}
        for kind, text, uri in texts
        if isinstance(text, str)
    ]
    if context:
        fields["context"] = context
    if has_text(fields):
        yield fields
