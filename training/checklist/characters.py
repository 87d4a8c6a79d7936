"""Odd characters in plain sentences, and very long texts.

A lone surrogate is not a character: UTF-8 cannot hold it, so no stream delivers it. Python strings can, and a
`Scorer` must accept any text, so some are here; a report shows them escaped.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from random import Random
from typing import Final

from training.checklist.cases import Sentence
from training.edits import Edit

_WORD: Final = re.compile(r"[a-z]{4,}", re.IGNORECASE)
_SPACE: Final = re.compile(" ")
_LETTER: Final = re.compile(r"[a-z]", re.IGNORECASE)
_VERY_LONG: Final = 100_000  # characters


def use_odd_characters(sentence: Sentence, random: Random, turn: int) -> tuple[Edit, ...]:
    """Change the characters of a text in one of the ways of `WAYS`, in turn; people read it as before."""
    return tuple(list(WAYS.values())[turn % len(WAYS)](sentence.text, random))


def _inside_words(character: str) -> Callable[[str, Random], list[Edit]]:
    def put(text: str, random: Random) -> list[Edit]:
        places = [random.randrange(word.start() + 1, word.end()) for word in _WORD.finditer(text)]
        return [Edit(place, place, character) for place in places]

    return put


def _for_spaces(characters: str) -> Callable[[str, Random], list[Edit]]:
    def put(text: str, random: Random) -> list[Edit]:
        return [Edit(s.start(), s.end(), random.choice(characters)) for s in _SPACE.finditer(text)]

    return put


def _before_spaces(characters: str) -> Callable[[str, Random], list[Edit]]:
    def put(text: str, random: Random) -> list[Edit]:
        return [Edit(s.start(), s.start(), random.choice(characters)) for s in _SPACE.finditer(text)]

    return put


def _letters(changed: Callable[[str], str]) -> Callable[[str, Random], list[Edit]]:
    def put(text: str, random: Random) -> list[Edit]:
        return [Edit(x.start(), x.end(), changed(x[0])) for x in _LETTER.finditer(text)]

    return put


def _after(end: str) -> Callable[[str, Random], list[Edit]]:
    return lambda text, random: [Edit(len(text), len(text), end)]


def _before(start: str) -> Callable[[str, Random], list[Edit]]:
    return lambda text, random: [Edit(0, 0, start)]


def _full_width(letter: str) -> str:
    return chr(ord(letter) - ord("!") + ord("！"))


def _bold(letter: str) -> str:
    first = 0x1D41A if letter.islower() else 0x1D400  # MATHEMATICAL BOLD SMALL A, CAPITAL A
    return chr(first + ord(letter.lower()) - ord("a"))


def _accented(letter: str) -> str:
    return f"{letter}\N{COMBINING DIAERESIS}" if letter in "aeiou" else letter


def _composed(letter: str) -> str:
    return (
        unicodedata.normalize("NFC", f"{letter}\N{COMBINING ACUTE ACCENT}") if letter in "aeiou" else letter
    )


WAYS: Final[Mapping[str, Callable[[str, Random], list[Edit]]]] = {
    "zero-width spaces inside words": _inside_words("\N{ZERO WIDTH SPACE}"),
    "soft hyphens inside words": _inside_words("\N{SOFT HYPHEN}"),
    "joiners inside words": _inside_words("\N{ZERO WIDTH JOINER}"),
    "combining accents": _letters(_accented),
    "composed accents": _letters(_composed),
    "full-width letters": _letters(_full_width),
    "bold letters": _letters(_bold),
    "no-break and thin spaces": _for_spaces("\N{NO-BREAK SPACE}\N{THIN SPACE}\N{IDEOGRAPHIC SPACE}"),
    "tabs and line breaks": _for_spaces("\t\n"),
    "marks of direction": _before_spaces("\N{RIGHT-TO-LEFT MARK}\N{LEFT-TO-RIGHT MARK}"),
    "control characters": _before_spaces("\x00\x1b\x7f"),
    "byte order mark before": _before("\ufeff"),
    "Arabic after": _after(" صباح الخير"),
    "Hebrew before": _before("שבת שלום "),
    "lone surrogate after": _after(" \ud83d"),
    "100 kB of spaces after": _after(" " * _VERY_LONG),
    "100 kB of line breaks before": _before("\n" * _VERY_LONG),
}
"""Ways to change the characters of a text, by name."""
