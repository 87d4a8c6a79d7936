"""What the offsets of a corpus count, and spans that start or end within a word.

Python counts code points. Java, JavaScript and C# count UTF-16 units, where an emoji is two. Some tools count
bytes of UTF-8. Wrong offsets look plausible, because they are off only behind such a character.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from training.corpora.corpus_options import OFFSET_UNITS, OffsetUnit
from training.corpora.reading_log import ReadingLog
from training.examples import Example

Place = tuple[int, int, str | None]
"""Start and end of a span, and its words if the corpus states them."""

UNIT_NAMES: Final = {"codepoints": "code points", "utf16": "UTF-16 units", "bytes": "bytes of UTF-8"}
_AROUND: Final = 12  # characters


class OffsetTable:
    """Turns the offsets of one text into indices of Python.

    Args:
        text: the text.
        unit: what its offsets count.
    """

    def __init__(self, text: str, unit: OffsetUnit) -> None:
        self._size = len(text)
        self._indices: dict[int, int] | None = None
        if unit != "codepoints" and not text.isascii():
            self._indices, offset = {0: 0}, 0
            for index, character in enumerate(text, 1):
                offset += _width(character, unit)
                self._indices[offset] = index

    def index_of(self, offset: int) -> int | None:
        """Return the index of an offset; None if it lies outside the text or within a character."""
        if self._indices is not None:
            return self._indices.get(offset)
        return offset if 0 <= offset <= self._size else None

    def index_or_outside(self, offset: int) -> int:
        """Return the index of an offset, or one that lies outside the text."""
        index = self.index_of(offset)
        return self._size + 1 if index is None else index


def detect_unit(texts: Iterable[tuple[str, Sequence[Place]]]) -> OffsetUnit:
    """Return what the offsets of a corpus count: the unit that fits most spans, or else code points.

    A span fits if its words are there, or if its words are not known and it starts and ends at a word's end.

    Args:
        texts: each text with its spans. Texts in ASCII do not decide anything.
    """
    fitting: Counter[OffsetUnit] = Counter()
    for text, places in texts:
        if text.isascii() or not places:
            continue
        for unit in OFFSET_UNITS:
            table = OffsetTable(text, unit)
            fitting[unit] += sum(_fits(text, table, place) for place in places)
    return max(OFFSET_UNITS, key=lambda unit: fitting[unit])


def note_unit(unit: OffsetUnit, path: Path, log: ReadingLog) -> None:
    """Record that offsets were converted, if they do not count code points."""
    if unit != "codepoints":
        detail = f"they fit as {UNIT_NAMES[unit]}; --offsets codepoints keeps them as they are"
        log.note("offsets that do not count code points, converted", path, None, detail)


def note_cut_words(examples: Iterable[Example], source: Path, log: ReadingLog) -> None:
    """Record each span that starts or ends within a word, which wrong offsets do and few annotators mean."""
    for example in examples:
        for span in example.spans:
            if cuts_word(example.text, span.start) or cuts_word(example.text, span.end):
                around = example.text[max(0, span.start - _AROUND) : span.end + _AROUND]
                words = example.text[span.start : span.end]
                detail = f"{words!r} in {around!r} ({example.id})"
                log.note("span that starts or ends within a word", source, None, detail)


def cuts_word(text: str, index: int) -> bool:
    """Return True if a word of a script that separates words goes on across an index."""
    return 0 < index < len(text) and _is_of_word(text[index - 1]) and _is_of_word(text[index])


def _fits(text: str, table: OffsetTable, place: Place) -> bool:
    start, end = table.index_of(place[0]), table.index_of(place[1])
    if start is None or end is None or start >= end:
        return False
    if place[2] is not None:
        return text[start:end].lower().split() == place[2].lower().split()
    return not (cuts_word(text, start) or cuts_word(text, end))


def _is_of_word(character: str) -> bool:
    # Thai, Chinese and others have no blanks between words.
    return character.isalnum() and (character < "\u0e00" or "\u1e00" <= character < "\u2e80")


def _width(character: str, unit: OffsetUnit) -> int:
    if unit == "utf16":
        return 2 if character > "\uffff" else 1
    return len(character.encode("utf-8", "surrogatepass"))
