"""Bluesky: the record of a post, as Jetstream and the app view have it.

Reference: the lexicon `app.bsky.feed.post`.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from monitor.ingest.dates import to_rfc3339
from monitor.ingest.sources.json_access import nested
from monitor.ingest.sources.post_source import Document, Fields

POST_COLLECTION: Final = "app.bsky.feed.post"
"""Name of the collection that posts are in."""

_URI: Final = re.compile(r"at://(?P<did>did:[^/]+)/app\.bsky\.feed\.post/(?P<key>[^/?#]+)")

# No post is older. Clients may write any date, also one that cannot be true.
_FIRST_POST: Final = datetime(2022, 11, 1, tzinfo=UTC)
_CLOCK_SKEW: Final = timedelta(minutes=10)


def post_address(did: Any, key: Any) -> Fields:
    """Return the ids and the URL of the post with a key in the repository of an author."""
    fields: Fields = {"platform": "bluesky"}
    if isinstance(did, str):
        fields["author_id"] = f"bsky:{did}"
        if isinstance(key, str):
            fields["id"] = f"bsky:{did}/{key}"
            fields["url"] = f"https://bsky.app/profile/{did}/post/{key}"
    return fields


def uri_fields(uri: Any) -> Fields | None:
    """Return the fields that the address of a post has, or None if it is the address of something else."""
    match = _URI.fullmatch(uri) if isinstance(uri, str) else None
    return post_address(match["did"], match["key"]) if match else None


def record_fields(record: Document, at: datetime | None) -> Fields:
    """Return the fields that a post's record has. `at` is when the network saw it."""
    fields: Fields = {}
    if "text" in record:
        fields["text"] = record["text"]
    if created_at := _created_at(record.get("createdAt"), at):
        fields["created_at"] = created_at
    languages = record.get("langs")
    # Of several languages, the one of the text is not known; then it is detected from the text.
    if isinstance(languages, list) and len(languages) == 1 and isinstance(languages[0], str):
        fields["lang"] = languages[0]
    embed = nested(record, "embed", "record")
    quoted = post_id_of(nested(embed, "uri")) or post_id_of(nested(embed, "record", "uri"))
    if quoted is not None:
        fields |= {"kind": "quote", "referenced_id": quoted}
    elif "reply" in record:
        fields["kind"] = "reply"
        if parent := post_id_of(nested(record, "reply", "parent", "uri")):
            fields["referenced_id"] = parent
    return fields


def has_text(fields: Fields) -> bool:
    """Return False for a post of pictures only. A text of a wrong type is for the contract to refuse."""
    text = fields.get("text")
    return not isinstance(text, str) or bool(text.strip())


def moment_of(value: Any) -> datetime | None:
    """Return the moment that a date of any notation means, in UTC, or None if it means none."""
    try:
        moment = datetime.fromisoformat(to_rfc3339(value))
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        return None


def _created_at(written: Any, at: datetime | None) -> str | None:
    """Return the date in the record if it can be true, else when the network saw the post."""
    moment = moment_of(written)
    if moment is None or not _FIRST_POST <= moment <= (at or datetime.now(UTC)) + _CLOCK_SKEW:
        moment = at
    return moment.isoformat() if moment else None


def post_id_of(uri: Any) -> str | None:
    """Return the id of the post with an address, or None if it is the address of something else."""
    match = _URI.fullmatch(uri) if isinstance(uri, str) else None
    return f"bsky:{match['did']}/{match['key']}" if match else None
