"""The rows of an .asc file of MedDRA: a term a line, `$` after each field, UTF-8 or Latin-1."""

from __future__ import annotations

import codecs
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from models.terminology.terms import LONGEST_TERM


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong in a release.

    Attributes:
        path: of the file, or of the folder.
        line: counted from 1; None where it is the file as a whole.
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
    """A line of an .asc file.

    Attributes:
        line: its number, counted from 1.
        fields: what stands between the `$`; those that are needed without surrounding blanks.
    """

    line: int
    fields: list[str]


class AscFile:
    """Reads one file of a release; what is wrong goes to `faults`, and the row is left out.

    Args:
        path: the file.
        faults: where to put what is wrong.
    """

    def __init__(self, path: Path, faults: list[Fault]) -> None:
        self.path = path
        self._faults = faults

    def fault(self, line: int | None, detail: str) -> None:
        """Note something wrong with a line."""
        self._faults.append(Fault(self.path, line, detail))

    def rows(self, *needed: int, key: int = 1) -> Iterator[AscRow]:
        """Give the sound rows; empty lines and exact repetitions of a row are left out.

        Faults: the file cannot be read or has no rows; a row has fewer fields than most rows of the file,
        which is what a copy that was cut off ends with; a needed field is empty or far too long; a key was
        there before with other content.

        Args:
            needed: places of the fields that must not be empty, or longer than `LONGEST_TERM`.
            key: how many of the first fields tell one row from another.
        """
        try:
            lines = _lines(self.path.read_bytes())
        except OSError as error:
            self.fault(None, f"it cannot be read ({error.strerror}): check its permissions")
            return
        sizes = Counter(line.count("$") + 1 for line in lines if line.strip())
        if not sizes:
            self.fault(None, "it has no rows: copy the file again")
            return
        usual = max(sizes, key=lambda size: (sizes[size], size))
        least = max(usual, max(needed) + 1)
        before: dict[str, tuple[int, str]] = {}
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            fields = line.split("$")
            if len(fields) < least:
                told = f"{len(fields)} fields separated by $, not {least}; the row is cut off"
                self.fault(number, f"{told}: {_shown(line)}")
                continue
            for place in needed:
                fields[place] = fields[place].strip()
            wrong = next((place for place in needed if not 0 < len(fields[place]) <= LONGEST_TERM), None)
            if wrong is not None:
                size = len(fields[wrong])
                told = f"has {size} characters, not {LONGEST_TERM} at most" if size else "is empty"
                self.fault(number, f"field {wrong + 1} {told}: {_shown(line)}")
                continue
            name = fields[0] if key == 1 else "$".join(fields[:key])
            first, content = before.setdefault(name, (number, line))
            if first == number:
                yield AscRow(number, fields)
            elif content != line:
                told = f"{' and '.join(fields[:key])} was in line {first} already, with other content"
                self.fault(number, f"{told}; keep one of them: {_shown(line)}")


def _lines(raw: bytes) -> list[str]:
    try:
        # What is not final may end within a character, as a file does that was cut off.
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(raw, final=False)
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    # Only line feeds end a line: Latin-1 has a character that Python takes for another line end.
    return text.replace("\r\n", "\n").split("\n")


def _shown(line: str) -> str:
    return repr(line[:60])
