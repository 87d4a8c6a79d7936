"""One spelling for what is written in many: names of a dictionary and spans of tweets are read through it.

How like a span is to names of a few candidates, letter by letter.
"""

from __future__ import annotations

import configparser
import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Final

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz, process

_WORD: Final = re.compile(r"[^\W_]+")
_ROMAN: Final = re.compile(r"[ivx]+")
# Written apart, with a hyphen, or as one word: all become one word.
_PREFIX: Final = re.compile(
    r"\b(anti|auto|co|extra|hyper|hypo|immuno|inter|intra|micro|multi|non|photo|poly|post|pre|sub)[- ]"
    r"(?=[a-z])"
)
_RUN: Final = re.compile(r"(\D)\1+")
# British and American spellings are brought together by what is the same of both, not by a list of words:
# what this does to other words (shoe, hour) it does to them in names and spans alike.
_SPELLING: Final = (
    (re.compile("ae|oe"), "e"),
    (re.compile("our"), "or"),
    (re.compile("ph"), "f"),
    (re.compile("ys(?=e|i)"), "yz"),
    (re.compile("is(?=ation|e$|ed$|ing$)"), "iz"),
    (re.compile("tre$"), "ter"),
    (re.compile("k"), "c"),
)
_LONGEST: Final = 40  # words; a span of a hundred kilobytes would not become clearer beyond


def words(text: str) -> list[str]:
    """Give the words of a name or a span in one spelling.

    Case, accents, punctuation and stop words go; British and American spelling, repeated letters, plural s
    and the abbreviations and synonyms of `data/wording.ini` come together. Capitals count for the few
    abbreviations that are everyday words as well.

    Args:
        text: any at all.

    Returns:
        The first 40 words; none where the text has no letters and digits.
    """
    table = _table()
    own = _WORD.findall(_plain(table.written_out(text[: _LONGEST * 50])))[:_LONGEST]
    found = _replaced([*map(_spelled, own)], table)
    kept = [word for word in found if word not in table.left_out]
    return kept or found


def one_spelling(text: str) -> str:
    """Give the words of a name or a span, see `words`, in alphabetical order, with a space between."""
    return " ".join(sorted(words(text)))


def _plain(text: str) -> str:
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return _PREFIX.sub(r"\1", text.casefold().replace("'", "").replace("’", ""))


def _spelled(word: str) -> str:
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-2] if word.endswith(("shes", "ches", "xes", "sses")) else word[:-1]
        word = f"{word[:-2]}y" if word.endswith("ie") and len(word) > 4 else word
    for pattern, written in _SPELLING:
        word = pattern.sub(written, word)
    return word if _ROMAN.fullmatch(word) or len(word) < 5 else _RUN.sub(r"\1", word)


def _replaced(own: list[str], table: _Table) -> list[str]:
    result: list[str] = []
    at = 0
    while at < len(own):
        for length in range(min(table.longest, len(own) - at), 0, -1):
            meant = table.meanings.get(tuple(own[at : at + length]))
            if meant is not None:
                result.extend(meant)
                at += length
                break
        else:
            result.append(own[at])
            at += 1
    return result


class _Table:
    """What words and phrases are written as; the words of a meaning are looked up again, once."""

    def __init__(
        self, entries: Mapping[str, str], capitals: Mapping[str, str], left_out: Sequence[str]
    ) -> None:
        self._capitals = {written.upper(): meant for written, meant in capitals.items()}
        self._written = re.compile(rf"\b(?:{'|'.join(map(re.escape, self._capitals))})\b")
        keys = {_key(written): [*_key(meant)] for written, meant in entries.items()}
        self.longest = max(map(len, keys), default=0)
        self.left_out = frozenset(map(_spelled, left_out))
        self.meanings = keys
        self.meanings = {key: _replaced(meant, self) for key, meant in keys.items()}

    def written_out(self, text: str) -> str:
        """Write abbreviations in capitals as what they mean, unless all of several words are in capitals."""
        if text.isupper() and len(text.split()) > 1:
            return text
        return self._written.sub(lambda found: self._capitals[found[0]], text)


def _key(text: str) -> tuple[str, ...]:
    return tuple(map(_spelled, _WORD.findall(_plain(text))))


@cache
def _table() -> _Table:
    parser = configparser.ConfigParser(delimiters=("=",), interpolation=None)
    parser.read_string((files("models.normalizer") / "data" / "wording.ini").read_text(encoding="utf-8"))
    left_out = parser["left out"]["words"].split()
    return _Table({**parser["words"], **parser["phrases"]}, parser["capitals"], left_out)


def similarity(spans: Sequence[str], names: Sequence[str]) -> npt.NDArray[np.float32]:
    """Compare spans to names pair by pair.

    Args:
        spans: one of each pair, as `one_spelling` writes it.
        names: the other of each pair, as `one_spelling` writes it.

    Returns:
        `[pairs]`: 1 where both are the same words in any order, 0 where no letter is the same.
    """
    found = process.cpdist(spans, names, scorer=fuzz.ratio).astype(np.float32) / np.float32(100)
    # Where nothing is left of a span but punctuation, it is like no name.
    says_something = np.array([bool(span) for span in spans], dtype=np.float32)
    alike: npt.NDArray[np.float32] = found * says_something
    return alike
