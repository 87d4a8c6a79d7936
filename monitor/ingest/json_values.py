"""Parse JSON that comes from outside: every fault becomes a PoisonError, and no lone surrogate remains."""

from __future__ import annotations

import re
from typing import Any

from pydantic_core import from_json

from monitor.errors import PoisonError

_JSON_SPACE = b" \t\n\r"

# Matches every escape of JSON, so that `\\ud800` (a backslash, then "ud800") is not seen as a surrogate.
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u(?P<lone>[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)


def parse_json(value: bytes) -> Any:
    """Parse JSON, and replace lone surrogates in its strings by U+FFFD. Of equal names, the last one counts.

    Raises:
        PoisonError: the reason is empty, not-utf8 or not-json.
    """
    try:
        return from_json(value, allow_inf_nan=False)
    except ValueError as error:
        return _parse_without_surrogates(value, error)


def require_object(document: Any) -> dict[str, Any]:
    """Return `document` if it is a JSON object.

    Raises:
        PoisonError: it is something else; the reason is not-an-object.
    """
    if not isinstance(document, dict):
        raise PoisonError("not-an-object", f"the value is {json_type(document)}, not a JSON object")
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


def json_type(value: object) -> str:
    """Return the name of a JSON type with its article, for messages."""
    names = {dict: "an object", list: "an array", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")
