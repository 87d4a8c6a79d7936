"""One spelling for the words of names and spans, however they are written.

The abbreviations and synonyms are in `data/wording.ini`.
"""

from __future__ import annotations

import configparser
import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Final

_WORD: Final = re.compile(r"[^\W_]+")
_ROMAN: Final = re.compile(r"[ivx]+")
# Written apart, with a hyphen, or as one word: all become one word.
_PREFIX: Final = re.compile(
    r"\b(anti|auto|co|extra|hyper|hypo|immuno|inter|intra|micro|multi|non|photo|poly|post|pre|sub)[- ]"
    r"(?=[a-z])"
)
_REPEATED: Final = re.compile(r"(\D)\1+")
# These rules make British and American spellings equal without a list of words. They change other words
# too (shoe, hour), but in names and spans alike.
_SPELLING: Final = (
    (re.compile("ae|oe"), "e"),
    (re.compile("our"), "or"),
    (re.compile("ph"), "f"),
    (re.compile("ys(?=e|i)"), "yz"),
    (re.compile("is(?=ation|e$|ed$|ing$)"), "iz"),
    (re.compile("tre$"), "ter"),
    (re.compile("k"), "c"),
)
_MAX_WORDS: Final = 40
_MAX_CHARACTERS: Final = 50 * _MAX_WORDS


def canonical_words(text: str) -> list[str]:
    """Return the words of a name or a span in one spelling.

    Case, accents, punctuation and stop words are removed. British and American spelling, repeated letters,
    plurals, and the abbreviations and synonyms of `data/wording.ini` become the same. Capitals only matter
    for the few abbreviations that are everyday words as well.

    Returns:
        The first 40 words, with synonyms written out; empty if the text has no letters and digits.
    """
    table = _table()
    written_out = table.expand_capitals(text[:_MAX_CHARACTERS])
    words = table.replace([*_spelled_words(written_out)][:_MAX_WORDS])
    without_stop_words = [word for word in words if word not in table.stop_words]
    return without_stop_words or words


def canonical_name(text: str) -> str:
    """Return the canonical words of a name or a span in alphabetical order, separated by spaces."""
    return " ".join(sorted(canonical_words(text)))


def _spelled_words(text: str) -> tuple[str, ...]:
    return tuple(map(_spell, _WORD.findall(_fold(text))))


def _fold(text: str) -> str:
    """Return the text without case, accents, apostrophes, and separated prefixes."""
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return _PREFIX.sub(r"\1", text.casefold().replace("'", "").replace("’", ""))


def _spell(word: str) -> str:
    """Return a word without plural s, in the common spelling of British and American English."""
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-2] if word.endswith(("shes", "ches", "xes", "sses")) else word[:-1]
        word = f"{word[:-2]}y" if word.endswith("ie") and len(word) > 4 else word
    for pattern, spelling in _SPELLING:
        word = pattern.sub(spelling, word)
    return word if _ROMAN.fullmatch(word) or len(word) < 5 else _REPEATED.sub(r"\1", word)


class _Table:
    """The abbreviations, synonyms and stop words of `data/wording.ini`, in canonical spelling.

    Args:
        meanings: words and phrases, and what replaces them. Words of a replacement are replaced, too.
        capitals: abbreviations that count only in capitals, and what replaces them.
        stop_words: words that are left out.
    """

    def __init__(
        self, meanings: Mapping[str, str], capitals: Mapping[str, str], stop_words: Sequence[str]
    ) -> None:
        self._capitals = {abbreviation.upper(): meaning for abbreviation, meaning in capitals.items()}
        self._in_capitals = re.compile(rf"\b(?:{'|'.join(map(re.escape, self._capitals))})\b")
        self.stop_words = frozenset(map(_spell, stop_words))
        once = {_spelled_words(phrase): [*_spelled_words(meaning)] for phrase, meaning in meanings.items()}
        self._longest = max(map(len, once), default=0)
        self._meanings = once
        self._meanings = {phrase: self.replace(meaning) for phrase, meaning in once.items()}

    def expand_capitals(self, text: str) -> str:
        """Write out abbreviations in capitals, unless all words of the text are in capitals."""
        if text.isupper() and len(text.split()) > 1:
            return text
        return self._in_capitals.sub(lambda match: self._capitals[match[0]], text)

    def replace(self, words: list[str]) -> list[str]:
        """Replace the known words and phrases, the longest first."""
        result: list[str] = []
        start = 0
        while start < len(words):
            for length in range(min(self._longest, len(words) - start), 0, -1):
                meaning = self._meanings.get(tuple(words[start : start + length]))
                if meaning is not None:
                    result.extend(meaning)
                    start += length
                    break
            else:
                result.append(words[start])
                start += 1
        return result


@cache
def _table() -> _Table:
    parser = configparser.ConfigParser(delimiters=("=",), interpolation=None)
    parser.read_string((files("models.normalizer") / "data" / "wording.ini").read_text(encoding="utf-8"))
    stop_words = parser["left out"]["words"].split()
    return _Table({**parser["words"], **parser["phrases"]}, parser["capitals"], stop_words)
