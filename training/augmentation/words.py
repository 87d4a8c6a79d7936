"""The words of a tweet that may be changed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from training.wordlists import read_wordlist

# Not words: addresses, user names, hashtags, HTML entities, masks in <angle> or [square] brackets.
_OPAQUE = re.compile(
    r"(?:https?://|www\.)\S+|\b[\w-]{1,63}\.(?:com|org|net|co|ly|gov|edu|io)\b(?:/\S*)?|[\w.+-]{1,64}@\w\S*"
    r"|[@#]\w+|&#?\w+;|<[^<>\s]{1,20}>|\[[^\[\]\s]{1,20}\]",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
# A combining mark (a separate accent, a joiner of emoji) belongs to the letter before it.
_JOINED = re.compile(r"[\w\u0300-\u036f\u200d\ufe0f-]")

_LISTS = read_wordlist(__package__, "words")
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


def changeable_words(text: str) -> Iterator[Word]:
    """Yield the words of a text that are not part of an address, a user name, a hashtag or a mask.

    Words that are joined to a digit, a hyphen, an underscore or a combining accent are left out: "covid-19",
    "b12", "side_effect".
    """
    opaque = opaque_ranges(text)
    for match in _WORD.finditer(text):
        start, end = match.span()
        if _JOINED.match(text[start - 1 : start]) or _JOINED.match(text, end):
            continue
        if not overlaps_any(start, end, opaque):
            yield Word(start, end, match.group())


def opaque_ranges(text: str) -> list[tuple[int, int]]:
    """Return (start, end) of everything in a text that must stay as it is."""
    return [match.span() for match in _OPAQUE.finditer(text)]


def overlaps_any(start: int, end: int, ranges: list[tuple[int, int]]) -> bool:
    """Return True if [start, end) overlaps one of the ranges."""
    return any(start < right and left < end for left, right in ranges)


def is_content_word(word: str) -> bool:
    """Return True if a word has a meaning of its own: it is neither a negation nor a function word."""
    plain = word.lower().replace("’", "'")
    return "'" not in plain and plain not in _NEGATIONS and plain not in _GRAMMAR


def match_case(original: str, word: str) -> str:
    """Return a word in the case of another: in capitals, with a capital, or unchanged."""
    if len(original) > 1 and original.isupper():
        return word.upper()
    if original[:1].isupper():
        return word[:1].upper() + word[1:]
    return word
