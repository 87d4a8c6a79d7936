"""The characters of a text file as its annotators counted them.

An annotated effect as corpora of whole documents give it: one or several pieces of the document.

Finding a phrase in a sentence, for corpora that give the words of an effect and no usable offset.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from training.errors import CorpusError


def read_characters(path: Path, *, bound: int = 64 << 20) -> str:
    """Read a text file, in UTF-8 or else in Windows-1252 or Latin-1, with every character kept.

    Line ends are left as they are, and so is a byte order mark: offsets count them.

    Args:
        path: the file.
        bound: the greatest size, in bytes.

    Raises:
        CorpusError: the file is missing, a folder, or larger than the bound.
    """
    try:
        size = path.stat().st_size
        if size > bound:
            raise CorpusError(f"{path} has {size:,} bytes, more than the {bound:,} a corpus file may have")
        raw = path.read_bytes()
    except OSError as error:
        raise CorpusError(f"{path} cannot be read ({error.strerror}): check the path") from None
    for encoding in ("utf-8", "cp1252"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")


Parts = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Mention:
    """An adverse effect in a document.

    Attributes:
        parts: its pieces as (start, end), in characters of the document; several where it is discontinuous.
        words: what the corpus says stands there, or None where it does not say.
        line: where the corpus says so, a line of its file counted from 1, or None.
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
        """Say what keeps the mention from being where it says, or None if it is there.

        White space is compared as a single blank, for line breaks are written as blanks in annotations.
        """
        place = ", ".join(f"{start}-{end}" for start, end in self.parts)
        if not all(0 <= start < end <= len(text) for start, end in self.parts):
            return f"{place} lies outside the text of {len(text)} characters"
        found = " ".join(text[start:end] for start, end in self.parts)
        if self.words is not None and words_of(found) != words_of(self.words):
            return f"{self.words!r} is not at {place}, where the text says {found!r}"
        if not found.strip():
            return f"at {place} there is only white space"
        return None

    def is_discontinuous_in(self, text: str) -> bool:
        """Tell whether more than white space lies between the pieces."""
        return len(joined(self.parts, text)) > 1


def joined(parts: Sequence[tuple[int, int]], text: str) -> Parts:
    """Join pieces that touch, overlap, or have only white space of `text` between them."""
    result: list[tuple[int, int]] = []
    for start, end in sorted(parts):
        if result and (start <= result[-1][1] or text[result[-1][1] : start].isspace()):
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return tuple(result)


def words_of(text: str) -> str:
    """Give the text with each run of white space as one blank."""
    return " ".join(text.split())


_WORD = re.compile(r"\w+(?:['’]\w+)*")


def occurrences(phrase: str, sentence: str) -> list[tuple[int, int]]:
    """Find where a phrase stands in a sentence: case and the kind of white space do not matter.

    Places inside of longer words ("ache" in "headaches") are given only where there are no others.

    Returns:
        (start, end) in characters, in order; empty where it is nowhere.
    """
    words = [re.escape(word) for word in phrase.split()]
    if not words:
        return []
    pattern = r"\s+".join(words)
    for bounded in (rf"(?<!\w){pattern}(?!\w)", pattern):
        found = [match.span() for match in re.finditer(bounded, sentence, re.IGNORECASE)]
        if found:
            return found
    return []


def scattered(phrase: str, sentence: str, *, gap: int = 4) -> tuple[int, int] | None:
    """Find the words of a phrase in their order, with others in between ("felt dizzy" in "felt very dizzy").

    Args:
        phrase: the words.
        sentence: where to look for them; case does not matter.
        gap: how many other words there may be between two of them.

    Returns:
        (start, end) in characters of the smallest range that holds them all, or None.
    """
    wanted = [word.lower() for word in _WORD.findall(phrase)]
    words = list(_WORD.finditer(sentence))
    best: tuple[int, int] | None = None
    for first in range(len(words)) if wanted else ():
        at = first
        for word in wanted:
            reach = range(at, min(at + gap + 1, len(words))) if at > first else range(first, first + 1)
            found = next((place for place in reach if words[place].group().lower() == word), None)
            if found is None:
                break
            at = found + 1
        else:
            place = words[first].start(), words[at - 1].end()
            if best is None or place[1] - place[0] < best[1] - best[0]:
                best = place
    return best
