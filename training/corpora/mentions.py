"""Annotated effects in whole documents, and how to find them in the text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from models.predictions import is_span_of
from training.errors import CorpusError

Parts = tuple[tuple[int, int], ...]
"""The pieces of a mention as (start, end), in characters of the document."""

_LARGEST_FILE = 64 << 20  # bytes
_WORD = re.compile(r"\w+(?:['’]\w+)*")


@dataclass(frozen=True, slots=True)
class AnnotatedMention:
    """An adverse effect in a document.

    Attributes:
        parts: its pieces; several if it is discontinuous.
        words: the words there according to the corpus, or None if the corpus does not state them.
        line: of the corpus file, counted from 1; None if unknown.
        ptid: code of the Preferred Term, or None.
        pt_name: name of that PT, or None.
        llt: code that was annotated, or None.
    """

    parts: Parts
    words: str | None
    line: int | None = None
    ptid: str | None = None
    pt_name: str | None = None
    llt: str | None = None

    @property
    def start(self) -> int:
        """The first character of the first piece."""
        return min(start for start, _ in self.parts)

    @property
    def end(self) -> int:
        """One past the last character of the last piece."""
        return max(end for _, end in self.parts)

    def fault_in(self, text: str) -> str | None:
        """Return why the mention is not at its place in a document, or None if it is.

        White space is compared as a single blank, since annotations write line breaks as blanks.
        """
        place = ", ".join(f"{start}-{end}" for start, end in self.parts)
        if not all(is_span_of(text, start, end) for start, end in self.parts):
            return f"{place} lies outside the text of {len(text)} characters"
        covered = " ".join(text[start:end] for start, end in self.parts)
        if self.words is not None and collapse_whitespace(covered) != collapse_whitespace(self.words):
            return f"{self.words!r} is not at {place}, where the text says {covered!r}"
        if not covered.strip():
            return f"at {place} there is only white space"
        return None

    def is_discontinuous_in(self, text: str) -> bool:
        """Return True if more than white space lies between the pieces."""
        return len(join_parts(self.parts, text)) > 1


def join_parts(parts: Sequence[tuple[int, int]], text: str) -> Parts:
    """Join pieces that touch, overlap, or have only white space of `text` between them."""
    result: list[tuple[int, int]] = []
    for start, end in sorted(parts):
        if result and (start <= result[-1][1] or text[result[-1][1] : start].isspace()):
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return tuple(result)


def collapse_whitespace(text: str) -> str:
    """Return the text with each run of white space as one blank, and none at its ends."""
    return " ".join(text.split())


def read_characters(path: Path, *, largest: int = _LARGEST_FILE) -> str:
    """Read a text file in UTF-8, or else in Windows-1252 or Latin-1, with every character.

    Line ends and a byte order mark are kept, since the offsets of annotators count them.

    Args:
        path: the file.
        largest: the greatest allowed size, in bytes.

    Raises:
        CorpusError: the file is missing, a folder, or too large.
    """
    try:
        size = path.stat().st_size
        if size > largest:
            raise CorpusError(f"{path} has {size:,} bytes, more than the {largest:,} a corpus file may have")
        raw = path.read_bytes()
    except OSError as error:
        raise CorpusError(f"{path} cannot be read ({error.strerror}): check the path") from None
    for encoding in ("utf-8", "cp1252"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")


def find_phrase(phrase: str, sentence: str) -> list[tuple[int, int]]:
    """Find the occurrences of a phrase, for corpora that give the words of an effect without usable offsets.

    Case and the kind of white space do not matter. Occurrences within longer words ("ache" in "headaches")
    are returned only if there are no others.

    Returns:
        (start, end) in characters, in order; empty if the phrase does not occur.
    """
    words = [re.escape(word) for word in phrase.split()]
    if not words:
        return []
    pattern = r"\s+".join(words)
    for bounded in (rf"(?<!\w){pattern}(?!\w)", pattern):
        places = [match.span() for match in re.finditer(bounded, sentence, re.IGNORECASE)]
        if places:
            return places
    return []


def find_scattered(phrase: str, sentence: str, *, gap: int = 4) -> tuple[int, int] | None:
    """Find the words of a phrase in order with others in between ("felt dizzy" in "felt very dizzy").

    Args:
        phrase: the words.
        sentence: where to look for them; case does not matter.
        gap: the greatest number of other words between two of them.

    Returns:
        (start, end) in characters of the smallest range that holds them all, or None.
    """
    phrase_words = [word.lower() for word in _WORD.findall(phrase)]
    words = list(_WORD.finditer(sentence))
    best: tuple[int, int] | None = None
    for first in range(len(words)) if phrase_words else ():
        at = first
        for word in phrase_words:
            reach = range(at, min(at + gap + 1, len(words))) if at > first else range(first, first + 1)
            match = next((index for index in reach if words[index].group().lower() == word), None)
            if match is None:
                break
            at = match + 1
        else:
            place = words[first].start(), words[at - 1].end()
            if best is None or place[1] - place[0] < best[1] - best[0]:
                best = place
    return best
