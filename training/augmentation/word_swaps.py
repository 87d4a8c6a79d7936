"""Changes of single words: typing errors, and synonyms."""

from __future__ import annotations

from random import Random
from string import ascii_lowercase
from typing import Final, Protocol

from training.augmentation.words import changeable_words, is_content_word, match_case
from training.edits import Edit

# In a shorter word, one wrong letter makes another word, or one that nobody recognizes.
_SHORTEST_MISTYPED: Final = 4
_SHORTEST_REPLACED: Final = 3


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
