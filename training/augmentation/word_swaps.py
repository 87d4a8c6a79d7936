"""Typing errors: one change in a word, of the four kinds of TextAttack's char swapping.

Words replaced by their synonyms.
"""

from __future__ import annotations

from random import Random
from string import ascii_lowercase
from typing import Protocol

from training.augmentation.words import in_case_of, is_content, words
from training.edits import Edit

# In a shorter word one wrong letter makes another word, or none that can be recognised.
_SHORTEST_MISTYPED = 4


def char_swaps(text: str, random: Random) -> list[Edit]:
    """Propose one typing error for each word that may have one.

    Two neighbours change places, or a letter comes in, goes out or becomes another. The first letter stays,
    as with most typing errors of people.
    """
    edits = []
    for word in words(text):
        if len(word.text) < _SHORTEST_MISTYPED or not is_content(word.text):
            continue
        start, end, new = random.choice(_KINDS)(word.text, random)
        if word.text[start:end] != new:
            edits.append(Edit(word.start + start, word.start + end, new))
    return edits


# Each gives (start, end, replacement) within the word; none leaves an empty replacement, see `Edit`.


def _swap(word: str, random: Random) -> tuple[int, int, str]:
    at = random.randrange(1, len(word) - 1)
    return at, at + 2, word[at + 1] + word[at]


def _insert(word: str, random: Random) -> tuple[int, int, str]:
    at = random.randrange(len(word) - 1)
    return at, at + 1, word[at] + _letter(word[at], random)


def _delete(word: str, random: Random) -> tuple[int, int, str]:
    at = random.randrange(len(word) - 1)
    return at, at + 2, word[at]


def _substitute(word: str, random: Random) -> tuple[int, int, str]:
    at = random.randrange(1, len(word))
    return at, at + 1, _letter(word[at], random)


_KINDS = (_swap, _insert, _delete, _substitute)


def _letter(beside: str, random: Random) -> str:
    letter = random.choice(ascii_lowercase)
    return letter.upper() if beside.isupper() else letter


_SHORTEST_REPLACED = 3


class Synonyms(Protocol):
    """Knows which words mean the same."""

    def of(self, word: str) -> tuple[str, ...]:
        """Give the synonyms of a word in lower case, in its own inflection; none where none is known."""


def synonym_swaps(text: str, random: Random, synonyms: Synonyms) -> list[Edit]:
    """Propose a synonym for each word that has one; negations and the grammar's words stay."""
    edits = []
    for word in words(text):
        if len(word.text) < _SHORTEST_REPLACED or not is_content(word.text):
            continue
        found = synonyms.of(word.text.lower())
        if found:
            edits.append(Edit(word.start, word.end, in_case_of(word.text, random.choice(found))))
    return edits
