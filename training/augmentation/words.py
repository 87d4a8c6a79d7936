"""The words of a tweet that may be changed, and two changes of them: typing errors and synonyms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random
from string import ascii_lowercase
from typing import Final, NamedTuple, Protocol

from training.edits import Edit
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
# In a shorter word, one wrong letter makes another word, or one that nobody recognizes.
_SHORTEST_MISTYPED: Final = 4
_SHORTEST_REPLACED: Final = 3


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


class Synonyms(Protocol):
    """A source of synonyms."""

    def of(self, word: str) -> tuple[str, ...]:
        """Return the synonyms of a word in lower case, in the same inflection; none if none is known."""


def synonym_swaps(text: str, random: Random, synonyms: Synonyms) -> list[Edit]:
    """Propose a synonym for each word that has one; negations and function words stay."""
    edits = []
    for word in changeable_words(text):
        if len(word.text) < _SHORTEST_REPLACED or not is_content_word(word.text):
            continue
        candidates = synonyms.of(word.text.lower())
        if candidates:
            edits.append(Edit(word.start, word.end, match_case(word.text, random.choice(candidates))))
    return edits


def char_swaps(text: str, random: Random) -> list[Edit]:
    """Propose a typing error in each longer word: one of the four kinds of TextAttack's char swapping.

    Two neighboring letters are swapped, or a letter is inserted, deleted or substituted. The first letter
    stays, as in most typing errors that people make.
    """
    edits = []
    for word in changeable_words(text):
        if len(word.text) < _SHORTEST_MISTYPED or not is_content_word(word.text):
            continue
        start, end, replacement = random.choice(_KINDS)(word.text, random)
        if word.text[start:end] != replacement:
            edits.append(Edit(word.start + start, word.start + end, replacement))
    return edits


# Each returns (start, end, replacement) within the word. A replacement is never empty: see `edit_example`.


def _swap(word: str, random: Random) -> tuple[int, int, str]:
    at = random.randrange(1, len(word) - 1)
    return at, at + 2, word[at + 1] + word[at]


def _insert(word: str, random: Random) -> tuple[int, int, str]:
    at = random.randrange(len(word) - 1)
    return at, at + 1, word[at] + _draw_letter(word[at], random)


def _delete(word: str, random: Random) -> tuple[int, int, str]:
    at = random.randrange(len(word) - 1)
    return at, at + 2, word[at]


def _substitute(word: str, random: Random) -> tuple[int, int, str]:
    at = random.randrange(1, len(word))
    return at, at + 1, _draw_letter(word[at], random)


_KINDS = (_swap, _insert, _delete, _substitute)


def _draw_letter(neighbor: str, random: Random) -> str:
    letter = random.choice(ascii_lowercase)
    return letter.upper() if neighbor.isupper() else letter
