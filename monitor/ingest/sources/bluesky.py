"""Bluesky: events of Jetstream, and posts of the app view.

Reference: the README of Jetstream, and the lexicons `com.atproto.sync.subscribeRepos#account` and
`network.bsky.jetstream.subscribeEvents`, whose events are flat.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from monitor.ingest.sources.bluesky_records import (
    POST_COLLECTION,
    has_text,
    moment_of,
    post_address,
    record_fields,
)
from monitor.ingest.sources.bluesky_views import has_views, read_views
from monitor.ingest.sources.json_access import mapping, nested
from monitor.ingest.sources.post_source import Document, Fields, PostSource

_EVENT_KINDS: Final = frozenset({"commit", "account", "identity", "sync"})
_EVENT_TYPE: Final = "network.bsky.jetstream.subscribeEvents#"
# `desynchronized` and `throttled` are states of a server and say nothing about the posts.
_INACTIVE: Final = {
    "deleted": "user_delete",
    "deactivated": "user_suspend",
    "suspended": "user_suspend",
    "takendown": "user_suspend",
    None: "user_suspend",
}


def _recognizes(document: Document) -> bool:
    if "did" in document and "time_us" in document:
        return _event_kind(document) in _EVENT_KINDS
    if "$type" in document and _event_kind(document) is not None:
        return True
    return has_views(document)


def _read(document: Document) -> Iterator[Fields]:
    kind = _event_kind(document)
    if kind is None:
        yield from read_views(document)
    elif kind == "commit":
        yield from _commit(document, mapping(document.get("commit")) or document)
    elif kind == "account":
        yield from _account(document)


def _event_kind(document: Document) -> str | None:
    """Return the kind of a Jetstream event, or None if the object is not an event."""
    if isinstance(kind := document.get("kind"), str):
        return kind
    if isinstance(kind := document.get("$type"), str) and kind.startswith(_EVENT_TYPE):
        return kind.removeprefix(_EVENT_TYPE)
    return None


def _commit(event: Document, commit: Document) -> Iterator[Fields]:
    if commit.get("collection") != POST_COLLECTION:
        return
    at = _witnessed_at(event)
    operation = commit.get("operation")
    fields = post_address(event.get("did"), commit.get("rkey"))
    if operation == "delete":
        yield _removal(fields, at)
        return
    fields |= record_fields(mapping(commit.get("record")) or {}, at)
    if operation == "update" and at is not None:
        fields["edited_at"] = at.isoformat()
    if has_text(fields):
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
    author = {key: value for key, value in post_address(event.get("did"), None).items() if key == "author_id"}
    at = _witnessed_at(event)
    for kind in kinds:
        yield {"tombstone": {"event": kind, "at": at and at.isoformat(), **author}}


def _witnessed_at(event: Document) -> datetime | None:
    """Return when the network saw an event."""
    at = event.get("time_us")
    return moment_of(event.get("time") if at is None else at)


def _removal(fields: Fields, at: datetime | None) -> Fields:
    tombstone: Fields = {"event": "delete", "at": at and at.isoformat()}
    if "id" in fields:
        tombstone["id"] = fields["id"]
    return {"tombstone": tombstone}


BLUESKY = PostSource(
    "bluesky",
    "Bluesky (Jetstream, app view)",
    _recognizes,
    _read,
    signs="`did`, `time_us` and `kind`; `uri` at://… with `record`, or a page of such posts",
)
