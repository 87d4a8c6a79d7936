"""X API v1.1, twarc1 and Social Feed Manager: `id_str`, `full_text`, `extended_tweet`, `retweeted_status`.

Reference: the data dictionary "Tweet object" of the API v1.1, standard and extended mode. Streams in
compatibility mode have the whole text in `extended_tweet`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from monitor.ingest.dates import MONTHS
from monitor.ingest.sources.json_access import first_text, first_value, id_text, mapping, nested
from monitor.ingest.sources.post_source import Document, Fields, PostSource
from monitor.ingest.sources.x_posts import (
    PostIds,
    ReferencedPost,
    is_withheld,
    post_ids,
    withheld_fields,
    x_fields,
)

_MARKS: Final = frozenset({"full_text", "extended_tweet", "retweeted_status"})

# Answers of searches, of the premium search, and of the Account Activity API.
_LISTS: Final = ("statuses", "results", "tweet_create_events")

_MONTH_NUMBERS: Final = {name.title(): f"{number:02}" for number, name in enumerate(MONTHS, 1)}


def _recognizes(document: Document) -> bool:
    if "id_str" in document:
        return "text" in document or "screen_name" not in document
    if not _MARKS.isdisjoint(document):
        return "platform" not in document
    if "text" in document:
        return "id" in document and "screen_name" in (mapping(document.get("user")) or ())
    return _listed(document) is not None


def _listed(document: Document) -> list[Any] | None:
    """Return the posts of an answer that lists them, or None if it is not such an answer."""
    for name in _LISTS:
        posts = document.get(name)
        if not isinstance(posts, list):
            continue
        if posts and isinstance(posts[0], dict) and "id_str" in posts[0]:
            return posts
        if not posts and ("search_metadata" in document or "requestParameters" in document):
            return posts
    return None


def _read(document: Document) -> Iterator[Fields]:
    if "id_str" not in document and (posts := _listed(document)) is not None:
        for post in posts:
            yield tweet_fields(post) if isinstance(post, dict) else {}
    else:
        yield tweet_fields(document)


def tweet_fields(tweet: Document) -> Fields:
    """Return the contract fields of a tweet in the form of API v1.1, or an event if X withholds it."""
    ids = tweet_ids(tweet)
    if is_withheld(tweet.get("withheld_in_countries"), tweet.get("withheld_copyright")):
        return withheld_fields(ids)
    text = _text(tweet)
    user = mapping(tweet.get("user"))
    author_id = tweet.get("author_id", tweet.get("user_id_str")) if user is None else _id(user)
    original = mapping(tweet.get("retweeted_status"))
    repost = None
    if original is not None:
        username = nested(original, "user", "screen_name")
        repost = ReferencedPost(tweet_ids(original).first, _text(original), username)
    # The author of the original is who quotes or answers another post.
    post = tweet if original is None else original
    return x_fields(
        ids,
        text,
        author_id=author_id,
        username=None if user is None else user.get("screen_name"),
        created_at=_date(tweet.get("created_at")),
        lang=tweet.get("lang"),
        repost=repost,
        quoted=_quoted(post) or _quoted(tweet),
        parent=_parent(post),
    )


def tweet_ids(tweet: Document) -> PostIds:
    """Return the ids of a tweet and of its edits; each edition of the API has them somewhere else."""
    history = (
        nested(tweet.get("edit_history"), "edit_tweet_ids")
        or _edit_control(tweet.get("ext_edit_control"), "edit_tweet_ids", "edit_control_initial")
        or _edit_control(tweet.get("edit_info"), "editTweetIds", "editControlInitial")
    )
    return post_ids(_id(tweet), history)


def _edit_control(control: Any, ids: str, initial: str) -> Any:
    if not isinstance(control, dict):
        return None
    return nested(control, "initial", ids) or nested(control, "edit", initial, ids)


def _text(tweet: Document) -> Any:
    """Return the whole text; `text` is cut in a long tweet, and in a repost of one."""
    text = first_text(
        nested(tweet.get("extended_tweet"), "full_text"), tweet.get("full_text"), tweet.get("text")
    )
    return tweet.get("full_text", tweet.get("text")) if text is None else text


def _quoted(tweet: Document) -> ReferencedPost | None:
    quoted = tweet.get("quoted_status")
    if isinstance(quoted, dict):
        return ReferencedPost(tweet_ids(quoted).first, _text(quoted))
    quoted_id = first_value(tweet, "quoted_status_id_str", "quoted_status_id")
    return None if quoted_id is None else ReferencedPost(id_text(quoted_id))


def _parent(tweet: Document) -> ReferencedPost | None:
    parent_id = first_value(tweet, "in_reply_to_status_id_str", "in_reply_to_status_id")
    return None if parent_id is None else ReferencedPost(id_text(parent_id))


def _id(tweet_or_user: Document) -> Any:
    return first_value(tweet_or_user, "id_str", "id")


def _date(value: Any) -> Any:
    """Return a date of API v1.1, such as Wed Oct 10 20:19:24 +0000 2018, as RFC 3339; others as they are.

    A shortcut: `to_rfc3339` knows this notation, but takes several times as long.
    """
    if isinstance(value, str) and len(value) == 30 and value[19:26] == " +0000 ":
        month = _MONTH_NUMBERS.get(value[4:7])
        if month:
            return f"{value[26:]}-{month}-{value[8:10]}T{value[11:19]}Z"
    return value


X_V1 = PostSource(
    "x-v1",
    "X API v1.1, twarc1, Social Feed Manager",
    _recognizes,
    _read,
    signs="`id_str`, `full_text`, `extended_tweet`, `retweeted_status`, or `user` with `screen_name`",
)
