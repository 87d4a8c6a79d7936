"""Names of drugs inside longer hashtags: "#ProzacNation", "#zoloftproblems", "#teamlexapro"."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from typing import Final, NamedTuple

SHORTEST_IN_TAG: Final = 6
"""Fewest letters of a name that is part of a longer hashtag."""
SHORTEST_REST: Final = 3
"""Fewest letters of the rest of a hashtag; with fewer of them, it is a form of the name, or another word."""

_TAG: Final = re.compile(r"[#＃](\w+)")
_LONGEST_TAG: Final = 100
_PART: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


class TaggedName(NamedTuple):
    """A name in a hashtag: its place in the text, and the name in lower case."""

    start: int
    end: int
    name: str


def names_in_hashtags(text: str, names: Container[str]) -> Iterator[TaggedName]:
    """Yield the names that are a part of a hashtag.

    In "#ProzacNation" the parts are the words. Without capitals, a long name may begin or end the hashtag.
    """
    for match in _TAG.finditer(text):
        tag, offset = match[1], match.start(1)
        if not SHORTEST_IN_TAG <= len(tag) <= _LONGEST_TAG or not tag.isascii():
            continue
        parts = [
            TaggedName(offset + part.start(), offset + part.end(), part[0].lower())
            for part in _PART.finditer(tag)
        ]
        if len(parts) > 1:
            yield from (part for part in parts if part.name in names and len(part.name) > SHORTEST_REST)
        else:
            yield from _at_an_end(tag.lower(), offset, names)


def _at_an_end(tag: str, offset: int, names: Container[str]) -> Iterator[TaggedName]:
    """Yield the longest name that begins or ends a hashtag."""
    for length in range(len(tag) - SHORTEST_REST, SHORTEST_IN_TAG - 1, -1):
        if tag[:length] in names:
            yield TaggedName(offset, offset + length, tag[:length])
            return
        if tag[-length:] in names:
            yield TaggedName(offset + len(tag) - length, offset + len(tag), tag[-length:])
            return
