"""Reddit: comments and submissions, as dumps (Pushshift, Arctic Shift) and the API have them.

Reference: "JSON" in the wiki of reddit-archive/reddit (things, kinds t1 and t3, listings), and the fields of
Pushshift's dumps, which write one thing without its envelope on each line.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from monitor.ingest.sources.json_access import first_text, nested
from monitor.ingest.sources.post_source import Document, Fields, PostSource
from monitor.ingest.sources.reddit_things import COMMENT, SUBMISSION, read_comment, read_submission

_KINDS: Final = frozenset({"Listing", "more", COMMENT, "t2", SUBMISSION, "t4", "t5", "t6"})
_SUBMISSION_MARKS: Final = frozenset({"selftext", "is_self", "num_comments", "permalink"})

# The field in which `with_thread` puts the submission of a listing.
_THREAD: Final = "reddit_thread"


def with_thread(previous: Any, document: Document) -> Document:
    """Return a listing of comments with the submission that they are under, and any other object as it is.

    A page of comments is an array of two listings: the submission, then its comments, which do not have the
    title of the submission in them.

    Args:
        previous: the element of the array before `document`, or None.
        document: a JSON object.
    """
    if document.get("kind") != "Listing" or nested(previous, "kind") != "Listing":
        return document
    things = nested(previous, "data", "children")
    submission = nested(things[0], "data") if isinstance(things, list) and len(things) == 1 else None
    comments = nested(document, "data", "children")
    if not isinstance(submission, dict) or not isinstance(comments, list) or not comments:
        return document
    link_id = nested(comments[0], "data", "link_id")
    return {**document, _THREAD: submission} if link_id == _name_of(submission) else document


def _recognizes(document: Document) -> bool:
    if "data" not in document:
        return _thing_kind(document) is not None or ("json" in document and _changed(document) is not None)
    data = document["data"]
    if isinstance(data, dict):
        kind = document.get("kind")
        return isinstance(kind, str) and kind in _KINDS
    # An answer of the API of Pushshift, PullPush or Arctic Shift.
    return isinstance(data, list) and any(_is_thing(thing) for thing in data)


def _is_thing(thing: Any) -> bool:
    if not isinstance(thing, dict):
        return False
    return _thing_kind(thing) is not None or (thing.get("kind") in (COMMENT, SUBMISSION) and "data" in thing)


def _thing_kind(thing: Document) -> str | None:
    """Return the kind of a thing without an envelope, or None if it is not from Reddit."""
    if "body" in thing:
        place = first_text(thing.get("link_id"), thing.get("parent_id")) or ""
        return COMMENT if place.startswith((f"{SUBMISSION}_", f"{COMMENT}_")) else None
    if "title" in thing and "subreddit" in thing and not _SUBMISSION_MARKS.isdisjoint(thing):
        return SUBMISSION
    return None


def _changed(document: Document) -> list[Any] | None:
    """Return the things of an answer of the API to a change, or to a request for more comments."""
    things = nested(document, "json", "data", "things")
    return things if isinstance(things, list) else None


def _name_of(submission: Document) -> str | None:
    name, identifier = submission.get("name"), submission.get("id")
    if isinstance(name, str):
        return name
    return f"{SUBMISSION}_{identifier}" if isinstance(identifier, str) else None


def _read(document: Document) -> Iterator[Fields]:
    submissions: dict[str, Document] = {}
    if isinstance(thread := document.get(_THREAD), dict):
        _remember(thread, submissions)
    # A stack instead of recursion: answers are nested in the comments that they answer.
    waiting: list[tuple[Any, Document | None]] = [(document, None)]
    if "json" in document and (things := _changed(document)) is not None:
        waiting = [(thing, None) for thing in reversed(things)]
    while waiting:
        thing, parent = waiting.pop()
        kind, data = nested(thing, "kind"), nested(thing, "data")
        if isinstance(data, list):
            waiting.extend((child, parent) for child in reversed(data))
            continue
        if not isinstance(data, dict):
            # No envelope: a line of a dump.
            data = thing if isinstance(thing, dict) else {}
            kind = _thing_kind(data) or (COMMENT if "body" in data else SUBMISSION)
        if kind == "Listing":
            if isinstance(children := data.get("children"), list):
                waiting.extend((child, parent) for child in reversed(children))
        elif kind == COMMENT:
            link_id = data.get("link_id") if submissions else None
            yield from read_comment(
                data, parent, submissions.get(link_id) if isinstance(link_id, str) else None
            )
            if isinstance(replies := data.get("replies"), dict):
                waiting.append((replies, data))
        elif kind == SUBMISSION:
            _remember(data, submissions)
            yield from read_submission(data)


def _remember(submission: Document, submissions: dict[str, Document]) -> None:
    if (name := _name_of(submission)) is not None:
        submissions[name] = submission


REDDIT = PostSource(
    "reddit",
    "Reddit (dumps, API)",
    _recognizes,
    _read,
    signs="`body` with a `link_id` t3_…; `title` with `subreddit` and `selftext`; `kind` Listing, t1, t3",
)
