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
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return "".join(c for c in decomposed if c < "\x80" or unicodedata.category(c) not in _INVISIBLE)
