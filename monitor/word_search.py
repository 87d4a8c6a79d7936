"""The rule for "this text contains these words", for the database query and for the filter of alerts.

Separators and white space come between words; case does not matter. The full-text index
`ix_tweets_words` follows the same rule, with one exception: it separates words only at ASCII punctuation, and
takes all other characters for letters. The filter also separates at an emoji or a typographic quote, so it
finds "zoloft" in "zoloft😭", which the index cannot do without a migration. What the query finds, the filter
finds, too.

PostgreSQL ignores words of more than 2,046 bytes and positions after the 16,383rd; this module does not.
"""

from __future__ import annotations

import re
from typing import Final

INDEX_SEPARATORS: Final = re.compile(r"[!-/:-@\[-`{-~]+")
"""Runs of ASCII punctuation, which the expression of the index replaces by a space."""

# The C1 controls and symbols of Latin-1, general punctuation, currency, trade marks, arrows to dingbats, CJK
# punctuation, variation selectors, full-width punctuation, and emoji with their tags.
_OTHER_SEPARATORS: Final = re.compile(
    r"[\u0080-\u00a9\u00ab-\u00b4\u00b6-\u00b9\u00bb-\u00bf\u00d7\u00f7"
    r"\u2000-\u206f\u20a0-\u20ff\u2120\u2122\u2190-\u2bff\u2e00-\u2e7f"
    r"\u3000-\u3004\u3008-\u3020\u3030\ufe00-\ufe0f\ufe30-\ufe4f\ufeff"
    r"\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\ufff9-\uffff"
    r"\U0001f000-\U0001faff\U000e0000-\U000e007f]+"
)

# Whatever else is outside of ASCII counts as a letter. ASCII controls count as white space.
_WORD: Final = re.compile(r"[0-9A-Za-z\u0080-\U0010ffff]+")

# PostgreSQL also ends a word after a number in scientific notation: "1e5x" is "1e5" and "x".
_NUMBER: Final = re.compile(r"[0-9]+[eE][0-9]+(?=[^0-9])")


def words_of(text: str) -> list[str]:
    """Return the words of `text` in lower case, in their order."""
    separated = _OTHER_SEPARATORS.sub(" ", spaced(text))
    return [_lower(word) for run in _WORD.findall(separated) for word in _split_number(run)]


def contains_phrase(text: str, phrase: str) -> bool:
    """Return True if `text` contains the words of `phrase`, in their order and next to each other.

    A phrase without words is never found.
    """
    words, phrase_words = words_of(text), words_of(phrase)
    length = len(phrase_words)
    starts = range(len(words) - length + 1)
    return length > 0 and any(words[start : start + length] == phrase_words for start in starts)


def has_words(text: str) -> bool:
    """Return True if `text` has a letter or digit to search for."""
    return any(character.isalnum() for character in text)


def spaced(text: str) -> str:
    """Return `text` with a space for each run of ASCII punctuation, as the index sees it."""
    return INDEX_SEPARATORS.sub(" ", text)


def _split_number(run: str) -> list[str]:
    number = _NUMBER.match(run)
    return [number[0], *_split_number(run[number.end() :])] if number else [run]


def _lower(word: str) -> str:
    """Return the lower case of each character on its own, as PostgreSQL does it.

    Python's `str.lower` looks at the neighbours of a Greek sigma, and writes two characters for "İ".
    """
    return word.lower() if word.isascii() else "".join(character.lower()[:1] for character in word)
