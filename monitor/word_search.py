"""The rule for "this text contains these words", for the database query and for the search for drugs.

Words are what stands between `SEPARATORS`; case does not matter. The full-text index `ix_tweets_words`,
`contains_phrase` and `monitor.enrich.drugs` follow this rule. The index is built from `SEPARATORS`, so a
change of them needs a migration.

PostgreSQL ignores words of more than 2,046 bytes and positions after the 16,383rd; this module does not. A
database whose LC_CTYPE is not C also ends words at the rare symbols that `SEPARATORS` leaves out, such as
"℞". Python and the locale of the database may lower a few characters differently.
"""

from __future__ import annotations

import re
from typing import Final

SEPARATORS: Final = (
    "["
    # ASCII, without letters and digits; the C1 controls and Latin-1, without letters.
    r"\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00a9\u00ab-\u00b4\u00b6-\u00b9\u00bb-\u00bf\u00d7\u00f7"
    # Punctuation of Greek, Hebrew, Arabic and the scripts of India; the space of Ogham.
    r"\u037e\u0387\u05be\u05c0\u05c3\u05f3\u05f4\u0606-\u060f\u061b-\u061f\u066a-\u066d\u06d4\u0964\u0965\u1680"
    # General punctuation, currency, service marks and trade marks, arrows to dingbats, more punctuation.
    r"\u2000-\u206f\u20a0-\u20ff\u2120\u2122\u2190-\u2bff\u2e00-\u2e7f"
    # Punctuation of Chinese and Japanese.
    r"\u3000-\u3004\u3008-\u3020\u3030\u30fb"
    # Variation selectors, vertical and small forms, the byte order mark, full-width punctuation, specials.
    r"\ufe00-\ufe0f\ufe30-\ufe6f\ufeff"
    r"\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\uffe0-\uffe6\ufff9-\uffff"
    # Emoji, and the tags of flags.
    r"\U0001f000-\U0001faff\U000e0000-\U000e007f"
    "]"
)
"""The characters between words, as a class for the regular expressions of Python and of PostgreSQL.

Whatever else is outside of ASCII counts as a letter. All are written as escapes, so the class may stand in a
string of SQL and in a template of `str.format`.
"""

_SEPARATORS: Final = re.compile(f"{SEPARATORS}+")

# PostgreSQL also ends a word after a number in scientific notation: "1e5x" is "1e5" and "x".
_NUMBER: Final = re.compile(r"[0-9]+[eE][0-9]+(?=[^0-9])")


def words_of(text: str) -> list[str]:
    """Return the words of `text` in lower case, in their order."""
    runs = filter(None, _SEPARATORS.split(text))
    return [_lower(word) for run in runs for word in _split_number(run)]


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
    """Return `text` with a space for each run of separators, as the index sees it."""
    return _SEPARATORS.sub(" ", text)


def _split_number(run: str) -> list[str]:
    number = _NUMBER.match(run)
    return [number[0], *_split_number(run[number.end() :])] if number else [run]


def _lower(word: str) -> str:
    """Return the lower case of each character on its own, as PostgreSQL does it.

    Python's `str.lower` looks at the neighbours of a Greek sigma, and writes two characters for "İ".
    """
    return word.lower() if word.isascii() else "".join(character.lower()[:1] for character in word)
