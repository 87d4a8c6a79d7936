"""What all formats of X have in common: versions of a post, reposts, quotes, replies, and languages."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Final, NamedTuple

from monitor.ingest.dates import to_rfc3339
from monitor.ingest.snowflake import snowflake_date
from monitor.ingest.sources.json_access import id_text
from monitor.ingest.sources.post_source import Fields

_REPOST: Final = re.compile(r"RT @(\w{1,20}):? ")
_USERNAME: Final = re.compile(r"[A-Za-z0-9_]{1,20}")

# X writes two languages with codes that BCP 47 replaced, and has codes of its own for posts that have no
# language, such as those with only hashtags or links.
_RENAMED_LANGUAGES: Final = {"in": "id", "iw": "he"}
_NO_LANGUAGE: Final = frozenset({"und", "zxx", "art", "qam", "qct", "qht", "qme", "qst"})


# X's codes for "all countries" and for "because of a complaint about copyright", among codes of countries.
_EVERYWHERE: Final = frozenset({"XX", "XY"})


class ReferencedPost(NamedTuple):
    """A post that another one repeats, quotes or answers. What the object does not have is None."""

    id: Any
    text: str | None = None
    username: str | None = None


class PostIds(NamedTuple):
    """The ids of the versions of a post: the canonical one, this version's own, and all but the first."""

    first: Any
    version: Any
    others: tuple[Any, ...] = ()


def post_ids(version: Any, history: Any) -> PostIds:
    """Return the ids of a post. `history` has those of all its versions, the first one at the start."""
    version = id_text(version)
    if not isinstance(history, list) or not history:
        return PostIds(version, version)
    ids = [id_text(each) for each in history if isinstance(each, str | int)]
    if not ids or (len(ids) == 1 and ids[0] == version):
        return PostIds(version, version)
    if isinstance(version, str | int):
        ids.append(version)
    return PostIds(ids[0], version, tuple(dict.fromkeys(each for each in ids if each != ids[0])))


def x_fields(
    ids: PostIds,
    text: Any,
    *,
    author_id: Any = None,
    username: Any = None,
    created_at: Any = None,
    lang: Any = None,
    repost: ReferencedPost | None = None,
    quoted: ReferencedPost | None = None,
    parent: ReferencedPost | None = None,
) -> Fields:
    """Return the contract fields of a post of X.

    Args:
        ids: its ids; the contract refuses the post if there are none.
        text: its own text. In a repost, X cuts it: the text of the original replaces it if it is known.
        author_id: id of the author, or None.
        username: name of the author, or None; only part of the URL.
        created_at: when this version was written, in any notation; None takes the time from the id.
        lang: code of X, or None.
        repost: the original if the post is a repost, else None.
        quoted: the post that it, or the original, quotes, or None.
        parent: the post that it, or the original, answers, or None.
    """
    fields: Fields = {"platform": "x"}
    if ids.first is not None:
        fields["id"] = ids.first
        name = username if isinstance(username, str) and _USERNAME.fullmatch(username) else "i"
        if isinstance(ids.version, str):
            fields["url"] = f"https://x.com/{name}/status/{ids.version}"
    if repost is not None:
        text = _repost_text(text, repost)
    elif quoted is None and parent is None:
        repost = repost_of_text(text)
    if text is not None:
        fields["text"] = text
    if author_id is not None:
        fields["author_id"] = author_id
    _set_dates(fields, ids, created_at)
    if isinstance(lang, str):
        if lang not in _NO_LANGUAGE:
            fields["lang"] = _RENAMED_LANGUAGES.get(lang, lang)
    elif lang is not None:
        fields["lang"] = lang
    if repost or quoted or parent:
        _set_references(fields, repost, quoted, parent)
    return fields


def event_date(value: Any) -> str | None:
    """Return when an event happened as RFC 3339, or None if that is not a date: the event counts anyway."""
    moment = to_rfc3339(value)
    if not isinstance(moment, str):
        return None
    try:
        year = datetime.fromisoformat(moment).year
    except ValueError:
        return None
    return moment if 1970 <= year < 2100 else None


def is_withheld(countries: Any, because_of_copyright: Any) -> bool:
    """Return True if X withholds a post everywhere, and not only in some countries."""
    if because_of_copyright is True:
        return True
    return isinstance(countries, list) and any(
        code in _EVERYWHERE for code in countries if isinstance(code, str)
    )


def withheld_fields(ids: PostIds) -> Fields:
    """Return the event for a post that X withholds everywhere."""
    event: Fields = {"event": "withheld"}
    if ids.first is not None:
        event["id"] = ids.first
    if ids.others:
        event["aliases"] = ids.others
    return {"tombstone": event}


def repost_of_text(text: Any) -> ReferencedPost | None:
    """Return the original of a text that starts as a repost does; its id and its text are not known."""
    match = _REPOST.match(text) if isinstance(text, str) and text.startswith("RT @") else None
    return ReferencedPost(None, None, match[1]) if match else None


def _set_dates(fields: Fields, ids: PostIds, created_at: Any) -> None:
    written_at = to_rfc3339(created_at)
    if written_at is None:
        written_at = snowflake_date(ids.version)
    if ids.others:
        fields["aliases"] = ids.others
        if ids.version != ids.first:
            fields["edited_at"] = snowflake_date(ids.version) or written_at
            written_at = snowflake_date(ids.first) or written_at
    if written_at is not None:
        fields["created_at"] = written_at


def _set_references(
    fields: Fields,
    repost: ReferencedPost | None,
    quoted: ReferencedPost | None,
    parent: ReferencedPost | None,
) -> None:
    if repost is not None:
        fields["kind"], referenced = "repost", repost
    elif quoted is not None:
        fields["kind"], referenced = "quote", quoted
    elif parent is not None:
        fields["kind"], referenced = "reply", parent
    else:
        return
    if isinstance(referenced.id, str) and referenced.id:
        fields["referenced_id"] = referenced.id
    context = []
    for kind, post in (("quoted", quoted), ("parent", parent)):
        if post is not None and isinstance(post.text, str):
            part = {"kind": kind, "text": post.text}
            if isinstance(post.id, str) and post.id:
                part["id"] = post.id
            context.append(part)
    if context:
        fields["context"] = context


def _repost_text(text: Any, original: ReferencedPost) -> Any:
    """Return `RT @name: ` and the whole text of the original, or the cut text if that is all there is."""
    if original.text is None:
        return text
    name = original.username
    if not isinstance(name, str) and (match := repost_of_text(text)):
        name = match.username
    return f"RT @{name}: {original.text}" if isinstance(name, str) and name else original.text
