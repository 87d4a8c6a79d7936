"""GNIP and PowerTrack: tweets as activity streams.

Reference: the data dictionary "Activity object" of the X enterprise APIs. PowerTrack in the "enriched native"
format writes objects of API v1.1 instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from monitor.ingest.sources.json_access import first_text, nested
from monitor.ingest.sources.post_source import Document, Fields, PostSource
from monitor.ingest.sources.x_posts import ReferencedPost, event_date, post_ids, x_fields

_ID_PREFIXES: Final = ("tag:search.twitter.com", "tag:search.x.com")
_STATUS_LINK: Final = re.compile(r"/status(?:es)?/([0-9]+)")
_NOTICES: Final = ("info", "warn", "error")

# What an activity reports if it is not a post; streams of older contracts have these.
_EVENTS: Final = {
    "delete": "delete",
    "status_withheld": "withheld",
    "scrub_geo": "scrub_geo",
    "user_delete": "user_delete",
    "user_undelete": "user_undelete",
    "user_protect": "user_protect",
    "user_unprotect": "user_unprotect",
    "user_suspend": "user_suspend",
    "user_unsuspend": "user_unsuspend",
    "user_withheld": "user_withheld",
}
_EVENTS_OF_A_POST: Final = ("delete", "status_withheld")


def _recognizes(document: Document) -> bool:
    activity_id = document.get("id")
    if isinstance(activity_id, str):
        return activity_id.startswith(_ID_PREFIXES)
    if document.get("objectType") == "activity" and isinstance(document.get("verb"), str):
        return True
    return _is_notice(document) or _results(document) is not None


def _is_notice(document: Document) -> bool:
    """Return True for a message about the stream itself, such as the one at the end of a replay."""
    return len(document) == 1 and any(nested(document.get(name), "message") for name in _NOTICES)


def _results(document: Document) -> list[Any] | None:
    """Return the activities of an answer of the search API, or None if it is not one."""
    results = document.get("results")
    if not isinstance(results, list) or not results or not isinstance(results[0], dict):
        return None
    return results if results[0].get("objectType") == "activity" else None


def _read(document: Document) -> Iterator[Fields]:
    if (results := _results(document)) is not None:
        for activity in results:
            yield _activity(activity) if isinstance(activity, dict) else {}
    elif not _is_notice(document):
        yield _activity(document)


def _activity(activity: Document) -> Fields:
    verb = activity.get("verb")
    if isinstance(verb, str) and verb in _EVENTS:
        return _event(activity, verb)
    note = activity.get("object")
    original = note if verb == "share" and isinstance(note, dict) else None
    repost = None if original is None else _referenced(original)
    post = activity if original is None else original
    quoted = post.get("twitter_quoted_status") or activity.get("twitter_quoted_status")
    return x_fields(
        post_ids(_number(activity.get("id")), nested(activity.get("edit_history"), "edit_tweet_ids")),
        _text(activity),
        author_id=_number(nested(activity, "actor", "id")),
        username=nested(activity, "actor", "preferredUsername"),
        created_at=activity.get("postedTime"),
        lang=first_text(activity.get("twitter_lang"), nested(activity, "gnip", "language", "value")),
        repost=repost,
        quoted=_referenced(quoted) if isinstance(quoted, dict) else None,
        parent=_parent(post),
    )


def _referenced(activity: Document) -> ReferencedPost:
    username = nested(activity, "actor", "preferredUsername")
    return ReferencedPost(_number(activity.get("id")), _text(activity), username)


def _text(activity: Document) -> str | None:
    """Return the whole text: `body` is cut in a long tweet."""
    return first_text(nested(activity.get("long_object"), "body"), activity.get("body"))


def _parent(activity: Document) -> ReferencedPost | None:
    link = nested(activity.get("inReplyTo"), "link")
    if not isinstance(link, str):
        return None
    match = _STATUS_LINK.search(link)
    return ReferencedPost(match[1] if match else None)


def _event(activity: Document, verb: str) -> Fields:
    about = activity.get("object")
    event: Fields = {"event": _EVENTS[verb]}
    if verb in _EVENTS_OF_A_POST:
        name, number = "id", _number(nested(about, "id") or activity.get("id"))
    else:
        name, number = "author_id", _number(nested(activity, "actor", "id") or nested(about, "id"))
    if number is not None:
        event[name] = number
    if (at := event_date(first_text(activity.get("postedTime"), activity.get("updated")))) is not None:
        event["at"] = at
    return {"tombstone": event}


def _number(identifier: Any) -> Any:
    """Return the number at the end of an id such as tag:search.twitter.com,2005:1050118621198921728."""
    if not isinstance(identifier, str):
        return identifier
    number = identifier.rpartition(":")[2]
    return number if number.isdecimal() else identifier


GNIP = PostSource(
    "gnip",
    "GNIP, PowerTrack (activity streams)",
    _recognizes,
    _read,
    signs="an `id` such as tag:search.twitter.com,2005:…, or `objectType` activity with a `verb`",
)
