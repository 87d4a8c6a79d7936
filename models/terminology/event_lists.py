"""Lists of important or designated medical events (IME, DME): which PTs need special attention.

Such lists are plain text, CSV, TSV or a workbook, with a code or a name of a PT in each row, titles above,
and other columns next to it. The list of important medical events of the European Medicines Agency is one of
them. The column is found by comparing all of them with the release.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from models.errors import Problem, TerminologyError
from models.terminology.terms import LONGEST_TERM, Terminology

_DELIMITERS: Final = (None, "\t", ";", ",", "|", "$")
_LARGEST: Final = 64 * 1024**2  # bytes, packed or unpacked
_CODE_DIGITS: Final = range(6, 11)
_WORKBOOKS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")

_Row = tuple[int, Sequence[str]]


@dataclass(frozen=True, slots=True)
class UnknownEntry:
    """An entry of a list that the release does not have.

    Attributes:
        line: its line, or its row in a workbook, from 1.
        text: its code or name.
    """

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class EventList:
    """The PTs of a list.

    Attributes:
        ptids: codes of PTs of the release, in the order of the list.
        unknown: entries that are neither a PT nor an LLT of the release.
    """

    ptids: tuple[str, ...]
    unknown: tuple[UnknownEntry, ...] = ()


def read_event_list(path: Path, terminology: Terminology) -> EventList:
    """Read a list of PTs; a code or a name that is now an LLT stands for its PT.

    Args:
        path: a text file with one entry a line or columns between tabs, semicolons, commas, `|` or `$`; or
            a workbook.
        terminology: the release that the codes are from.

    Raises:
        TerminologyError: the file cannot be read, it is a workbook and python-calamine is missing, or no
            column has a PT of the release.
    """
    find = _finder(terminology)
    best: tuple[int, int, list[_Row]] = (0, 0, [])
    for rows in _tables(path):
        matches, column = _best_column(rows, find)
        if matches > best[0]:
            best = (matches, column, rows)
    matches, column, rows = best
    if not matches:
        raise TerminologyError(
            f"{path} has no column with codes or names of PTs of the release: put one code or name into each "
            "line"
        )
    return _collect(rows, column, find)


def _finder(terminology: Terminology) -> Callable[[str], str | None]:
    """Return a function from a code or a name to the code of its PT."""
    codes_by_name = {llt.name.casefold(): llt.ptid for llt in terminology.llts}
    codes_by_name.update((name.casefold(), ptid) for ptid, name in terminology.pt_names.items())

    def find(text: str) -> str | None:
        if not text or len(text) > LONGEST_TERM:
            return None
        return terminology.pt_of(text) or codes_by_name.get(text.casefold())

    return find


def _best_column(rows: Sequence[_Row], find: Callable[[str], str | None]) -> tuple[int, int]:
    """Return the number of rows with a PT in the best column, and the position of that column."""
    counts: dict[int, int] = {}
    for _, cells in rows:
        for position, cell in enumerate(cells):
            if find(cell) is not None:
                counts[position] = counts.get(position, 0) + 1
    # Of columns with as many, the first: codes are usually left of names.
    best = max(counts, key=lambda position: (counts[position], -position), default=0)
    return counts.get(best, 0), best


def _collect(rows: Sequence[_Row], column: int, find: Callable[[str], str | None]) -> EventList:
    ptids: dict[str, None] = {}
    unknown = []
    for line, cells in rows:
        text = cells[column] if column < len(cells) else ""
        if not text:
            continue
        if (ptid := find(text)) is not None:
            ptids[ptid] = None
        elif ptids or _looks_like_code(text):  # anything else above the first PT is a title
            unknown.append(UnknownEntry(line, text[:100]))
    return EventList(tuple(ptids), tuple(unknown))


def _looks_like_code(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) in _CODE_DIGITS


def _tables(path: Path) -> Iterator[list[_Row]]:
    """Yield the rows of a file in each way that it can be read."""
    try:
        if path.stat().st_size > _LARGEST:
            raise TerminologyError(f"{path} is larger than {_LARGEST:,} bytes: name a list of PTs")
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise TerminologyError(f"{path} cannot be read ({reason}): name a list of PTs") from None
    if data.startswith(_WORKBOOKS):
        yield from _sheets(path, data)
        return
    text = _decode(data)
    for delimiter in _DELIMITERS:
        yield list(_text_rows(text, delimiter))


def _decode(data: bytes) -> str:
    encodings = ("utf-16",) if data.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-8-sig",)
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def _text_rows(text: str, delimiter: str | None) -> Iterator[_Row]:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if delimiter is None:
        yield from ((number, [line.strip().strip('"')]) for number, line in enumerate(lines, 1))
        return
    reader = csv.reader((f"{line}\n" for line in lines), delimiter=delimiter)
    try:
        for cells in reader:
            yield reader.line_num, [cell.strip() for cell in cells]
    except csv.Error:
        return  # a cell is too long for a list of codes; another delimiter may fit


def _sheets(path: Path, data: bytes) -> Iterator[list[_Row]]:
    """Yield the rows of each sheet of a workbook."""
    try:
        import python_calamine as calamine
    except ImportError:
        raise TerminologyError(
            f"workbooks such as {path} need the library python-calamine",
            problem=Problem.WORKBOOKS_NOT_INSTALLED,
        ) from None
    _refuse_bombs(path, data)
    try:
        with calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
            for name in book.sheet_names:
                sheet = book.get_sheet_by_name(name)
                yield [
                    (number, [_cell(cell) for cell in cells])
                    for number, cells in enumerate(sheet.iter_rows(), 1)
                ]
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise TerminologyError(
            f"{path} is a damaged or locked workbook ({error}): save it again, or as CSV"
        ) from None


def _refuse_bombs(path: Path, data: bytes) -> None:
    if not data.startswith(b"PK"):
        return
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            size = sum(member.file_size for member in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise TerminologyError(f"{path} is a damaged workbook ({error}): save it again") from None
    if size > _LARGEST:
        raise TerminologyError(f"{path} unpacks to more than {_LARGEST:,} bytes: save it as CSV")


def _cell(value: Any) -> str:
    """Return a cell as text; numbers are floats in workbooks."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
