"""Bluesky: events of Jetstream, and posts as the app view returns them.

Reference: the README of Jetstream, the lexicons `app.bsky.feed.post`, `app.bsky.feed.defs`,
`com.atproto.sync.subscribeRepos#account` and `network.bsky.jetstream.subscribeEvents`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from monitor.ingest.dates import to_rfc3339
from monitor.ingest.sources.json_access import mapping, nested
from monitor.ingest.sources.post_source import Document, Fields, PostSource

_COLLECTION: Final = "app.bsky.feed.post"
_URI: Final = re.compile(r"at://(?P<did>did:[^/]+)/app\.bsky\.feed\.post/(?P<key>[^/?#]+)")
_EVENT_KINDS: Final = frozenset({"commit", "account", "identity", "sync"})
_EVENT_TYPE: Final = "network.bsky.jetstream.subscribeEvents#"
_PAGES: Final = ("feed", "posts", "records")
_PAGE_FIELDS: Final = frozenset({*_PAGES, "cursor", "hitsTotal"})

# `desynchronized` and `throttled` are states of a server and say nothing about the posts.
_INACTIVE: Final = {
    "deleted": "user_delete",
    "deactivated": "user_suspend",
    "suspended": "user_suspend",
    "takendown": "user_suspend",
    None: "user_suspend",
}

_FIRST_POST: Final = datetime(2022, 11, 1, tzinfo=UTC)
"""No post is older. Clients may write any date, also one that was never."""

_CLOCK_SKEW: Final = timedelta(minutes=10)


def _recognizes(document: Document) -> bool:
    if isinstance(kind := document.get("$type"), str) and kind.startswith(_EVENT_TYPE):
        return True
    if "did" in document:
        return "time_us" in document and _event_kind(document) in _EVENT_KINDS
    if _is_view(document) or _is_view(document.get("post")):
        return True
    return any(_is_page(document, name) for name in _PAGES) or _is_view(nested(document, "thread", "post"))


def _is_view(value: Any) -> bool:
    if not isinstance(value, Mapping) or not ("record" in value or "value" in value):
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


def _read(document: Document) -> Iterator[Fields]:
    kind = _event_kind(document)
    if kind == "commit":
        # Newer servers write the fields of the commit into the event itself.
        yield from _commit(document, mapping(document.get("commit")) or document)
    elif kind == "account":
        yield from _account(document)
    elif kind is not None:
        return
    elif "thread" in document:
        yield from _thread(document["thread"])
    else:
        lists = [document[name] for name in _PAGES if isinstance(document.get(name), list)]
        for item in [item for items in lists for item in items] if lists else [document]:
            yield from _item(item)


def _event_kind(document: Document) -> str | None:
    """Return the kind of a Jetstream event, or None if the object is not an event."""
    if isinstance(kind := document.get("kind"), str):
        return kind
    if isinstance(kind := document.get("$type"), str) and kind.startswith(_EVENT_TYPE):
        return kind.removeprefix(_EVENT_TYPE)
    return None


def _commit(event: Document, commit: Document) -> Iterator[Fields]:
    if commit.get("collection") != _COLLECTION:
        return
    at = _witnessed_at(event)
    operation = commit.get("operation")
    fields = _ids(event.get("did"), commit.get("rkey"))
    if operation == "delete":
        yield _removal(fields, at)
        return
    fields |= _record_fields(mapping(commit.get("record")) or {}, at)
    if operation == "update" and at is not None:
        fields["edited_at"] = at.isoformat()
    if _has_words(fields):
        yield fields
    elif operation == "update":
        # The author has removed the words that an earlier version had.
        yield _removal(fields, at)


def _account(event: Document) -> Iterator[Fields]:
    active = nested(event, "account", "active")
    status = nested(event, "account", "status")
    if active is True:
        # The event does not say which state has ended. What ends a state that never was has no effect.
        kinds = ["user_undelete", "user_unsuspend"]
    elif status is None or isinstance(status, str):
        kinds = [_INACTIVE[status]] if status in _INACTIVE else []
    else:
        kinds = []
    author = {key: value for key, value in _ids(event.get("did"), None).items() if key == "author_id"}
    at = _witnessed_at(event)
    for kind in kinds:
        yield {"tombstone": {"event": kind, "at": at and at.isoformat(), **author}}


def _item(item: Any) -> Iterator[Fields]:
    """Read a post, or an item of a feed: a post, and what it answers."""
    if not isinstance(item, Mapping):
        yield {}
        return
    post = item.get("post")
    view = post if isinstance(post, Mapping) else item
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
        if not isinstance(view, Mapping):
            continue
        yield from _view(view, parent_text)
        replies = nested(node, "replies")
        if isinstance(replies, list):
            waiting.extend((reply, nested(view, "record", "text")) for reply in reversed(replies))


def _view(view: Document, parent_text: Any) -> Iterator[Fields]:
    uri = view.get("uri")
    match = _URI.fullmatch(uri) if isinstance(uri, str) else None
    record = mapping(view.get("record")) or mapping(view.get("value")) or {}
    if match is None or nested(record, "$type") not in (None, _COLLECTION):
        # Lists, feeds and other records; a record without a type and with a broken address is a fault.
        if "text" in record:
            yield {}
        return
    fields = _ids(match["did"], match["key"])
    fields |= _record_fields(record, _moment(view.get("indexedAt")))
    embedded = nested(view, "embed", "record")
    quoted = nested(embedded, "value", "text") or nested(embedded, "record", "value", "text")
    texts = (("quoted", quoted), ("parent", parent_text))
    if context := [{"kind": kind, "text": text} for kind, text in texts if isinstance(text, str)]:
        fields["context"] = context
    if _has_words(fields):
        yield fields


def _ids(did: Any, key: Any) -> Fields:
    fields: Fields = {"platform": "bluesky"}
    if isinstance(did, str):
        fields["author_id"] = f"bsky:{did}"
        if isinstance(key, str):
            fields["id"] = f"bsky:{did}/{key}"
            fields["url"] = f"https://bsky.app/profile/{did}/post/{key}"
    return fields


def _record_fields(record: Document, at: datetime | None) -> Fields:
    """Return the fields that a post's record has. `at` is when the network saw it."""
    fields: Fields = {}
    if "text" in record:
        fields["text"] = record["text"]
    if created_at := _created_at(record.get("createdAt"), at):
        fields["created_at"] = created_at
    languages = record.get("langs")
    # Of several languages, the one of the text is not known; then it is detected from the text.
    if isinstance(languages, list) and len(languages) == 1 and isinstance(languages[0], str):
        fields["lang"] = languages[0]
    embed = nested(record, "embed", "record")
    quoted = _post_id(nested(embed, "uri")) or _post_id(nested(embed, "record", "uri"))
    if quoted is not None:
        fields |= {"kind": "quote", "referenced_id": quoted}
    elif "reply" in record:
        fields["kind"] = "reply"
        if parent := _post_id(nested(record, "reply", "parent", "uri")):
            fields["referenced_id"] = parent
    return fields


def _post_id(uri: Any) -> str | None:
    match = _URI.fullmatch(uri) if isinstance(uri, str) else None
    return f"bsky:{match['did']}/{match['key']}" if match else None


def _witnessed_at(event: Document) -> datetime | None:
    """Return when the network saw an event."""
    at = event.get("time_us")
    return _moment(event.get("time") if at is None else at)


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(to_rfc3339(value))
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        return None


def _created_at(written: Any, at: datetime | None) -> str | None:
    """Return the date in the record if it can be true, else when the network saw the post."""
    moment = _moment(written)
    if moment is None or not _FIRST_POST <= moment <= (at or datetime.now(UTC)) + _CLOCK_SKEW:
        moment = at
    return moment.isoformat() if moment else None


def _removal(fields: Fields, at: datetime | None) -> Fields:
    tombstone: Fields = {"event": "delete", "at": at and at.isoformat()}
    if "id" in fields:
        tombstone["id"] = fields["id"]
    return {"tombstone": tombstone}


def _has_words(fields: Fields) -> bool:
    """Return False for a post of pictures only. A text of a wrong type is for the contract to refuse."""
    text = fields.get("text")
    return not isinstance(text, str) or bool(text.strip())


BLUESKY = PostSource(
    "bluesky",
    "Bluesky (Jetstream, app view)",
    _recognizes,
    _read,
    signs="`did`, `time_us` and `kind`; `uri` at://… with `record`, or a page of such posts",
)
