"""X API v2, and twarc2: posts, `{"data": …}` of streams, and pages with `includes`.

Reference: the data dictionary "Post object" of the X API v2. twarc2 writes pages as the API returns them,
with `__twarc` added. "Flattened", it puts the objects of `includes` into the posts that refer to them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from monitor.ingest.sources.json_access import first_text, id_text, nested
from monitor.ingest.sources.post_source import Document, Fields, PostSource
from monitor.ingest.sources.x_posts import (
    PostIds,
    ReferencedPost,
    is_withheld,
    post_ids,
    withheld_fields,
    x_fields,
)

# Fields that posts of no other platform have. `id` and `text` alone are a message of our contract.
_POST_MARKS: Final = frozenset(
    {
        "edit_history_tweet_ids",
        "edit_controls",
        "referenced_tweets",
        "note_tweet",
        "public_metrics",
        "conversation_id",
        "context_annotations",
        "reply_settings",
        "possibly_sensitive",
        "in_reply_to_user_id",
        "withheld",
        "matching_rules",
        "__twarc",
    }
)
# Fields of our contract that this API does not have. A message with one of them is ours.
_CONTRACT_MARKS: Final = frozenset({"platform", "html", "aliases", "referenced_id", "edited_at", "tombstone"})
_ENVELOPE_MARKS: Final = frozenset({"includes", "meta", "errors", "matching_rules", "__twarc"})
_INCLUDED: Final = frozenset({"media", "places", "polls", "topics", "tweets", "users"})
_PROBLEMS: Final = ("https://api.twitter.com/2/problems/", "https://api.x.com/2/problems/")


class _Includes(NamedTuple):
    """The objects that a page has next to its posts, by id."""

    posts: dict[str, Document]
    users: dict[str, Document]


_NOTHING: Final = _Includes({}, {})


def _recognizes(document: Document) -> bool:
    if "data" in document:
        return "kind" not in document and _is_envelope(document, document["data"])
    if "text" in document:
        is_post = "id" in document and not _POST_MARKS.isdisjoint(document)
        return is_post and _CONTRACT_MARKS.isdisjoint(document)
    return "id" not in document and _has_no_posts(document)


def _is_envelope(document: Document, data: Any) -> bool:
    if isinstance(data, dict):
        return "id" in data and ("text" in data or not _ENVELOPE_MARKS.isdisjoint(document))
    if isinstance(data, list):
        if not _ENVELOPE_MARKS.isdisjoint(document):
            return True
        if not data:
            return len(document) == 1
        return any(isinstance(post, dict) and "id" in post and "text" in post for post in data[:10])
    return data is None and _has_no_posts(document)


def _has_no_posts(document: Document) -> bool:
    """Return True for an empty page, for a page with only errors, and for an error of a stream."""
    if "errors" in document and _has_errors(document["errors"]):
        return True
    if isinstance(includes := document.get("includes"), dict) and not _INCLUDED.isdisjoint(includes):
        return True
    if nested(document.get("meta"), "result_count") is not None:
        return True
    problem = document.get("type")
    return isinstance(problem, str) and problem.startswith(_PROBLEMS)


def _has_errors(errors: Any) -> bool:
    """Return True for errors of this API, or of API v1.1. Other programs also write a list `errors`."""
    if not isinstance(errors, list) or not errors or not isinstance(error := errors[0], dict):
        return False
    return "title" in error or "detail" in error or ("code" in error and "message" in error)


def _read(document: Document) -> Iterator[Fields]:
    data = document.get("data")
    if isinstance(data, list):
        includes = _includes(document)
        for post in data:
            yield _post(post, includes) if isinstance(post, dict) else {}
    elif isinstance(data, dict):
        yield _post(data, _includes(document))
    elif data is not None or "text" in document or not _has_no_posts(document):
        # Also what is not a post at all: the contract names the field that is missing.
        yield _post(document, _NOTHING)


def _includes(document: Document) -> _Includes:
    includes = document.get("includes")
    if not isinstance(includes, dict):
        return _NOTHING
    return _Includes(_by_id(includes.get("tweets")), _by_id(includes.get("users")))


def _by_id(objects: Any) -> dict[str, Document]:
    if not isinstance(objects, list):
        return {}
    pairs = ((id_text(each.get("id")), each) for each in objects if isinstance(each, dict))
    return {key: each for key, each in pairs if isinstance(key, str)}


def _post(post: Document, includes: _Includes) -> Fields:
    ids = _ids(post)
    withheld = post.get("withheld")
    if isinstance(withheld, dict) and is_withheld(withheld.get("country_codes"), withheld.get("copyright")):
        return withheld_fields(ids)
    author_id = post.get("author_id")
    if author_id is None:
        author_id = nested(post, "author", "id")
    repost = quoted = parent = None
    references = post.get("referenced_tweets")
    if isinstance(references, list):
        original, repost, quoted, parent = _references(references, includes)
        if original is not None and isinstance(original.get("referenced_tweets"), list):
            # A repost of a quote: the quoted text is what the author of the original writes about.
            _, _, quoted, parent = _references(original["referenced_tweets"], includes)
    if parent is None and post.get("in_reply_to_user_id") is not None:
        parent = ReferencedPost(None)
    return x_fields(
        ids,
        _text(post),
        author_id=author_id,
        username=_username(post, includes),
        created_at=post.get("created_at"),
        lang=post.get("lang"),
        repost=repost,
        quoted=quoted,
        parent=parent,
    )


def _references(
    references: list[Any], includes: _Includes
) -> tuple[Document | None, ReferencedPost | None, ReferencedPost | None, ReferencedPost | None]:
    """Return the reposted post as an object, and what is known of the reposted, quoted and answered posts."""
    original: Document | None = None
    known: dict[str, ReferencedPost] = {}
    for reference in references:
        if not isinstance(reference, dict) or not isinstance(kind := reference.get("type"), str):
            continue
        key = id_text(reference.get("id"))
        whole = (
            reference if "text" in reference else includes.posts.get(key) if isinstance(key, str) else None
        )
        if whole is None:
            known[kind] = ReferencedPost(key)
            continue
        known[kind] = ReferencedPost(_ids(whole).first, _text(whole), _username(whole, includes))
        if kind == "retweeted":
            original = whole
    return original, known.get("retweeted"), known.get("quoted"), known.get("replied_to")


def _ids(post: Document) -> PostIds:
    return post_ids(post.get("id"), post.get("edit_history_tweet_ids"))


def _text(post: Document) -> Any:
    """Return the whole text: `text` has only the start of a post of more than 280 characters."""
    return first_text(nested(post.get("note_tweet"), "text"), post.get("text")) or post.get("text")


def _username(post: Document, includes: _Includes) -> Any:
    author = post.get("author")
    if isinstance(author, dict):
        return author.get("username")
    key = id_text(post.get("author_id"))
    return nested(includes.users.get(key), "username") if isinstance(key, str) else None


X_V2 = PostSource(
    "x-v2",
    "X API v2, twarc2",
    _recognizes,
    _read,
    signs="`data`, or `text` with `edit_history_tweet_ids`, `referenced_tweets`, `public_metrics` and so on",
)
