"""An annotated effect as corpora of whole documents give it: one or several pieces of the document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
