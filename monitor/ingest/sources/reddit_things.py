"""Reddit: the fields of a comment and of a submission, with or without an envelope around them.

Reference: the fields of Pushshift's dumps and of Reddit's API, which are the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Any, Final

from monitor.ingest.dates import to_rfc3339
from monitor.ingest.sources.json_access import id_text, nested, set_present
from monitor.ingest.sources.post_source import Document, Fields

COMMENT: Final = "t1"
"""Kind of a comment, and the start of its name."""

SUBMISSION: Final = "t3"
"""Kind of a submission, and the start of its name."""

# What Reddit shows instead of a text that its author, a moderator or Reddit itself has removed.
_GONE: Final = frozenset({"[deleted]", "[removed]", "[deleted by user]"})
_GONE_BY_REDDIT: Final = "[ Removed by Reddit"

# Starts a line that quotes; ">!" starts a spoiler, which the author wrote.
_QUOTE: Final = re.compile(r"\s*+(?:(?:>|&gt;)(?!!)\s*+)++")
_ENTITY: Final = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")


def read_comment(
    comment: Document, parent: Document | None = None, submission: Document | None = None
) -> Iterator[Fields]:
    """Yield the fields of a comment, or its deletion, or nothing if it has no words.

    Args:
        comment: the comment.
        parent: the comment that it answers, if it is known.
        submission: the submission that it is under, if it is known.
    """
    fields = _common_fields(comment, COMMENT) | {"kind": "reply"}
    parent_id = _full_name(comment.get("parent_id"), COMMENT)
    if parent_id is not None:
        fields["referenced_id"] = parent_id
    text = comment.get("body")
    if _is_gone(text) or _was_deleted_later(comment):
        yield _removal(fields)
        return
    quoted = None
    if isinstance(text, str):
        text, quoted = _without_quotes(text)
        text = _decoded(text)
    set_present(fields, "text", text)
    if parent is not None:
        answered = parent.get("body")
    elif submission is not None and parent_id == _common_fields(submission, SUBMISSION).get("id"):
        answered = submission.get("selftext")
    else:
        answered = None
    title = comment.get("link_title") or nested(submission, "title")
    _set_context(
        fields,
        ("title", title, _full_name(comment.get("link_id"), SUBMISSION)),
        ("parent", answered, parent_id),
        ("quoted", quoted, None),
        ("place", comment.get("subreddit"), None),
    )
    if text != "":
        yield fields


def read_submission(submission: Document) -> Iterator[Fields]:
    """Yield the fields of a submission, or its deletion, or nothing if it has no words."""
    fields = _common_fields(submission, SUBMISSION)
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
        set_present(fields, "referenced_id", _common_fields(quoted, SUBMISSION).get("id"))
    _set_context(
        fields,
        ("quoted", nested(quoted, "selftext"), fields.get("referenced_id")),
        ("place", submission.get("subreddit"), None),
    )
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


def _full_name(name: Any, kind: str) -> str | None:
    """Return the id of a thing from its name. Some dumps have the bare number of a comment."""
    name = id_text(name)
    if not isinstance(name, str) or not name:
        return None
    return f"reddit:{name if '_' in name else f'{kind}_{name}'}"


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


def _set_context(fields: Fields, *parts: tuple[str, Any, str | None]) -> None:
    """Set the context to the texts that are there: pairs of a kind and a text, with the id of their post."""
    context = []
    for kind, text, post_id in parts:
        if isinstance(text, str) and text and not _is_gone(text):
            part = {"kind": kind, "text": _decoded(text)}
            if post_id is not None:
                part["id"] = post_id
            context.append(part)
    if context:
        fields["context"] = context
