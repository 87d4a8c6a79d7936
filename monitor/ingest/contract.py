"""The message contract: what a post on the topic looks like, and why a message is refused.

A value is a UTF-8 JSON object with `id` and `text`, and optionally the other fields of `Post`. Unknown fields
are ignored. An object with `tombstone` is a deletion or another compliance event. Objects of platforms are
brought into this form by `sources/`. `schemas/tweet.schema.json` is the same contract for other languages;
`docs/messages.md` explains it to people.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from monitor.errors import PoisonError
from monitor.ingest.field_checks import (
    MAX_ALIASES,
    MAX_ID,
    MAX_LANG,
    MAX_PLATFORM,
    MAX_TEXT,
    MAX_URL,
    Aliases,
    Context,
    EventName,
    Identifier,
    Kind,
    Language,
    Markup,
    Platform,
    Text,
    Timestamp,
    Url,
)
from monitor.ingest.json_values import json_type
from monitor.records import ComplianceEvent, EventKind, Post, PostKind

MAX_BYTES = 1_048_576
"""Longest value, in bytes: brokers accept no more by default."""

MAX_POSTS = 10_000
"""Largest number of posts and events in a message. A million bytes of `[1,1,1…]` would be 500,000 faults."""

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "empty": "the value is null, has no bytes, or is only white space",
        "too-large": f"the value is longer than {MAX_BYTES} bytes, or has more than {MAX_POSTS} posts",
        "not-utf8": "the value is not UTF-8",
        "not-json": "the value is not JSON (RFC 8259): cut off, NaN, a byte order mark, nested too deeply",
        "not-an-object": "the value is JSON, but an array, a string, a number, true, false or null",
        "missing-field": "`id` or `text` is missing",
        "wrong-type": "a field has another JSON type than in the contract",
        "bad-id": f"an id is empty, longer than {MAX_ID} characters, has control characters, "
        "or is a number outside 0 … 2^64-1",
        "blank-text": "`text` is only white space, or only HTML markup",
        "too-long": f"`text` is longer than {MAX_TEXT} characters, `lang` than {MAX_LANG}, `platform` than "
        f"{MAX_PLATFORM}, `url` than {MAX_URL}, or there are more than {MAX_ALIASES} `aliases`",
        "bad-date": "a date is not RFC 3339, is not a day of the calendar, or is not in 1970 … 2099 in UTC",
        "unknown-value": "`kind` or `event` is not one of the words of the contract",
        "unknown-source": "the header `source` does not name a source of `ade-monitor formats`",
    }
)
"""Every reason that a `PoisonError` of `read_message` can have, and its meaning."""


def read_fields(fields: Mapping[str, Any]) -> Post | ComplianceEvent:
    """Check the fields of a post, or of a tombstone, that are named as in the contract.

    Each NUL character becomes U+FFFD, so Postgres can store the text, and offsets stay the same. HTML in the
    text and in the context becomes plain text first.

    Raises:
        PoisonError: the fields break the contract; the `reason` is one of `REASONS`. The detail names the
            field, and never quotes the post.
    """
    try:
        if "tombstone" in fields and "text" not in fields:
            return _event(fields["tombstone"])
        message = _Message.model_validate(fields)
    except ValidationError as error:
        raise _poison(error) from None
    return Post(
        message.id,
        message.text,
        message.author_id,
        message.created_at,
        message.lang,
        message.platform,
        message.kind,
        message.referenced_id,
        message.url,
        message.edited_at,
        message.aliases,
        message.context,
    )


class _Message(BaseModel):
    """The fields of a post that are read. An optional field may also be null."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    html: Markup = None
    id: Identifier
    text: Text
    author_id: Identifier | None = None
    created_at: Timestamp = None
    lang: Language = None
    platform: Platform = None
    kind: Kind = PostKind.ORIGINAL
    referenced_id: Identifier | None = None
    url: Url = None
    edited_at: Timestamp = None
    aliases: Aliases = ()
    context: Context = ()


POST_FIELDS = frozenset(_Message.model_fields)
"""Names of the fields of a post."""


class _Tombstone(BaseModel):
    """The fields of a compliance event."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    event: EventName = EventKind.DELETE
    id: Identifier | None = None
    author_id: Identifier | None = None
    at: Timestamp = None
    aliases: Aliases = ()


def _event(value: object) -> ComplianceEvent:
    if not isinstance(value, Mapping):
        raise PoisonError("wrong-type", f"`tombstone` is {json_type(value)}, not an object")
    tombstone = _Tombstone.model_validate(value)
    about_author = tombstone.event.about_author
    if about_author and tombstone.author_id is None:
        raise PoisonError("missing-field", f"`author_id` of the tombstone is missing ({tombstone.event})")
    if not about_author and tombstone.id is None:
        raise PoisonError("missing-field", f"`id` of the tombstone is missing ({tombstone.event})")
    return ComplianceEvent(
        tombstone.event,
        None if about_author else tombstone.id,
        tombstone.author_id if about_author else None,
        tombstone.at,
        tombstone.aliases,
    )


def _poison(error: ValidationError) -> PoisonError:
    first = error.errors(include_url=False, include_input=False)[0]
    field = first["loc"][0]
    if first["type"] == "missing":
        return PoisonError("missing-field", f"`{field}` is missing")
    return PoisonError(first["type"], f"`{field}` {first['msg']}")
