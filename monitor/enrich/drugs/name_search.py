"""Search for many names at once, as whole words, by the Aho-Corasick algorithm.

Words are those of `monitor.word_search`: what stands between its separators, in any case. So "#Zoloft",
"zoloft's" and "ZOLOFT," all have the word "zoloft". Names of several words are found whatever separates them:
"St. John's wort" and "st john s wort".

The time depends on the text, not on how many names there are (Aho and Corasick, "Efficient string matching:
an aid to bibliographic search", 1975).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from ahocorasick_rs import AhoCorasick, MatchKind

from monitor.word_search import SEPARATORS

_RUN: Final = re.compile(f"{SEPARATORS}+")
_WORD: Final = re.compile(f"[^{SEPARATORS[1:-1]}]+")
_ASCII: Final = str.maketrans(
    {code: chr(code).lower() if not _RUN.fullmatch(chr(code)) else " " for code in range(1, 128)}
)


class FoundName(NamedTuple):
    """A name in a text.

    Attributes:
        name: position of the name in the list that is searched for.
        first: position of its first word in the text.
        end: position after its last word.
    """

    name: int
    first: int
    end: int


def padded_words(text: str) -> str:
    """Return the words of a text in lower case, with one space before, between and after them."""
    if text.isascii():
        return f" {' '.join(text.translate(_ASCII).split())} "
    # "İ" is the only character whose lower case is longer.
    lowered = text.replace("\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}", "i").lower()
    return f" {_RUN.sub(' ', lowered).strip(' ')} "


def word_spans(text: str) -> list[tuple[int, int]]:
    """Return the span of each word of a text, in code points."""
    return [match.span() for match in _WORD.finditer(text)]


class NameSearch:
    """Finds names in texts.

    Args:
        names: what to search for: words in lower case, with a space between them.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._lengths = [name.count(" ") + 1 for name in names]
        patterns = (f" {name} " for name in names)
        self._automaton = AhoCorasick(patterns, matchkind=MatchKind.Standard, store_patterns=False)

    def find(self, words: str) -> list[FoundName]:
        """Return all names in a text, in order of their first words; several may overlap.

        Args:
            words: the text, as `padded_words` returns it.
        """
        matches = self._automaton.find_matches_as_indexes(words, overlapping=True)
        if not matches:
            return []
        found = []
        for name, start, _ in matches:
            first = words.count(" ", 0, start)
            found.append(FoundName(name, first, first + self._lengths[name]))
        return sorted(found, key=_by_place)


def longest(found: Sequence[FoundName]) -> list[FoundName]:
    """Return names that do not overlap: from left to right, the longest at each place."""
    kept: list[FoundName] = []
    for name in sorted(found, key=_by_place):
        if not kept or name.first >= kept[-1].end:
            kept.append(name)
    return kept


def _by_place(name: FoundName) -> tuple[int, int]:
    return name.first, -name.end
