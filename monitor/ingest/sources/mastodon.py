"""Mastodon and servers with the same API: statuses, pages of them, and events of the streaming API.

Reference: the entities Status, Quote and ShallowQuote, and "streaming API methods" of Mastodon's
documentation. An event may have the field `server`, which our connector adds: a server names posts by its own
numbers, so a deletion is only useful together with the name of the server.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from monitor.errors import PoisonError
from monitor.ingest.dates import to_rfc3339
from monitor.ingest.html_text import html_to_text
from monitor.ingest.json_values import parse_json
from monitor.ingest.sources.json_access import id_text, mapping, nested, set_present
from monitor.ingest.sources.post_source import Document, Fields, PostSource

_SCHEME: Final = re.compile(r"https?://")
_HOST: Final = re.compile(r"https?://([^/?#@\s]+)")
_POST_EVENTS: Final = frozenset({"update", "status.update"})
_EVENTS: Final = _POST_EVENTS | {
    "announcement",
    "announcement.delete",
    "announcement.reaction",
    "conversation",
    "delete",
    "encrypted_message",
    "filters_changed",
    "notification",
    "notifications_merged",
}
_PAGES: Final = ("statuses", "ancestors", "descendants")
_MARKS: Final = frozenset({"visibility", "spoiler_text", "reblog", "reblogs_count"})


def _recognizes(document: Document) -> bool:
    # Most objects have none of these names, so this must be quick.
    if "event" in document:
        event = document["event"]
        return isinstance(event, str) and event in _EVENTS and ("payload" in document or "stream" in document)
    if "content" in document:
        return _is_status(document)
    if "text" in document:
        return _was_deleted(document)
    has_page = "statuses" in document or "ancestors" in document or "descendants" in document
    return has_page and any(_is_page(document, name) for name in _PAGES)


def _is_status(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and "content" in value
        and isinstance(value.get("account"), dict)
        and ("uri" in value or "url" in value)
        and not _MARKS.isdisjoint(value)
    )


def _was_deleted(document: Document) -> bool:
    """Return True for the answer of the API to a deletion: it has the source of the text, and no content."""
    return (
        "text" in document
        and "uri" in document
        and "visibility" in document
        and isinstance(document.get("account"), dict)
    )


def _is_page(document: Document, name: str) -> bool:
    statuses = document.get(name)
    if not isinstance(statuses, list):
        return False
    if not statuses:
        return {"ancestors", "descendants"} <= document.keys() or {"accounts", "hashtags"} <= document.keys()
    return any(map(_is_status, statuses))


def _read(document: Document) -> Iterator[Fields]:
    server = document.get("server")
    server = server if isinstance(server, str) and server else None
    event = document.get("event")
    if isinstance(event, str):
        yield from _event(event, document.get("payload"), server)
        return
    lists = [document[name] for name in _PAGES if isinstance(document.get(name), list)]
    for status in [status for statuses in lists for status in statuses] if lists else [document]:
        yield from _status(status, server)


def _event(event: str, payload: Any, server: str | None) -> Iterator[Fields]:
    if event == "delete":
        local_id = id_text(payload)
        tombstone: Fields = {"event": "delete"}
        if server is not None and isinstance(local_id, str):
            tombstone["id"] = f"mastodon:{server}/{local_id}"
        yield {"tombstone": tombstone}
    elif event in _POST_EVENTS:
        if isinstance(payload, str):
            try:
                payload = parse_json(payload.encode(errors="replace"))
            except PoisonError:
                payload = None
        yield from _status(payload, server)


def _status(status: Any, server: str | None) -> Iterator[Fields]:
    if not isinstance(status, dict):
        yield {}
        return
    server = server or _local_server(status)
    fields: Fields = {"platform": "mastodon", "html": False}
    if identifier := _post_id(status, server):
        fields["id"] = identifier
        local_id = _local_id(status.get("id"), server)
        if local_id is not None and local_id != identifier:
            fields["aliases"] = [local_id]
    if author := _author(status, server):
        fields["author_id"] = author
    original = mapping(status.get("reblog"))
    written = status if original is None else original
    set_present(fields, "created_at", to_rfc3339(status.get("created_at")))
    set_present(fields, "edited_at", to_rfc3339(written.get("edited_at")))
    set_present(fields, "lang", written.get("language"))
    set_present(fields, "url", status.get("url"))
    text = _text(written)
    if "content" not in status and _was_deleted(status):
        yield _removal(fields, None)
        return
    if text is not None and not text:
        # Pictures only. If it was edited, the words of an earlier version are gone.
        if "edited_at" in fields and "id" in fields:
            yield _removal(fields, fields["edited_at"])
        return
    if text is not None:
        fields["text"] = text
    _set_references(fields, status, original, server)
    yield fields


def _removal(fields: Fields, at: Any) -> Fields:
    names = ("id", "aliases")
    return {
        "tombstone": {"event": "delete", "at": at} | {name: fields[name] for name in names if name in fields}
    }


def _set_references(fields: Fields, status: Document, original: Document | None, server: str | None) -> None:
    written = status if original is None else original
    quoted, quoted_id = _quote(written.get("quote"), server)
    answered = _local_id(written.get("in_reply_to_id"), server)
    if original is not None:
        fields["kind"] = "repost"
        set_present(fields, "referenced_id", _post_id(original, server))
        name = nested(original, "account", "acct")
        if "text" in fields and isinstance(name, str):
            fields["text"] = f"RT @{name}: {fields['text']}"
    elif quoted_id is not None:
        fields |= {"kind": "quote", "referenced_id": quoted_id}
    elif status.get("in_reply_to_id") is not None:
        fields["kind"] = "reply"
        set_present(fields, "referenced_id", answered)
    if quoted is not None and (text := _text(quoted)):
        fields["context"] = [{"kind": "quoted", "text": text, "id": quoted_id}]


def _quote(quote: Any, server: str | None) -> tuple[Document | None, str | None]:
    """Return the quoted status and its id. A shallow quote has only the id; some servers omit the wrapper."""
    if not isinstance(quote, dict):
        return None, None
    quoted = mapping(quote.get("quoted_status")) or (quote if "content" in quote else None)
    if quoted is None:
        return None, _local_id(quote.get("quoted_status_id"), server)
    return quoted, _post_id(quoted, server)


def _text(status: Document) -> str | None:
    """Return the content warning, which the author wrote, and the content; None if they are missing."""
    content = status.get("content")
    if not isinstance(content, str):
        return None
    warning = status.get("spoiler_text")
    warning = warning.strip() if isinstance(warning, str) else ""
    return f"{warning}\n\n{html_to_text(content)}".strip()


def _post_id(status: Document, server: str | None) -> str | None:
    uri = status.get("uri")
    if isinstance(uri, str) and uri:
        return f"mastodon:{_SCHEME.sub('', uri, count=1)}"
    return _local_id(status.get("id"), server or _host(status.get("url")))


def _local_id(identifier: Any, server: str | None) -> str | None:
    identifier = id_text(identifier)
    return f"mastodon:{server}/{identifier}" if server and isinstance(identifier, str) else None


def _author(status: Document, server: str | None) -> str | None:
    name = nested(status, "account", "acct")
    if not isinstance(name, str) or not name:
        return None
    if "@" in name:
        return f"mastodon:{name}"
    host = _host(nested(status, "account", "url")) or server
    return f"mastodon:{name}@{host}" if host else None


def _local_server(status: Document) -> str | None:
    """Return the server that wrote this object, or None. Only names of its own accounts have no host."""
    name = nested(status, "account", "acct")
    return _host(nested(status, "account", "url")) if isinstance(name, str) and "@" not in name else None


def _host(url: Any) -> str | None:
    match = _HOST.match(url) if isinstance(url, str) else None
    return match[1] if match else None


MASTODON = PostSource(
    "mastodon",
    "Mastodon",
    _recognizes,
    _read,
    signs="`event` with `payload`; `content`, `account` and `uri` with `visibility` or `spoiler_text`",
)
