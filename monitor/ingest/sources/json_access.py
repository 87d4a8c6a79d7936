"""Access to JSON whose shape nobody has checked: what is missing or of another type is None.

Objects are `dict` here, as parsers return them: checking for any `Mapping` takes four times as long, and
detection does that many times for each post.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def nested(value: Any, *names: str) -> Any:
    """Return the value under a path of names, or None if an object on the way is missing."""
    for name in names:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def mapping(value: Any) -> Mapping[str, Any] | None:
    """Return the value if it is an object."""
    return value if isinstance(value, dict) else None


def first_value(document: Mapping[str, Any], *names: str) -> Any:
    """Return the value of the first of these fields that is not null."""
    for name in names:
        if (value := document.get(name)) is not None:
            return value
    return None


def first_text(*values: Any) -> str | None:
    """Return the first value that is a text and not empty."""
    for value in values:
        if isinstance(value, str) and value:
            return value
    return None


def id_text(value: Any) -> Any:
    """Return a number as text, and any other value as it is: the contract refuses what is not an id."""
    return str(value) if type(value) is int and value >= 0 else value


def set_present(fields: dict[str, Any], name: str, value: Any) -> None:
    """Set a field unless its value is None."""
    if value is not None:
        fields[name] = value
