"""Changes of spelling: short forms, lost apostrophes, typos, drawn-out vowels, and names of medicines."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

_SHORT = {
    "because": ("bc", "cuz", "cos", "bcuz", "b/c", "coz"),
    "you": ("u", "ya"),
    "your": ("ur",),
    "you're": ("ur", "youre"),
    "and": ("&", "n", "nd", "+"),
    "with": ("w/", "wit", "w"),
    "without": ("w/o",),
    "to": ("2",),
    "for": ("4",),
    "really": ("rly", "rlly", "reallyyy", "realy"),
    "so": ("sooo", "soo", "sooooo"),
    "something": ("smth",),
    "people": ("ppl",),
    "about": ("abt", "bout"),
    "going": ("goin",),
    "gonna": ("gunna", "gna"),
    "the": ("da", "teh", "th"),
    "this": ("dis",),
    "that": ("dat", "tht"),
    "doctor": ("dr", "doc"),
    "weeks": ("wks",),
    "months": ("mos", "mths"),
    "hours": ("hrs",),
    "today": ("2day", "tdy"),
    "i'm": ("im", "Im"),
    "pounds": ("lbs",),
    "night": ("nite",),
    "tonight": ("2nite", "tonite"),
    "though": ("tho",),
    "through": ("thru",),
    "what": ("wat", "wut"),
    "have": ("hv", "hav"),
    "don't": ("dont", "dnt"),
    "know": ("kno",),
    "never": ("nvr",),
    "before": ("b4",),
    "been": ("bin",),
    "just": ("jus", "js"),
    "like": ("lyk", "liek"),
    "sleep": ("slp", "sleeep"),
    "tired": ("tiredddd", "tierd"),
    "feel": ("feeel", "feeeel"),
    "stomach": ("stomache", "stomoch"),
    "headache": ("headake", "hedache"),
    "prescription": ("rx", "script"),
    "medication": ("meds", "medicine"),
    "anxiety": ("anxeity", "anxity"),
    "please": ("pls", "plz"),
    "thanks": ("thx", "thnx", "tx"),
    "probably": ("prolly", "prob"),
}
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_APOSTROPHE = re.compile(r"(?<=\w)['’](?=\w)")
_VOWELS = re.compile(r"[aeiouy]")
_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


def drop_apostrophes(text: str, rng: Random) -> str:
    """Write "dont" for "don't"."""
    return _APOSTROPHE.sub("", text)


def abbreviate_words(text: str, rng: Random) -> str:
    """Write some words in their short forms."""
    return _change_words(text, lambda word: _abbreviate(word, rng))


def mistype_words(text: str, rng: Random) -> str:
    """Mistype some of the longer words."""
    return _change_words(text, lambda word: mistype(word, rng) if rng.random() < 0.08 else word)


def stretch_words(text: str, rng: Random) -> str:
    """Write some words with looong vowels."""
    return _change_words(text, lambda word: _stretch(word, rng) if rng.random() < 0.08 else word)


def mistype(word: str, rng: Random) -> str:
    """Swap, drop, double or replace one inner letter of a word of five letters or more."""
    if len(word) < 5:
        return word
    at = rng.randrange(1, len(word) - 1)
    kind = rng.randrange(5)
    if kind == 0:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if kind == 1:
        return word[:at] + word[at + 1 :]
    if kind == 2:
        return word[:at] + word[at] + word[at:]
    if kind == 3:
        return word[:at] + _neighbor_key(word[at], rng) + word[at + 1 :]
    vowels = [vowel.start() for vowel in _VOWELS.finditer(word) if vowel.start() > 0]
    if not vowels:
        return word
    at = rng.choice(vowels)
    return word[:at] + rng.choice("aeiou") + word[at + 1 :]


def write_medicine(name: str, rng: Random) -> str:
    """Write the name of a medicine as a hashtag, in capitals, with a typo, or unchanged."""
    style = rng.random()
    if style < 0.1:
        return "#" + re.sub(r"\W", "", name)
    if style < 0.3:
        return name[:1].upper() + name[1:]
    if style < 0.32:
        return name.upper()
    if style < 0.42:
        return _WORD.sub(lambda word: mistype(word[0], rng), name)
    return name


def _change_words(text: str, change: Callable[[str], str]) -> str:
    """Change each word except those in capitals, which are masks such as `HTTPURL`."""
    return _WORD.sub(
        lambda word: word[0] if len(word[0]) > 1 and word[0].isupper() else change(word[0]), text
    )


def _abbreviate(word: str, rng: Random) -> str:
    short = _SHORT.get(word.lower())
    return rng.choice(short) if short and rng.random() < 0.4 else word


def _stretch(word: str, rng: Random) -> str:
    vowels = [vowel.start() for vowel in _VOWELS.finditer(word)]
    if len(word) < 3 or not vowels:
        return word
    at = rng.choice(vowels)
    return word[:at] + word[at] * rng.randint(2, 5) + word[at:]


def _neighbor_key(letter: str, rng: Random) -> str:
    """Draw a letter next to the given one on the keyboard; return other characters as they are."""
    for row in _KEYS:
        if letter in row:
            at = row.index(letter)
            return rng.choice(row[max(0, at - 1) : at + 2].replace(letter, "") or letter)
    return letter
