"""The rows of an .asc file of MedDRA: one term a line, `$` after each field, UTF-8 or Latin-1."""

from __future__ import annotations

import codecs
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from models.terminology.terms import LONGEST_TERM


@dataclass(frozen=True, slots=True)
class ReleaseFault:
    """Something that is wrong with a release.

    Attributes:
        path: of the file, or of the folder.
        line: number of the line, from 1; None if the fault is in the whole file.
        detail: what is wrong, and what to do about it.
    """

    path: Path
    line: int | None
    detail: str

    def __str__(self) -> str:
        place = "" if self.line is None else f", line {self.line}"
        return f"{self.path}{place}: {self.detail}"


@dataclass(frozen=True, slots=True)
class AscRow:
    """A row of an .asc file.

    Attributes:
        line: number of its line, from 1.
        fields: the texts between the `$`; the needed fields without surrounding blanks.
    """

    line: int
    fields: list[str]


class AscFile:
    """Reads one file of a release; leaves out rows with a fault, and adds the fault to `faults`.

    Args:
        path: the file.
        faults: list that faults are added to.
    """

    def __init__(self, path: Path, faults: list[ReleaseFault]) -> None:
        self.path = path
        self._faults = faults

    def add_fault(self, line: int | None, detail: str) -> None:
        """Add a fault in a line, or in the whole file."""
        self._faults.append(ReleaseFault(self.path, line, detail))

    def rows(self, *needed: int, key: int = 1) -> Iterator[AscRow]:
        """Yield the rows without a fault; empty lines and exact repetitions of a row are skipped.

        Faults:
            - the file cannot be read, or has no rows
            - a row has fewer fields than most rows of the file, as the last row of a truncated copy has
            - a needed field is empty, longer than `LONGEST_TERM`, or has a NUL, which databases refuse
            - a key occurred before with other content

        Args:
            needed: positions of the fields that are checked.
            key: number of leading fields that identify a row.
        """
        try:
            lines = _decode_lines(self.path.read_bytes())
        except OSError as error:
            self.add_fault(None, f"it cannot be read ({error.strerror}): check its permissions")
            return
        sizes = Counter(line.count("$") + 1 for line in lines if line.strip())
        if not sizes:
            self.add_fault(None, "it has no rows: copy the file again")
            return
        usual_size = max(sizes, key=lambda size: (sizes[size], size))
        min_size = max(usual_size, max(needed) + 1)
        seen: dict[str, tuple[int, str]] = {}
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            fields = line.split("$")
            if len(fields) < min_size:
                detail = f"{len(fields)} fields separated by $, not {min_size}; the row is cut off"
                self.add_fault(number, f"{detail}: {_excerpt(line)}")
                continue
            if "\0" in line:
                self.add_fault(number, f"the row has a NUL character: copy the file again: {_excerpt(line)}")
                continue
            for position in needed:
                fields[position] = fields[position].strip()
            invalid = next((field for field in needed if not 0 < len(fields[field]) <= LONGEST_TERM), None)
            if invalid is not None:
                size = len(fields[invalid])
                detail = f"has {size} characters, at most {LONGEST_TERM} are allowed" if size else "is empty"
                self.add_fault(number, f"field {invalid + 1} {detail}: {_excerpt(line)}")
                continue
            name = fields[0] if key == 1 else "$".join(fields[:key])
            first, content = seen.setdefault(name, (number, line))
            if first == number:
                yield AscRow(number, fields)
            elif content != line:
                detail = f"{' and '.join(fields[:key])} is already in line {first}, with other content"
                self.add_fault(number, f"{detail}; keep one of them: {_excerpt(line)}")


def _decode_lines(raw: bytes) -> list[str]:
    try:
        # `final=False`: a truncated file may end within a character, and is UTF-8 all the same.
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(raw, final=False)
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    # Not `splitlines`: Latin-1 has a character that Python takes for the end of a line.
    return text.replace("\r\n", "\n").split("\n")


def _excerpt(line: str) -> str:
    return repr(line[:60])
