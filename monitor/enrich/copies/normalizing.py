"""The words of a text, without what people and programs change when they repeat it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

_LINK: Final = re.compile(
    r"(?:https?://|www\.)\S+|\b(?:t\.co|bit\.ly|pic\.twitter\.com|youtu\.be|tinyurl\.com)/\S+"
)

_REPOST_MARK: Final = re.compile(r"^\W*rt\b\s*(?=@)")

# A name on X, or one with a server, as on Mastodon and Bluesky. An e-mail address is not a mention.
_MENTION: Final = re.compile(r"(?<![\w@])@\w[\w.-]*(?:@[\w.-]+)?:?")

_APOSTROPHE: Final = re.compile(r"(?<=\w)['’ʼ`´](?=\w)")

# Each character of these scripts counts as a word, because they have no spaces between words.
_UNSPACED: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_WORD: Final = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+")

_STRETCHED: Final = re.compile(r"([^\W\d_])\1{2,}")

# Numbers that programs add to tell posts apart: "ref 20260711", "id:a81f9c22d1". A dose is shorter.
_TRACKING: Final = re.compile(r"\d{6,}|(?=\w*\d)(?=\w*[a-z])[0-9a-z]{10,}")

# The end of a text that was cut, read backwards, so that it is looked for only once.
_CUT_BACKWARDS: Final = re.compile(r"[\s\"'”’»)\]]*(?:…|\.{3})")

LONGEST_READ: Final = 20_000
"""Most characters of a text that are read; its beginning has all words that are compared."""

LONGEST_RUN: Final = 30
"""Most marks in a row that are read, as in the Stream-Safe Text Format (Unicode Standard Annex 15). Sorting a
longer run takes time with the square of its length."""

# No letters, digits or spaces. Marks are among them, and so are emoji. The two voicing marks of half width
# are letters, but NFKC makes marks of them.
_MAYBE_MARKS: Final = re.compile(rf"(?:[^\w\s\x00-\x7f]|[\uff9e\uff9f]){{{LONGEST_RUN + 1},}}")

# Format characters, such as a zero-width space, and marks, such as accents and the variants of emoji. Words
# that they are in stay whole.
_INVISIBLE: Final = ("Cf", "Mn", "Me")


@dataclass(frozen=True, slots=True)
class NormalText:
    """The words of a text.

    Attributes:
        words: in their order, in lower case.
        is_cut: True if the text ends with "…", as programs end a text that they have cut.
    """

    words: tuple[str, ...]
    is_cut: bool = False


def normalize(text: str) -> NormalText:
    """Return the words of a text.

    Removed are: case, forms of characters (NFKC), links, mentions with the leading "RT @name:", emoji,
    punctuation, hash signs, invisible characters, accents, apostrophes in words, letters that are repeated
    for emphasis ("sooo"), and long numbers that programs add. Of long texts, only the beginning is read.
    """
    beginning = text[:LONGEST_READ]
    plain = beginning.casefold() if beginning.isascii() else _plain(beginning)[:LONGEST_READ]
    plain = _LINK.sub(" ", plain)
    plain = _MENTION.sub(" ", _REPOST_MARK.sub("", plain))
    is_cut = _CUT_BACKWARDS.match(plain[::-1]) is not None
    plain = _APOSTROPHE.sub("", plain)
    words = (_STRETCHED.sub(r"\1", word) for word in _WORD.findall(plain))
    return NormalText(tuple(word for word in words if not _TRACKING.fullmatch(word)), is_cut)


def _plain(text: str) -> str:
    """Return a text in lower case and compatible characters, without accents and invisible characters."""
    # Casefolding may compose characters again: "ŉ" becomes "ʼn".
    composed = unicodedata.normalize("NFKC", _MAYBE_MARKS.sub(_shorten_runs, text))[:LONGEST_READ]
    decomposed = unicodedata.normalize("NFKD", composed.casefold())
    return "".join(c for c in decomposed if c < "\x80" or unicodedata.category(c) not in _INVISIBLE)


def _shorten_runs(match: re.Match[str]) -> str:
    """Return characters without the marks that come after `LONGEST_RUN` others in a row."""
    kept, length = [], 0
    for character in match[0]:
        length = length + 1 if _is_mark(character) else 0
        if length <= LONGEST_RUN:
            kept.append(character)
    return "".join(kept)


def _is_mark(character: str) -> bool:
    category = unicodedata.category(character)
    return category in ("Mn", "Me") or unicodedata.combining(unicodedata.normalize("NFKD", character)[0]) > 0
