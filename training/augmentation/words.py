"""Which words of a tweet may be changed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from training.synthetic.wordlists import read_wordlist

# What is no word: addresses, names of users, hashtags, HTML entities, masks in <angle> or [square] brackets.
_OPAQUE = re.compile(
    r"(?:https?://|www\.)\S+|\b[\w-]{1,63}\.(?:com|org|net|co|ly|gov|edu|io)\b(?:/\S*)?|[\w.+-]{1,64}@\w\S*"
    r"|[@#]\w+|&#?\w+;|<[^<>\s]{1,20}>|\[[^\[\]\s]{1,20}\]",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
# A combining mark (an accent of its own, a joiner of emoji) belongs to the letter before it.
_JOINED = re.compile(r"[\w\u0300-\u036f\u200d\ufe0f-]")

_LISTS = read_wordlist("words", __package__)
_NEGATIONS: Final = frozenset(_LISTS["negations"]["words"])
_GRAMMAR: Final = frozenset(word for group in _LISTS["grammar"].values() for word in group)


class Word(NamedTuple):
    """A word at its place.

    Attributes:
        start: first character, an index into the text.
        end: one past the last.
        text: the word as written.
    """

    start: int
    end: int
    text: str


def words(text: str) -> Iterator[Word]:
    """Find the words of a text, outside of addresses, names of users, hashtags and masks.

    Words that are joined to a digit, a hyphen, an underline or a combining accent are left out: "covid-19",
    "b12", "side_effect".
    """
    opaque = opaque_places(text)
    for match in _WORD.finditer(text):
        start, end = match.span()
        if _JOINED.match(text[start - 1 : start]) or _JOINED.match(text, end):
            continue
        if not is_within(start, end, opaque):
            yield Word(start, end, match.group())


def opaque_places(text: str) -> list[tuple[int, int]]:
    """Give (start, end) of all that must stay as it is."""
    return [match.span() for match in _OPAQUE.finditer(text)]


def is_within(start: int, end: int, places: list[tuple[int, int]]) -> bool:
    """Tell whether [start, end) touches one of the places."""
    return any(start < right and left < end for left, right in places)


def is_content(word: str) -> bool:
    """Tell whether a word means something of its own: no negation, and none of the grammar's words."""
    plain = word.lower().replace("’", "'")
    return "'" not in plain and plain not in _NEGATIONS and plain not in _GRAMMAR


def in_case_of(original: str, word: str) -> str:
    """Write a word as another one is written: in capitals, with a capital, or as it is."""
    if len(original) > 1 and original.isupper():
        return word.upper()
    if original[:1].isupper():
        return word[:1].upper() + word[1:]
    return word
