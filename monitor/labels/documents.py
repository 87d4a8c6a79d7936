"""The lines of PDF and DOCX files, and of plain text."""

from __future__ import annotations

import io
import logging
import re
import zipfile
from collections.abc import Iterator
from typing import Final

from monitor.labels.errors import LabelError
from monitor.labels.label import TEXT, LabelSection, ProductLabel, SectionKind
from monitor.labels.smpc import Line, join_lines

LARGEST_UNPACKED: Final = 200_000_000
"""Bytes of the parts of a DOCX file, unpacked."""

LARGEST_TEXT: Final = 20_000_000
"""Bytes of a plain text."""

_INSTALL: Final = "run `pip install 'ade-monitor[labels]'`"
_HEADINGS: Final = {
    re.compile(r"(\d+(\.\d+)?\.?\s+)?adverse reactions:?$", re.IGNORECASE): SectionKind.ADVERSE_REACTIONS,
    re.compile(r"(4\.8\.?\s+)?undesirable effects:?$", re.IGNORECASE): SectionKind.ADVERSE_REACTIONS,
    re.compile(r"boxed warning:?$", re.IGNORECASE): SectionKind.BOXED_WARNING,
    re.compile(r"(\d+\.?\s+)?warnings( and (precautions|cautions))?:?$", re.IGNORECASE): SectionKind.WARNINGS,
}
_OTHER_HEADING: Final = re.compile(r"\d+(\.\d+)?\.?\s+[A-Z][A-Z ,&/()-]{5,}$")


def pdf_lines(data: bytes, place: str) -> list[Line]:
    """Return the lines of a PDF with their pages.

    Raises:
        LabelError: it is damaged, encrypted, or pypdf is not installed.
    """
    try:
        import pypdf
    except ImportError:
        raise LabelError(f"{place} is a PDF, which needs pypdf", _INSTALL) from None
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # its warnings quote the file
    lines: list[Line] = []
    page = 0
    try:
        reader = pypdf.PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise LabelError(f"{place} is encrypted", "save it without a password")
        for page, content in enumerate(reader.pages, 1):
            lines += [Line(text, page) for text in content.extract_text().split("\n")]
    except LabelError:
        raise
    except (MemoryError, KeyboardInterrupt):
        raise
    except Exception as error:  # pypdf raises whatever its parts meet in a damaged file
        where = f", page {page}" if page else ""
        raise LabelError(
            f"{place}{where} cannot be read as a PDF ({type(error).__name__})",
            "open it in a viewer and save it again, or save section 4.8 as a text file",
        ) from None
    return lines


def docx_lines(data: bytes, place: str) -> list[Line]:
    """Return the lines of a DOCX file: paragraphs, and the cells of tables, in their order.

    Raises:
        LabelError: it is damaged or unreasonably large, or python-docx is not installed.
    """
    try:
        import docx
    except ImportError:
        raise LabelError(f"{place} is a DOCX file, which needs python-docx", _INSTALL) from None
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(member.file_size for member in archive.infolist()) > LARGEST_UNPACKED:
                raise LabelError(
                    f"{place} has more than {LARGEST_UNPACKED // 1_000_000} MB when it is unpacked",
                    "remove its pictures, or save section 4.8 as a text file",
                )
        return list(_docx_lines(docx.Document(io.BytesIO(data))))
    except LabelError:
        raise
    except (MemoryError, KeyboardInterrupt):
        raise
    except Exception as error:  # zipfile, lxml and python-docx have no common error
        raise LabelError(
            f"{place} cannot be read as a DOCX file ({type(error).__name__})",
            "open it in a word processor and save it again, or save section 4.8 as a text file",
        ) from None


def _docx_lines(container: object) -> Iterator[Line]:
    for block in container.iter_inner_content():  # type: ignore[attr-defined]
        if hasattr(block, "rows"):
            seen = set()
            for row in block.rows:
                for cell in row.cells:
                    if cell._tc not in seen:  # a merged cell is in several columns
                        seen.add(cell._tc)
                        yield from _docx_lines(cell)
        else:
            yield from (Line(text) for text in block.text.split("\n"))


def text_lines(data: bytes, place: str) -> list[Line]:
    """Return the lines of a plain text in UTF-8.

    Raises:
        LabelError: it is not UTF-8, binary, or unreasonably large.
    """
    if len(data) > LARGEST_TEXT:
        raise LabelError(f"{place} has more than {LARGEST_TEXT // 1_000_000} MB", "split it")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise LabelError(f"{place}, line {line}: it is not UTF-8", "save it as UTF-8") from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise LabelError(f"{place}, line {line}: it is not text", "import one of the known formats")
    return [Line(line) for line in text.splitlines()]


def read_plain_text(lines: list[Line], place: str) -> ProductLabel:
    """Return the label of a plain text: its sections of effects, or the whole text if it has no headings.

    Raises:
        LabelError: it is empty.
    """
    parts: dict[SectionKind, list[str]] = {}
    kind: SectionKind | None = None
    for line in lines:
        text = line.text.strip()
        heading = next((kind for pattern, kind in _HEADINGS.items() if pattern.match(text)), None)
        if heading or _OTHER_HEADING.match(text):
            kind = heading
        elif kind is not None:
            parts.setdefault(kind, []).append(text)
    if not any(map(any, parts.values())):
        parts = {SectionKind.TEXT: [line.text for line in lines]}
    sections = tuple(LabelSection(kind, text) for kind, part in parts.items() if (text := join_lines(part)))
    if not sections:
        raise LabelError(f"{place} is empty", "import a file with the text of a label")
    return ProductLabel(place, TEXT, None, (), None, None, sections)
