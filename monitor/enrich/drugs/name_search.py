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
from functools import lru_cache
from operator import itemgetter
from typing import Final, NamedTuple

from ahocorasick_rs import AhoCorasick, MatchKind

from monitor.word_search import SEPARATORS

_SEPARATOR: Final = re.compile(SEPARATORS)
_NOT_ASCII: Final = re.compile(r"[^\x00-\x7f]")
_ASCII: Final = str.maketrans(
    {code: " " if _SEPARATOR.match(chr(code)) else chr(code).lower() for code in range(1, 128)}
)
_FEW: Final = 8
"""Up to this number of different characters outside of ASCII, it is faster to replace each on its own."""
_by_start: Final = itemgetter(1)


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


def spaced_words(text: str) -> str:
    """Return a text in lower case with a space for each separator, so of the same length."""
    if not text.isascii():
        others = set(_NOT_ASCII.findall(text))
        if len(others) > _FEW:
            return _SEPARATOR.sub(" ", _lowered(text))
        for character in others:
            if _is_separator(character):
                text = text.replace(character, " ")
        if not text.isascii():
            return _lowered(text).translate(_ASCII)
    return text.translate(_ASCII)


def padded_words(spaced: str) -> str:
    """Return the words of a text with one space before, between and after them.

    Args:
        spaced: the text, as `spaced_words` returns it.
    """
    return f" {' '.join(spaced.split())} "


def word_spans(spaced: str) -> list[tuple[int, int]]:
    """Return the span of each word of a text, in code points.

    Args:
        spaced: the text, as `spaced_words` returns it.
    """
    spans, start = [], 0
    for word in spaced.split(" "):
        end = start + len(word)
        if word:
            spans.append((start, end))
        start = end + 1
    return spans


@lru_cache(maxsize=10_000)
def _is_separator(character: str) -> bool:
    return _SEPARATOR.match(character) is not None


def _lowered(text: str) -> str:
    # "İ" is the only character whose lower case is longer.
    return text.replace("\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}", "i").lower()


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
        places = self._automaton.find_matches_as_indexes(words, overlapping=True)
        if not places:
            return []
        matches, first, counted = [], 0, 0
        for name, start, _ in sorted(places, key=_by_start) if len(places) > 1 else places:
            first += words.count(" ", counted, start)  # only once over the whole text
            counted = start
            matches.append(FoundName(name, first, first + self._lengths[name]))
        return sorted(matches, key=_by_place) if len(matches) > 1 else matches


def longest(matches: Sequence[FoundName]) -> list[FoundName]:
    """Return names that do not overlap: from left to right, the longest at each place."""
    if len(matches) < 2:
        return list(matches)
    kept: list[FoundName] = []
    for name in sorted(matches, key=_by_place):
        if not kept or name.first >= kept[-1].end:
            kept.append(name)
    return kept


def _by_place(name: FoundName) -> tuple[int, int]:
    return name.first, -name.end
