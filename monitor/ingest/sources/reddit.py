"""Reddit: comments and submissions, as dumps (Pushshift, Arctic Shift) and the API have them.

Reference: "JSON" in the wiki of reddit-archive/reddit (things, kinds t1 and t3, listings), and the fields of
Pushshift's dumps, which write one thing without its envelope on each line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Any, Final

from monitor.ingest.dates import to_rfc3339
from monitor.ingest.sources.json_access import first_text, id_text, nested, set_present
from monitor.ingest.sources.post_source import Document, Fields, PostSource

_COMMENT: Final = "t1"
_SUBMISSION: Final = "t3"
_KINDS: Final = frozenset({"Listing", "more", _COMMENT, "t2", _SUBMISSION, "t4", "t5", "t6"})
_SUBMISSION_MARKS: Final = frozenset({"selftext", "is_self", "num_comments", "permalink"})

# What Reddit shows instead of a text that its author, a moderator or Reddit itself has removed.
_GONE: Final = frozenset({"[deleted]", "[removed]", "[deleted by user]"})
_GONE_BY_REDDIT: Final = "[ Removed by Reddit"

# Starts a line that quotes; ">!" starts a spoiler, which the author wrote.
_QUOTE: Final = re.compile(r"\s*+(?:(?:>|&gt;)(?!!)\s*+)++")
_ENTITY: Final = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")


def _recognizes(document: Document) -> bool:
    if "data" not in document:
        return _thing_kind(document) is not None
    data = document["data"]
    if isinstance(data, dict):
        kind = document.get("kind")
        return isinstance(kind, str) and kind in _KINDS
    # An answer of the API of Pushshift, PullPush or Arctic Shift.
    return isinstance(data, list) and any(_is_thing(thing) for thing in data)


def _is_thing(thing: Any) -> bool:
    if not isinstance(thing, dict):
        return False
    return _thing_kind(thing) is not None or (
        thing.get("kind") in (_COMMENT, _SUBMISSION) and "data" in thing
    )


def _thing_kind(thing: Document) -> str | None:
    """Return the kind of a thing without an envelope, or None if it is not from Reddit."""
    if "body" in thing:
        place = first_text(thing.get("link_id"), thing.get("parent_id")) or ""
        return _COMMENT if place.startswith((f"{_SUBMISSION}_", f"{_COMMENT}_")) else None
    if "title" in thing and "subreddit" in thing and not _SUBMISSION_MARKS.isdisjoint(thing):
        return _SUBMISSION
    return None


def _read(document: Document) -> Iterator[Fields]:
    # A stack instead of recursion: answers are nested in the comments that they answer.
    waiting: list[tuple[Any, Any]] = [(document, None)]
    while waiting:
        thing, parent_text = waiting.pop()
        kind, data = nested(thing, "kind"), nested(thing, "data")
        if isinstance(data, list):
            waiting.extend((child, parent_text) for child in reversed(data))
            continue
        if not isinstance(data, dict):
            # No envelope: a line of a dump.
            data = thing if isinstance(thing, dict) else {}
            kind = _thing_kind(data) or (_COMMENT if "body" in data else _SUBMISSION)
        if kind == "Listing":
            if isinstance(children := data.get("children"), list):
                waiting.extend((child, parent_text) for child in reversed(children))
        elif kind == _COMMENT:
            yield from _comment(data, parent_text)
            if isinstance(replies := data.get("replies"), dict):
                waiting.append((replies, data.get("body")))
        elif kind == _SUBMISSION:
            yield from _submission(data)


def _comment(comment: Document, parent_text: Any) -> Iterator[Fields]:
    fields = _common_fields(comment, _COMMENT) | {"kind": "reply"}
    parent_id = id_text(comment.get("parent_id"))
    if isinstance(parent_id, str) and parent_id:
        # Some dumps have the bare number of a comment.
        fields["referenced_id"] = f"reddit:{parent_id if '_' in parent_id else f'{_COMMENT}_{parent_id}'}"
    text = comment.get("body")
    if _is_gone(text) or _was_deleted_later(comment):
        yield _removal(fields)
        return
    quoted = None
    if isinstance(text, str):
        text, quoted = _without_quotes(text)
        text = _decoded(text)
    set_present(fields, "text", text)
    context = [("title", comment.get("link_title")), ("parent", parent_text), ("quoted", quoted)]
    _set_context(fields, [*context, ("place", comment.get("subreddit"))])
    if text != "":
        yield fields


def _submission(submission: Document) -> Iterator[Fields]:
    fields = _common_fields(submission, _SUBMISSION)
    texts = [text for text in (submission.get("title"), submission.get("selftext")) if text is not None]
    removed_by = submission.get("removed_by_category")
    # What a filter holds back may still appear.
    is_removed = isinstance(removed_by, str) and removed_by != "automod_filtered"
    if is_removed or any(map(_is_gone, texts)) or _was_deleted_later(submission):
        yield _removal(fields)
        return
    wrong = [text for text in texts if not isinstance(text, str)]
    if texts:
        words = [_decoded(text.strip()) for text in texts if isinstance(text, str)]
        fields["text"] = wrong[0] if wrong else "\n\n".join(filter(None, words))
    crossposts = submission.get("crosspost_parent_list")
    quoted = crossposts[0] if isinstance(crossposts, list) and crossposts else None
    if isinstance(quoted, dict):
        fields["kind"] = "quote"
        set_present(fields, "referenced_id", _common_fields(quoted, _SUBMISSION).get("id"))
    _set_context(fields, [("quoted", nested(quoted, "selftext")), ("place", submission.get("subreddit"))])
    if fields.get("text") != "":
        yield fields


def _common_fields(thing: Document, kind: str) -> Fields:
    fields: Fields = {"platform": "reddit"}
    name, identifier = thing.get("name"), id_text(thing.get("id"))
    if isinstance(name, str) and name.startswith(f"{kind}_"):
        fields["id"] = f"reddit:{name}"
    elif isinstance(identifier, str) and identifier:
        fields["id"] = f"reddit:{kind}_{identifier.removeprefix(f'{kind}_')}"
    author_id, author = thing.get("author_fullname"), thing.get("author")
    if isinstance(author_id, str) and author_id:
        fields["author_id"] = f"reddit:{author_id}"
    elif isinstance(author, str) and author and author not in _GONE:
        fields["author_id"] = f"reddit:u/{author}"
    created_at = thing.get("created_utc")
    set_present(fields, "created_at", to_rfc3339(thing.get("created") if created_at is None else created_at))
    edited = thing.get("edited")
    # It is false, the time of the edit, or true for very old edits.
    if not isinstance(edited, bool) and edited not in (0, "", "0", "false", "False", "true", "True"):
        set_present(fields, "edited_at", to_rfc3339(edited))
    permalink = thing.get("permalink")
    if isinstance(permalink, str) and permalink:
        fields["url"] = f"https://www.reddit.com{permalink}" if permalink.startswith("/") else permalink
    return fields


def _is_gone(text: Any) -> bool:
    if not isinstance(text, str):
        return False
    text = text.strip()
    return text in _GONE or text.startswith(_GONE_BY_REDDIT)


def _was_deleted_later(thing: Document) -> bool:
    """Return True if Arctic Shift noticed a deletion 36 hours later. Its dumps keep the text nevertheless."""
    return nested(thing, "_meta", "was_deleted_later") is True


def _decoded(text: str) -> str:
    """Return the text without the escapes of Reddit's API (<, > and &), and with Markdown's entities decoded.

    Reddit's editor writes `&#x200B;` into empty paragraphs.
    """
    if "&" not in text:
        return text
    text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return _ENTITY.sub(lambda entity: unescape(entity[0]), text) if "&" in text else text


def _without_quotes(text: str) -> tuple[str, str | None]:
    """Return the author's own words, and the lines that quote somebody else."""
    if ">" not in text and "&gt;" not in text:
        return text.strip(), None
    words, quoted = [], []
    for line in text.split("\n"):
        if mark := _QUOTE.match(line):
            quoted.append(line[mark.end() :])
        else:
            words.append(line)
    return "\n".join(words).strip(), "\n".join(quoted)


def _removal(fields: Fields) -> Fields:
    """Return a deletion: an earlier copy of the post, with its text, may be stored."""
    tombstone: Fields = {"event": "delete"}
    if "id" in fields:
        tombstone["id"] = fields["id"]
    return {"tombstone": tombstone}


def _set_context(fields: Fields, texts: list[tuple[str, Any]]) -> None:
    context = [
        {"kind": kind, "text": _decoded(text)}
        for kind, text in texts
        if isinstance(text, str) and text and not _is_gone(text)
    ]
    if context:
        fields["context"] = context


REDDIT = PostSource(
    "reddit",
    "Reddit (dumps, API)",
    _recognizes,
    _read,
    signs="`body` with a `link_id` t3_…; `title` with `subreddit` and `selftext`; `kind` Listing, t1, t3",
)
