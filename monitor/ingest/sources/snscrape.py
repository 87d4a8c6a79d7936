"""snscrape and twscrape: tweets as these programs write them (JSON Lines).

Reference: the classes `Tweet` of snscrape's module twitter and of twscrape's models.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from monitor.ingest.sources.json_access import first_text, first_value, id_text, mapping, nested
from monitor.ingest.sources.post_source import Document, Fields, PostSource
from monitor.ingest.sources.x_posts import ReferencedPost, post_ids, x_fields

_TYPE: Final = "snscrape.modules.twitter."
_UNAVAILABLE: Final = (f"{_TYPE}Tombstone", f"{_TYPE}TweetRef")
_NOT_POSTS: Final = (f"{_TYPE}User", f"{_TYPE}UserRef", f"{_TYPE}Trend", f"{_TYPE}Community")
_STATUS: Final = re.compile(r"/status/([0-9]{1,19})(?![0-9])")
_HOSTS: Final = (
    "https://twitter.com/",
    "https://x.com/",
    "http://twitter.com/",
    "https://mobile.twitter.com/",
)


def _recognizes(document: Document) -> bool:
    kind = document.get("_type")
    if isinstance(kind, str):
        return kind.startswith(_TYPE) and kind not in _NOT_POSTS
    if "id" not in document or "date" not in document:
        return False
    if "rawContent" in document:
        return True
    url = document.get("url")
    return "content" in document and isinstance(url, str) and url.startswith(_HOSTS)


def _read(document: Document) -> Iterator[Fields]:
    # Search results may have posts in them that were deleted, or of which only the id is known.
    if document.get("_type") not in _UNAVAILABLE:
        yield _post(document)


def _post_id(post: Document) -> Any:
    """Return the id. Programs that keep numbers as floating point damage `id`, but not the address."""
    if (text := post.get("id_str")) is not None:
        return text
    url = post.get("url")
    match = _STATUS.search(url) if isinstance(url, str) else None
    return match[1] if match else id_text(post.get("id"))


def _post(post: Document) -> Fields:
    original = mapping(post.get("retweetedTweet"))
    user = mapping(post.get("user"))
    quoted = mapping((post if original is None else original).get("quotedTweet"))
    return x_fields(
        post_ids(_post_id(post), None),
        _text(post),
        author_id=None if user is None else _user_id(user),
        username=nested(user, "username"),
        created_at=post.get("date"),
        lang=post.get("lang"),
        repost=None if original is None else _referenced(original),
        quoted=None if quoted is None else _referenced(quoted),
        parent=_parent(post if original is None else original),
    )


def _referenced(post: Document) -> ReferencedPost:
    text = None if post.get("_type") in _UNAVAILABLE else _text(post)
    return ReferencedPost(_post_id(post), text, nested(post, "user", "username"))


def _parent(post: Document) -> ReferencedPost | None:
    parent_id = post.get("inReplyToTweetIdStr") or post.get("inReplyToTweetId")
    return None if parent_id is None else ReferencedPost(id_text(parent_id))


def _text(post: Document) -> str | None:
    """Return the text as it was posted. `renderedContent` has links in the form that X shows."""
    return first_text(post.get("rawContent"), post.get("content"), post.get("renderedContent"))


def _user_id(user: Document) -> Any:
    return id_text(first_value(user, "id_str", "id"))


SNSCRAPE = PostSource(
    "snscrape",
    "snscrape, twscrape",
    _recognizes,
    _read,
    signs="`rawContent`, or `content` with a `url` of X, with `date`; `_type` snscrape.modules.twitter…",
)
