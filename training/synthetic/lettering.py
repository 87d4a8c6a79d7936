"""How the letters of a tweet look: capitals, and what Unicode has beyond ASCII.

The changes to capitals keep the number of characters, as far as Unicode's own rules do.
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


def with_capital_i(text: str, rng: Random) -> str:
    """Write "I" where English does."""
    return _I.sub("I", text)


def with_sentence_capitals(text: str, rng: Random) -> str:
    """Write "I", and a capital after each full stop."""
    return _SENTENCE.sub(lambda start: start[1] + start[2].upper(), _I.sub("I", text))


def shouted(text: str, rng: Random) -> str:
    """Write all in capitals."""
    return text.upper()


def stressed(text: str, rng: Random) -> str:
    """Write some words in capitals."""
    return _some(text, rng, 0.12, str.upper)


def titled(text: str, rng: Random) -> str:
    """Begin Every Word With A Capital."""
    return _WORD.sub(lambda word: word[0][:1].upper() + word[0][1:], text)


def mocking(text: str, rng: Random) -> str:
    """wRiTe LiKe ThIs."""
    return "".join(letter.upper() if rng.random() < 0.5 else letter for letter in text)


def with_curly_quotes(text: str, rng: Random) -> str:
    """Use the quotes of phones."""
    return re.sub(r'"(?=\w)', "“", text.replace("'", "’")).replace('"', "”")


def full_width(text: str, rng: Random) -> str:
    """Write some words in full-width letters."""
    return _some(text, rng, 0.3, lambda w: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in w))


def in_mathematics(text: str, rng: Random) -> str:
    """Write some words in the bold or italic letters of mathematics."""
    start = rng.choice((0x1D41A, 0x1D44E, 0x1D5EE, 0x1D622, 0x1D68A))
    # The italic h is elsewhere in Unicode; it stays plain.
    return _some(
        text,
        rng,
        0.4,
        lambda w: "".join(
            chr(start + ord(c) - 97) if "a" <= c <= "z" and (c != "h" or start != 0x1D44E) else c for c in w
        ),
    )


def with_joiners(text: str, rng: Random) -> str:
    """Put characters that nobody sees into some words."""
    return _some(text, rng, 0.3, lambda word: rng.choice(_JOINERS).join((word[:2], word[2:])))


def with_accents(text: str, rng: Random) -> str:
    """Put combining accents on some letters."""
    accent = rng.choice(_ACCENTS)
    return _some(text, rng, 0.2, lambda word: word[0] + accent + word[1:])


def with_lookalikes(text: str, rng: Random) -> str:
    """Write some words with Cyrillic letters that look Latin."""
    return _some(text, rng, 0.2, lambda word: word.translate(_LOOKALIKES))


def with_odd_blanks(text: str, rng: Random) -> str:
    """Put other blanks in place of some."""
    return re.sub(" ", lambda _: rng.choice("\u00a0\u2009\u3000") if rng.random() < 0.2 else " ", text)


def with_skin_tones(text: str, rng: Random) -> str:
    """Give hands and people a skin tone."""
    return _EMOJI.sub(lambda emoji: emoji[0] + chr(0x1F3FB + rng.randrange(5)), text)


def decomposed(text: str, rng: Random) -> str:
    """Write accents as characters of their own."""
    return unicodedata.normalize("NFD", text)


def _some(text: str, rng: Random, chance: float, change: Callable[[str], str]) -> str:
    return _WORD.sub(lambda word: change(word[0]) if rng.random() < chance else word[0], text)
