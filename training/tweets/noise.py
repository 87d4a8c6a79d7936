"""What fingers do to words: case, apostrophes, short forms, typos. It comes before there are offsets."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random

from training.tweets.pieces import Piece

_SHORT = {
    "because": ("bc", "cuz", "cos", "bcuz"),
    "you": ("u",),
    "your": ("ur",),
    "and": ("&", "n", "nd"),
    "with": ("w/", "wit"),
    "without": ("w/o",),
    "to": ("2",),
    "for": ("4",),
    "really": ("rly", "rlly", "reallyyy"),
    "so": ("sooo", "soo", "sooooo"),
    "something": ("smth",),
    "people": ("ppl",),
    "about": ("abt",),
    "going": ("goin",),
    "the": ("da", "teh"),
    "this": ("dis",),
    "doctor": ("dr", "doc"),
    "weeks": ("wks",),
    "months": ("mos",),
    "hours": ("hrs",),
    "i'm": ("im", "ima"),
    "pounds": ("lbs",),
    "night": ("nite",),
    "though": ("tho",),
    "what": ("wat",),
    "have": ("hv", "got"),
    "don't": ("dont", "dnt"),
    "sleep": ("slp", "sleeep"),
    "tired": ("tiredddd", "tierd"),
    "feel": ("feeel",),
}
_WORD = re.compile(r"[A-Za-z']+")
_HANDLES = ("@mike_{n}", "@sarah{n}", "@theReal{n}", "@jenn_x{n}", "@USER", "@USER", "@user", "@drsmith{n}")
_LINKS = ("HTTPURL", "HTTPURL", "http://t.co/{n}xYz", "https://t.co/q{n}Ab", "bit.ly/{n}k")


def roughen(pieces: Sequence[Piece], rng: Random) -> list[Piece]:
    """Change words as people do when they tweet; the marks on the pieces stay where they are."""
    changes: list[Callable[[str], str]] = [lambda text: _unmask(text, rng)]
    if rng.random() < 0.4:
        changes.append(lambda text: re.sub(r"(?<=\w)'(?=\w)", "", text))
    elif rng.random() < 0.2:
        changes.append(lambda text: text.replace("'", "’"))
    if rng.random() < 0.25:
        changes.append(lambda text: _WORD.sub(lambda word: _shorten(word[0], rng, 0.4), text))
    if rng.random() < 0.2:
        changes.append(lambda text: _WORD.sub(lambda word: _mistype(word[0], rng, 0.08), text))
    style = rng.random()
    if style < 0.05:
        changes.append(str.upper)
    elif style < 0.25:
        changes.append(lambda text: re.sub(r"\bi(?=\b|')", "I", text))
    result = []
    for piece in pieces:
        text = piece.text
        for change in changes:
            text = change(text)
        result.append(replace(piece, text=text))
    return result


def write_medicine(name: str, rng: Random) -> str:
    """Write a medicine's name as a hashtag, with a capital, with a typo, or plainly."""
    style = rng.random()
    if style < 0.1:
        return "#" + re.sub(r"\W", "", name)
    if style < 0.3:
        return name.capitalize()
    if style < 0.36:
        return _WORD.sub(lambda word: _mistype(word[0], rng, 1.0), name)
    return name


def _unmask(text: str, rng: Random) -> str:
    text = re.sub("@USER", lambda _: rng.choice(_HANDLES).format(n=rng.randrange(100)), text)
    return re.sub("HTTPURL", lambda _: rng.choice(_LINKS).format(n=rng.randrange(100)), text)


def _shorten(word: str, rng: Random, chance: float) -> str:
    short = _SHORT.get(word.lower())
    return rng.choice(short) if short and rng.random() < chance else word


def _mistype(word: str, rng: Random, chance: float) -> str:
    """Swap, drop or double one inner letter of a longer word."""
    if len(word) < 5 or rng.random() >= chance:
        return word
    at = rng.randrange(1, len(word) - 1)
    kind = rng.randrange(3)
    if kind == 0:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if kind == 1:
        return word[:at] + word[at + 1 :]
    return word[:at] + word[at] + word[at:]
