"""Changes of letters: capitals, and characters beyond ASCII.

The changes to capitals keep the number of characters, except where Unicode's own rules do not.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from random import Random

_I = re.compile(r"(?<![\w'’])i(?=$|[\s'’.,!?])")
_SENTENCE = re.compile(r"(^|[.!?\n] ?)([a-z])")
_WORD = re.compile(r"[^\W\d_]{3,}")
_EMOJI = re.compile("[\U0001f44a-\U0001f44f\U0001f64b-\U0001f64f\U0001f937\U0001f926]")
_JOINERS = ("\u200b", "\u200d", "\u2060", "\u00ad", "\ufe0f")
_ACCENTS = ("\u0301", "\u0300", "\u0308", "\u0327", "\u0336", "\u035c")
_LOOKALIKES = str.maketrans("aeopcxy", "аеорсху")  # Cyrillic


def capitalize_i(text: str, rng: Random) -> str:
    """Write "I" where English does."""
    return _I.sub("I", text)


def capitalize_sentences(text: str, rng: Random) -> str:
    """Write "I", and a capital at the start of each sentence."""
    return _SENTENCE.sub(lambda start: start[1] + start[2].upper(), _I.sub("I", text))


def capitalize_all(text: str, rng: Random) -> str:
    """Write the whole text in capitals."""
    return text.upper()


def capitalize_some_words(text: str, rng: Random) -> str:
    """Write some words in capitals."""
    return _change_some(text, rng, 0.12, str.upper)


def capitalize_initials(text: str, rng: Random) -> str:
    """Write each word with a capital."""
    return _WORD.sub(lambda word: word[0][:1].upper() + word[0][1:], text)


def capitalize_at_random(text: str, rng: Random) -> str:
    """Write random letters in capitals."""
    return "".join(letter.upper() if rng.random() < 0.5 else letter for letter in text)


def curl_quotes(text: str, rng: Random) -> str:
    """Write quotes as phones do."""
    return re.sub(r'"(?=\w)', "“", text.replace("'", "’")).replace('"', "”")


def use_full_width(text: str, rng: Random) -> str:
    """Write some words in full-width letters."""
    return _change_some(
        text, rng, 0.3, lambda w: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in w)
    )


def use_math_letters(text: str, rng: Random) -> str:
    """Write some words in the bold or italic letters of mathematics."""
    start = rng.choice((0x1D41A, 0x1D44E, 0x1D5EE, 0x1D622, 0x1D68A))
    # The italic h is not in that block of Unicode; it stays plain.
    return _change_some(
        text,
        rng,
        0.4,
        lambda w: "".join(
            chr(start + ord(c) - 97) if "a" <= c <= "z" and (c != "h" or start != 0x1D44E) else c for c in w
        ),
    )


def insert_joiners(text: str, rng: Random) -> str:
    """Put invisible characters into some words."""
    return _change_some(text, rng, 0.3, lambda word: rng.choice(_JOINERS).join((word[:2], word[2:])))


def add_accents(text: str, rng: Random) -> str:
    """Put combining accents on some letters."""
    accent = rng.choice(_ACCENTS)
    return _change_some(text, rng, 0.2, lambda word: word[0] + accent + word[1:])


def use_lookalikes(text: str, rng: Random) -> str:
    """Write some words with Cyrillic letters that look like Latin ones."""
    return _change_some(text, rng, 0.2, lambda word: word.translate(_LOOKALIKES))


def use_odd_blanks(text: str, rng: Random) -> str:
    """Replace some blanks by other kinds of blanks."""
    return re.sub(" ", lambda _: rng.choice("\u00a0\u2009\u3000") if rng.random() < 0.2 else " ", text)


def add_skin_tones(text: str, rng: Random) -> str:
    """Add skin tones to emoji of hands and people."""
    return _EMOJI.sub(lambda emoji: emoji[0] + chr(0x1F3FB + rng.randrange(5)), text)


def decompose(text: str, rng: Random) -> str:
    """Write accents as separate characters."""
    return unicodedata.normalize("NFD", text)


def _change_some(text: str, rng: Random, chance: float, change: Callable[[str], str]) -> str:
    return _WORD.sub(lambda word: change(word[0]) if rng.random() < chance else word[0], text)
