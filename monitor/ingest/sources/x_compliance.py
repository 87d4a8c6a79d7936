"""Deletions and other compliance events of X: streams of API v1.1 and v2, and results of batch jobs.

Reference: "Compliance data objects" of both APIs, and "Batch compliance". Notices about a stream itself, such
as `limit`, are read as nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from monitor.ingest.sources.json_access import first_value, id_text
from monitor.ingest.sources.post_source import Document, Fields, PostSource
from monitor.ingest.sources.x_posts import event_date, post_ids

# Names of events in both APIs. X drops a post from public view, and may show it again later.
_POST_EVENTS: Final = {
    "delete": "delete",
    "undelete": "undelete",
    "drop": "delete",
    "undrop": "undelete",
    "withheld": "withheld",
    "status_withheld": "withheld",
    "tweet_edit": "tweet_edit",
}
_AUTHOR_EVENTS: Final = frozenset(
    {
        "scrub_geo",
        "user_delete",
        "user_undelete",
        "user_protect",
        "user_unprotect",
        "user_suspend",
        "user_unsuspend",
        "user_withheld",
    }
)
# Nothing of these is stored: a new profile text, or a notice about the stream.
_NOTICES: Final = frozenset(
    {"user_profile_modification", "limit", "warning", "disconnect", "control", "friends", "friends_str"}
)
_NAMES: Final = _AUTHOR_EVENTS | _NOTICES | set(_POST_EVENTS)

# Reasons of batch results that are about the whole account, and the event of each.
_ACCOUNT_REASONS: Final = {
    "deactivated": "user_delete",
    "suspended": "user_suspend",
    "protected": "user_protect",
}


def _recognizes(document: Document) -> bool:
    if len(document) > 8:
        return False
    if "data" in document:
        data = document["data"]
        return isinstance(data, dict) and _event_name(data) is not None
    if "action" in document:
        return (
            "id" in document
            and "text" not in document
            and ("reason" in document or "redacted_at" in document)
        )
    return _event_name(document) is not None or isinstance(document.get("tweet_delete_events"), list)


def _event_name(document: Document) -> str | None:
    """Return the name of the event in a message of a stream. Such messages have hardly any other field."""
    if len(document) > 2:
        return None
    return next(
        (name for name in document if name in _NAMES and isinstance(document[name], dict | list)), None
    )


def _read(document: Document) -> Iterator[Fields]:
    if "action" in document:
        yield from _batch_result(document)
        return
    deleted = document.get("tweet_delete_events")
    if isinstance(deleted, list):
        for event in deleted:
            yield _post_event("delete", event) if isinstance(event, dict) else {}
        return
    data = document.get("data")
    events = data if isinstance(data, dict) else document
    name = _event_name(events)
    event = events.get(name) if name is not None else None
    if not isinstance(event, dict):
        return
    if name in _AUTHOR_EVENTS:
        yield _author_event(str(name), event)
    elif name in _POST_EVENTS and "favorite" not in event:
        yield _post_event(_POST_EVENTS[str(name)], event)


def _post_event(kind: str, event: Document) -> Fields:
    post = event.get("tweet")
    if not isinstance(post, dict):
        post = event.get("status")
    if not isinstance(post, dict):
        post = event
    history = event.get("edit_tweet_ids") or post.get("edit_tweet_ids")
    if not history and (first := event.get("initial_tweet_id") or post.get("initial_tweet_id")) is not None:
        history = [first]
    ids = post_ids(first_value(post, "id_str", "id"), history)
    return _tombstone(kind, "id", ids.first, event, ids.others)


def _author_event(kind: str, event: Document) -> Fields:
    user = event.get("user")
    if isinstance(user, dict):
        author_id = first_value(user, "id_str", "id")
    else:
        author_id = first_value(event, "user_id_str", "user_id", "id_str", "id")
    return _tombstone(kind, "author_id", author_id, event)


def _batch_result(result: Document) -> Iterator[Fields]:
    """Yield the events of a result of a batch job.

    The results of a job for posts and of one for users look the same. So a reason that concerns the account
    gives two events, one for a post and one for an author with this id. One of them finds nothing: X does not
    give the same number to a post and a user.
    """
    reason = result.get("reason")
    if reason == "scrub_geo" or result.get("action") not in ("delete", "withheld"):
        return
    kind = "withheld" if result["action"] == "withheld" else "delete"
    identifier = first_value(result, "id")
    yield _tombstone(kind, "id", identifier, result)
    if isinstance(reason, str) and reason in _ACCOUNT_REASONS:
        yield _tombstone(_ACCOUNT_REASONS[reason], "author_id", identifier, result)


def _tombstone(
    kind: str, name: str, identifier: Any, event: Document, aliases: tuple[Any, ...] = ()
) -> Fields:
    fields: Fields = {"event": kind}
    if identifier is not None:
        fields[name] = id_text(identifier)
    if aliases:
        fields["aliases"] = aliases
    at = first_value(event, "event_at", "timestamp_ms", "timestampMs", "redacted_at")
    if (moment := event_date(at)) is not None:
        fields["at"] = moment
    return {"tombstone": fields}


X_COMPLIANCE = PostSource(
    "x-compliance",
    "X compliance streams, batch compliance",
    _recognizes,
    _read,
    signs="only the name of an event, such as `delete` or `user_protect`; or `id` with `action` and `reason`",
)
