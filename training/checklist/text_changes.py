"""Changes that keep the meaning: typos, capitals, hashtags, odd characters, and text around a sentence.

A lone surrogate is not a character: UTF-8 cannot hold it, so no stream delivers it. Python strings can, and a
`Scorer` must accept any text, so some are here; a report shows them escaped.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import cache
from random import Random
from typing import Final

from training.checklist.case_makers import Change
from training.checklist.cases import Sentence
from training.checklist.vocabulary import read_list, read_medicine_kinds
from training.edits import Edit
from training.wordlists import read_wordlist

_WORD: Final = re.compile(r"[a-z]+", re.IGNORECASE)
_SHORTEST: Final = 5  # letters of a word that stays readable with a typo in it
_LONG_WORD: Final = re.compile(r"[a-z]{4,}", re.IGNORECASE)
_SPACE: Final = re.compile(" ")
_LETTER: Final = re.compile(r"[a-z]", re.IGNORECASE)
_VERY_LONG: Final = 100_000  # characters


def misspell(sentence: Sentence, random: Random, turn: int) -> tuple[Edit, ...]:
    """Misspell, in turn, the medicine, a word of a list, or any longer word by a slip of the fingers."""
    lists = read_wordlist(__package__, "typos")
    if turn % 3 == 0:
        return _misspell_listed(sentence, lists["medicines"], random)
    if turn % 3 == 1:
        return _misspell_listed(sentence, lists["words"], random)
    words = [word for word in _WORD.finditer(sentence.text) if len(word[0]) >= _SHORTEST]
    if not words:
        return ()
    word = random.choice(words)
    mistyped = random.choice(_SLIPS)(word[0], random.randrange(1, len(word[0]) - 2))
    return (Edit(word.start(), word.end(), mistyped),) if mistyped != word[0] else ()


def capitalize(sentence: Sentence, random: Random, turn: int) -> tuple[Edit, ...]:
    """Capitalize, in turn, all, the effects, the medicine, or the first letter of each word."""
    text, effects = sentence.text, sentence.effects
    if turn % 4 == 1 and effects:
        return tuple(
            Edit(effect.start, effect.end, text[effect.start : effect.end].upper()) for effect in effects
        )
    if turn % 4 == 2 and (drug := _drug_pattern().search(text)):
        return (Edit(drug.start(), drug.end(), drug[0].upper()),)
    if turn % 4 == 3:
        return tuple(Edit(word.start(), word.end(), word[0].capitalize()) for word in _WORD.finditer(text))
    return (Edit(0, len(text), text.upper()),)


def tag_medicine(sentence: Sentence, random: Random, turn: int) -> tuple[Edit, ...]:
    """Write the medicine as a hashtag, alternately with a capital and a small letter."""
    drug = _drug_pattern().search(sentence.text)
    if drug is None:
        return ()
    return (Edit(drug.start(), drug.end(), f"#{drug[0] if turn % 2 else drug[0].capitalize()}"),)


def insertion_from(file: str) -> Change:
    """Return a change that inserts an entry of a file's `insertions` at one of the places in its `where`."""
    entries, places = read_list(file, "insertions"), read_list(file, "insertions", "where")

    def insert(sentence: Sentence, random: Random, turn: int) -> tuple[Edit, ...]:
        entry = entries[turn % len(entries)]
        where = random.choice(places)
        if where == "before":
            return (Edit(0, 0, f"{entry} "),)
        if where == "behind" and (drug := _drug_pattern().search(sentence.text)):
            return (Edit(drug.end(), drug.end(), f" {entry}"),)
        return (Edit(len(sentence.text), len(sentence.text), f" {entry}"),)

    return insert


def embed_in_thread(sentence: Sentence, random: Random, turn: int) -> tuple[Edit, ...]:
    """Put two to six sentences about everyday life around a text."""
    fillers = random.sample(read_list("thread", "fillers"), 2 + turn % 5)
    before = random.randrange(len(fillers) + 1)
    text = sentence.text
    start = "".join(f"{filler} " for filler in fillers[:before])
    end = "".join(f" {filler}" for filler in fillers[before:])
    stop = "" if text.endswith((".", "?", "!")) else "."
    capital = Edit(0, 1, text[0].upper())
    return (Edit(0, 0, start), capital, Edit(len(text), len(text), f"{stop}{end}"))


@cache
def _drug_pattern() -> re.Pattern[str]:
    """Return a pattern that matches the name of any medicine of the lists."""
    names = sorted({re.escape(drug) for kind in read_medicine_kinds() for drug in kind.drugs}, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(names)})\b", re.IGNORECASE)


def _misspell_listed(
    sentence: Sentence, misspellings: Mapping[str, tuple[str, ...]], random: Random
) -> tuple[Edit, ...]:
    words = [word for word in _WORD.finditer(sentence.text) if word[0].lower() in misspellings]
    if not words:
        return ()
    word = random.choice(words)
    return (Edit(word.start(), word.end(), random.choice(misspellings[word[0].lower()])),)


def _swap_letters(word: str, at: int) -> str:
    return f"{word[:at]}{word[at + 1]}{word[at]}{word[at + 2 :]}"


def _drop_letter(word: str, at: int) -> str:
    return word[:at] + word[at + 1 :]


def _double_letter(word: str, at: int) -> str:
    return word[:at] + word[at] + word[at:]


_SLIPS: Final[tuple[Callable[[str, int], str], ...]] = (_swap_letters, _drop_letter, _double_letter)


def use_odd_characters(sentence: Sentence, random: Random, turn: int) -> tuple[Edit, ...]:
    """Change the characters of a text in one of the ways of `WAYS`, in turn; people read it as before."""
    return tuple(list(WAYS.values())[turn % len(WAYS)](sentence.text, random))


def _inside_words(character: str) -> Callable[[str, Random], list[Edit]]:
    def put(text: str, random: Random) -> list[Edit]:
        places = [random.randrange(word.start() + 1, word.end()) for word in _LONG_WORD.finditer(text)]
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


def _insert_after(end: str) -> Callable[[str, Random], list[Edit]]:
    return lambda text, random: [Edit(len(text), len(text), end)]


def _insert_before(start: str) -> Callable[[str, Random], list[Edit]]:
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
    "byte order mark before": _insert_before("\ufeff"),
    "Arabic after": _insert_after(" صباح الخير"),
    "Hebrew before": _insert_before("שבת שלום "),
    "lone surrogate after": _insert_after(" \ud83d"),
    "100 kB of spaces after": _insert_after(" " * _VERY_LONG),
    "100 kB of line breaks before": _insert_before("\n" * _VERY_LONG),
}
"""Ways to change the characters of a text, by name."""
