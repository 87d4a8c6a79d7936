"""Section 4.8 of a European SmPC (Summary of Product Characteristics), from the lines of a document.

The headings are those of the QRD template (European Medicines Agency).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from monitor.labels.errors import LabelError
from monitor.labels.label import SMPC, LabelSection, ProductLabel, SectionKind

_EFFECTS: Final = re.compile(r"4\s*\.\s*8\.?\s*undesirable effects\b", re.IGNORECASE)
_NEXT: Final = re.compile(r"4\s*\.\s*9\.?\s*\w|5\s*\.\s*(1\s*\.?\s*)?pharmacolog", re.IGNORECASE)
_NAME: Final = re.compile(r"1\s*\.\s*name of the medicinal product", re.IGNORECASE)
_SUBSTANCE: Final = re.compile(r"2\s*\.\s*qualitative and quantitative", re.IGNORECASE)
_AFTER_SUBSTANCE: Final = re.compile(r"3\s*\.\s*pharmaceutical form", re.IGNORECASE)
_NAME_LINES: Final = 6


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a document.

    Attributes:
        text: the line.
        page: its page, from 1; None where the format has no pages.
    """

    text: str
    page: int | None = None


def read_smpc(lines: Sequence[Line], place: str) -> ProductLabel:
    """Return the label with section 4.8 of a document.

    Raises:
        LabelError: the document has no section 4.8, or nothing is in it.
    """
    start, end = _effects(lines)
    if start is None:
        raise LabelError(
            f"{place} has no heading '4.8 Undesirable effects'",
            "import an SmPC in English, or save the section as a text file and name its drug with --drug",
        )
    page = lines[start].page
    section = [line.text for line in lines[start + 1 : end]]
    # Only a page breaks paragraphs into lines.
    text = join_lines(section) if page else "\n".join(section)
    if not text.strip():
        raise LabelError(
            f"{place}{f', page {page}' if page else ''}: section 4.8 has no text",
            "a scanned document has no text: import another file",
        )
    title = _between(lines, _NAME, _SUBSTANCE)
    names = (" ".join(_between(lines, _SUBSTANCE, _AFTER_SUBSTANCE)), " ".join(title))
    return ProductLabel(
        place=place,
        source=SMPC,
        set_id=None,
        names=tuple(filter(None, names)),
        title=title[0][:200] if title else None,
        version=None,
        sections=(LabelSection(SectionKind.ADVERSE_REACTIONS, text),),
    )


def _effects(lines: Sequence[Line]) -> tuple[int | None, int]:
    """Return the line of the heading and the line after the section, of the longest such section.

    A table of contents, and references to the section, have the same words.
    """
    best: tuple[int | None, int] = None, 0
    longest = -1
    for start, line in enumerate(lines):
        if not _EFFECTS.match(line.text.strip()):
            continue
        end = next(
            (after for after in range(start + 1, len(lines)) if _NEXT.match(lines[after].text.strip())),
            len(lines),
        )
        if end - start > longest:
            best, longest = (start, end), end - start
    return best


def _between(lines: Sequence[Line], first: re.Pattern[str], after: re.Pattern[str]) -> list[str]:
    """Return the first lines between two headings."""
    texts = [line.text.strip() for line in lines]
    start = next((place for place, text in enumerate(texts) if first.match(text)), None)
    if start is None:
        return []
    texts_between: list[str] = []
    for text in texts[start + 1 :]:
        if after.match(text) or len(texts_between) == _NAME_LINES:
            break
        texts_between += [text] if text else []
    return texts_between


def join_lines(lines: Iterable[str]) -> str:
    """Join the lines of paragraphs, which a PDF or a text file breaks where the page ends.

    A line goes on with the next one if that starts with a small letter, or if it ends with a comma.
    """
    joined: list[str] = []
    for line in map(str.strip, lines):
        goes_on = bool(joined and joined[-1] and line) and (line[0].islower() or joined[-1].endswith(","))
        if goes_on:
            joined[-1] = f"{joined[-1]} {line}"
        else:
            joined.append(line)
    return "\n".join(filter(None, joined))
