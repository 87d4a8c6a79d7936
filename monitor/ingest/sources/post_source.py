"""What a source is: the name of a platform's format, how to recognize its objects, and how to read them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Document = Mapping[str, Any]
"""A JSON object, as a platform writes it. Its values may have any type: nothing about it was checked."""

Fields = dict[str, Any]
"""The fields of one post, or `{"tombstone": {…}}`, named as in the contract. Their values are not checked."""


@dataclass(frozen=True, slots=True)
class PostSource:
    """A format in which a platform writes posts and events.

    Attributes:
        name: its name in `--format` and in the header `source`, such as "x-v2".
        title: its name for people, such as "X API v2".
        recognizes: returns True if an object has the shape of this format. Quick, and it never raises.
        read: yields the fields of each post and event of an object, and nothing for objects without any, such
            as keep-alive messages or empty pages. It never raises, whatever the values: a value of a wrong
            type is passed on for the contract to refuse, or left out.
        signs: the fields that it is recognized by, for people.
    """

    name: str
    title: str
    recognizes: Callable[[Document], bool]
    read: Callable[[Document], Iterator[Fields]]
    signs: str = ""
