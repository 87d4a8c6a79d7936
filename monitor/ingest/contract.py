"""The message contract: what a tweet on the topic looks like, and why a message is refused.

A value is a UTF-8 JSON object with `id` and `text`, and optionally `author_id`, `created_at` and `lang`.
Other fields are ignored, so tweet objects of the X API v2 are valid as they are. `schemas/tweet.schema.json`
is the same contract for other languages, and `docs/messages.md` explains it to people.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Annotated, Any, NoReturn

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic_core import PydanticCustomError, from_json

from monitor.errors import PoisonError
from monitor.records import Tweet

MAX_BYTES = 1_048_576
"""Longest value, in bytes: brokers accept no more by default."""

MAX_TEXT = 100_000
"""Longest text, in code points."""

MAX_ID = 64
"""Longest id, in code points."""

MAX_LANG = 35
"""Longest language tag, in code points (RFC 5646, section 4.4.1)."""

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "empty": "the value is null, has no bytes, or is only white space",
        "too-large": f"the value is longer than {MAX_BYTES} bytes",
        "not-utf8": "the value is not UTF-8",
        "not-json": "the value is not JSON (RFC 8259): cut off, NaN, a byte order mark, nested too deeply",
        "not-an-object": "the value is JSON, but an array, a string, a number, true, false or null",
        "missing-field": "`id` or `text` is missing",
        "wrong-type": "a field has another JSON type than in the contract",
        "bad-id": f"an id is empty, longer than {MAX_ID} characters, has control characters, "
        "or is a number outside 0 … 2^64-1",
        "blank-text": "`text` is only white space",
        "too-long": f"`text` is longer than {MAX_TEXT} characters, or `lang` than {MAX_LANG}",
        "bad-date": "`created_at` is not RFC 3339, is not a day of the calendar, or is not in 1970 … 2099",
    }
)
"""Every reason that a `PoisonError` of `read_message` can have, and its meaning."""

_JSON_SPACE = b" \t\n\r"
_MAX_INTEGER_ID = 2**64 - 1

# Characters that no id may have: C0 and C1 controls, line separators, and the replacement of lone surrogates.
_NOT_IN_AN_ID = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffd]")

_TIMESTAMP = re.compile(
    r"(19[7-9][0-9]|20[0-9]{2})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[Tt ]"
    r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?"
    r"([Zz]|[+-]([01][0-9]|2[0-3]):?[0-5][0-9])?"
)

# Matches every escape of JSON, so that `\\ud800` (a backslash, then "ud800") is not seen as a surrogate.
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u(?P<lone>[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)


def read_message(value: bytes | None) -> Tweet:
    """Read the value of a Kafka message.

    Each NUL character and each lone surrogate becomes U+FFFD, so Postgres can store the text, and offsets
    stay the same. If a field occurs twice, the last one counts.

    Raises:
        PoisonError: the value breaks the contract; the `reason` is one of `REASONS`. Nothing else is raised,
            whatever the bytes. The detail names the field, and never quotes the tweet.
    """
    if value is None:
        raise PoisonError("empty", "the value is null")
    if len(value) > MAX_BYTES:
        raise PoisonError("too-large", f"the value has {len(value)} bytes, {MAX_BYTES} are allowed")
    document = parse_object(value)
    try:
        message = _Message.model_validate(document)
    except ValidationError as error:
        raise _poison(error) from None
    return Tweet(message.id, message.text, message.author_id, message.created_at, message.lang)


def parse_object(value: bytes) -> dict[str, Any]:
    """Parse a JSON object, and replace lone surrogates in its strings by U+FFFD.

    Raises:
        PoisonError: the reason is empty, not-utf8, not-json or not-an-object.
    """
    try:
        document = from_json(value, allow_inf_nan=False)
    except ValueError as error:
        document = _parse_without_surrogates(value, error)
    if not isinstance(document, dict):
        raise PoisonError("not-an-object", f"the value is {_json_type(document)}, not a JSON object")
    return document


def _parse_without_surrogates(value: bytes, error: ValueError) -> Any:
    """Parse `value` with its lone surrogates replaced, or raise a PoisonError with what is wrong."""
    if not value.strip(_JSON_SPACE):
        raise PoisonError("empty", "the value has no bytes" if not value else "the value is only white space")
    try:
        value.decode()
    except UnicodeDecodeError as not_utf8:
        raise PoisonError("not-utf8", f"byte {not_utf8.start} of the value is not UTF-8") from None
    replaced = _ESCAPE.sub(lambda escape: rb"\ufffd" if escape["lone"] else escape[0], value)
    if replaced != value:
        try:
            return from_json(replaced, allow_inf_nan=False)
        except ValueError as remaining_error:
            error = remaining_error
    hint = "it starts with a byte order mark" if value.startswith(b"\xef\xbb\xbf") else str(error)
    raise PoisonError("not-json", hint)


def _identifier(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        if isinstance(value, float):
            _refuse("wrong-type", "has a fraction or an exponent, so digits may be lost: send it as text")
        _refuse("wrong-type", f"is {_json_type(value)}, not a string or an integer")
    if isinstance(value, int):
        if not 0 <= value <= _MAX_INTEGER_ID:
            _refuse("bad-id", "is a number outside 0 … 2^64-1: send it as text")
        return str(value)
    if not 0 < len(value) <= MAX_ID or not value.strip():
        _refuse("bad-id", f"is blank or has {len(value)} characters: 1 to {MAX_ID} are allowed")
    if _NOT_IN_AN_ID.search(value):
        _refuse("bad-id", "has control characters or lone surrogates")
    return value


def _text(value: object) -> str:
    text = _string(value, MAX_TEXT)
    if not text or text.isspace():
        _refuse("blank-text", "is only white space")
    return text


def _language(value: object) -> str | None:
    return None if value is None else _string(value, MAX_LANG) or None


def _timestamp(value: object) -> datetime | None:
    if value is None:
        return None
    if not isinstance(value, str):
        _refuse("wrong-type", f"is {_json_type(value)}, not a string")
    if not _TIMESTAMP.fullmatch(value):
        _refuse("bad-date", "is not RFC 3339 such as 2026-03-14T09:26:53Z, or not in 1970 … 2099")
    try:
        moment = datetime.fromisoformat(value.upper())
    except ValueError:
        _refuse("bad-date", "is not a day of the calendar")
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _string(value: object, longest: int) -> str:
    if not isinstance(value, str):
        _refuse("wrong-type", f"is {_json_type(value)}, not a string")
    if len(value) > longest:
        _refuse("too-long", f"has {len(value)} characters, {longest} are allowed")
    return value.replace("\0", "\ufffd")


def _refuse(reason: str, detail: str) -> NoReturn:
    # The message of a custom error is a template, so the detail goes through the context.
    raise PydanticCustomError(reason, "{detail}", {"detail": detail})


def _poison(error: ValidationError) -> PoisonError:
    first = error.errors(include_url=False, include_input=False)[0]
    field = first["loc"][0]
    if first["type"] == "missing":
        return PoisonError("missing-field", f"`{field}` is missing")
    return PoisonError(first["type"], f"`{field}` {first['msg']}")


def _json_type(value: object) -> str:
    names = {dict: "an object", list: "an array", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")


Identifier = Annotated[str, BeforeValidator(_identifier)]


class _Message(BaseModel):
    """The fields that are read. An optional field may also be null."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: Identifier
    text: Annotated[str, BeforeValidator(_text)]
    author_id: Identifier | None = None
    created_at: Annotated[datetime | None, BeforeValidator(_timestamp)] = None
    lang: Annotated[str | None, BeforeValidator(_language)] = None
