"""The fields of the message contract: their limits, and how the value of each one is checked and read.

A check raises a `PydanticCustomError` whose type is a reason of the contract.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, NoReturn, TypeVar

from pydantic import BeforeValidator, ValidationInfo
from pydantic_core import PydanticCustomError

from monitor.ingest.html_text import html_to_text, plain_text
from monitor.ingest.json_values import json_type
from monitor.records import ContextKind, ContextPart, EventKind, PostKind

MAX_TEXT = 100_000
"""Longest text, in code points."""

MAX_ID = 512
"""Longest id, in code points."""

MAX_LANG = 35
"""Longest language tag, in code points (RFC 5646, section 4.4.1)."""

MAX_PLATFORM = 32
"""Longest name of a platform, in code points."""

MAX_URL = 2_048
"""Longest URL, in code points."""

MAX_ALIASES = 64
"""Largest number of other ids of a post."""

MAX_CONTEXT_PARTS = 8
"""Number of texts that the context of a post keeps; others are left out."""

MAX_CONTEXT_TEXT = 10_000
"""Number of code points that each text of the context keeps; the rest is cut off."""

Word = TypeVar("Word", PostKind, ContextKind, EventKind)

_MAX_INTEGER_ID = 2**64 - 1

# Characters that no id may have: C0 and C1 controls, line separators, and the replacement of lone surrogates.
_NOT_IN_AN_ID = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffd]")

_TIMESTAMP = re.compile(
    r"(19[7-9][0-9]|20[0-9]{2})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[Tt ]"
    r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?"
    r"([Zz]|[+-]([01][0-9]|2[0-3]):?[0-5][0-9])?"
)


def _identifier(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        if isinstance(value, float):
            _refuse("wrong-type", "has a fraction or an exponent, so digits may be lost: send it as text")
        _refuse("wrong-type", f"is {json_type(value)}, not a string or an integer")
    if isinstance(value, int):
        if not 0 <= value <= _MAX_INTEGER_ID:
            _refuse("bad-id", "is a number outside 0 … 2^64-1: send it as text")
        return str(value)
    if not 0 < len(value) <= MAX_ID or not value.strip():
        _refuse("bad-id", f"is blank or has {len(value)} characters: 1 to {MAX_ID} are allowed")
    if _NOT_IN_AN_ID.search(value):
        _refuse("bad-id", "has control characters or lone surrogates")
    return value


def _markup(value: object) -> bool | None:
    if value is not None and not isinstance(value, bool):
        _refuse("wrong-type", f"is {json_type(value)}, not a boolean")
    return value


def _text(value: object, info: ValidationInfo) -> str:
    text = _string(value, MAX_TEXT)
    if not text or text.isspace():
        _refuse("blank-text", "is only white space")
    text = _without_markup(text, info)
    if not text or text.isspace():
        _refuse("blank-text", "has only HTML markup")
    return text


def _without_markup(text: str, info: ValidationInfo) -> str:
    """Return the text as plain text. Whether it is HTML is detected, unless the field `html` states it."""
    is_html = info.data.get("html")
    if is_html is None:
        return plain_text(text)
    return html_to_text(text) if is_html else text


def _language(value: object) -> str | None:
    return None if value is None else _string(value, MAX_LANG) or None


def _platform(value: object) -> str | None:
    return None if value is None else _string(value, MAX_PLATFORM) or None


def _url(value: object) -> str | None:
    return None if value is None else _string(value, MAX_URL) or None


def _post_kind(value: object) -> PostKind:
    return PostKind.ORIGINAL if value is None else _word(value, PostKind)


def _event_kind(value: object) -> EventKind:
    return EventKind.DELETE if value is None else _word(value, EventKind)


def _aliases(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        _refuse("wrong-type", f"is {json_type(value)}, not an array")
    if len(value) > MAX_ALIASES:
        _refuse("too-long", f"has {len(value)} ids, {MAX_ALIASES} are allowed")
    return tuple(map(_identifier, value))


def _context(value: object, info: ValidationInfo) -> tuple[ContextPart, ...]:
    """Read the context. Blank texts are left out, and what is too long is cut: it is only additional."""
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        _refuse("wrong-type", f"is {json_type(value)}, not an array")
    parts = []
    for part in value:
        if not isinstance(part, Mapping):
            _refuse("wrong-type", f"has {json_type(part)} in it, not an object")
        text = part.get("text")
        if not isinstance(text, str):
            _refuse("wrong-type", f"has a `text` that is {json_type(text)}, not a string")
        kind = _word(part.get("kind"), ContextKind)
        post_id = part.get("id")
        if post_id is not None:
            post_id = _identifier(post_id)
        text = _without_markup(text[:MAX_TEXT].replace("\0", "\ufffd"), info)[:MAX_CONTEXT_TEXT]
        if text.strip():
            parts.append(ContextPart(kind, text, post_id))
    return tuple(parts[:MAX_CONTEXT_PARTS])


def _word(value: object, words: type[Word]) -> Word:
    if not isinstance(value, str):
        _refuse("wrong-type", f"is {json_type(value)}, not a string")
    # Calling an enum takes six times as long.
    word = words._value2member_map_.get(value)
    if not isinstance(word, words):
        _refuse("unknown-value", f"is not one of: {', '.join(words)}")
    return word


def _timestamp(value: object) -> datetime | None:
    if value is None:
        return None
    if not isinstance(value, str):
        _refuse("wrong-type", f"is {json_type(value)}, not a string")
    if not _TIMESTAMP.fullmatch(value):
        _refuse("bad-date", "is not RFC 3339 such as 2026-03-14T09:26:53Z, or not in 1970 … 2099")
    try:
        moment = datetime.fromisoformat(value.upper())
    except ValueError:
        _refuse("bad-date", "is not a day of the calendar")
    in_utc = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    if not 1970 <= in_utc.year <= 2099:
        _refuse("bad-date", "is not in 1970 … 2099 in UTC")
    return in_utc


def _string(value: object, longest: int) -> str:
    if not isinstance(value, str):
        _refuse("wrong-type", f"is {json_type(value)}, not a string")
    if len(value) > longest:
        _refuse("too-long", f"has {len(value)} characters, {longest} are allowed")
    return value.replace("\0", "\ufffd")


def _refuse(reason: str, detail: str) -> NoReturn:
    # The message of a custom error is a template, so the detail goes through the context.
    raise PydanticCustomError(reason, "{detail}", {"detail": detail})


Markup = Annotated[bool | None, BeforeValidator(_markup)]
"""True if the texts are HTML, None to detect it. It must come before the texts."""

Identifier = Annotated[str, BeforeValidator(_identifier)]
Text = Annotated[str, BeforeValidator(_text)]
Timestamp = Annotated[datetime | None, BeforeValidator(_timestamp)]
Language = Annotated[str | None, BeforeValidator(_language)]
Platform = Annotated[str | None, BeforeValidator(_platform)]
Kind = Annotated[PostKind, BeforeValidator(_post_kind)]
Url = Annotated[str | None, BeforeValidator(_url)]
Aliases = Annotated[tuple[str, ...], BeforeValidator(_aliases)]
Context = Annotated[tuple[ContextPart, ...], BeforeValidator(_context)]
EventName = Annotated[EventKind, BeforeValidator(_event_kind)]
