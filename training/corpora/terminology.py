"""Reader of the names in a MedDRA ASCII release, as far as training needs them.

Layout, `$` between the fields: `pt.asc` (pt_code, pt_name, …) and `llt.asc` (llt_code, llt_name, pt_code, …).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from training.errors import CorpusError
from training.examples import CodedPhrase


@dataclass(frozen=True)
class Terminology:
    """Names and codes of a dictionary.

    Attributes:
        pt_names: PT code to name.
        llts: the LLT names with the PT that each belongs to.
        llt_to_pt: LLT code to PT code; in MedDRA each PT is an LLT of its own as well.
    """

    pt_names: Mapping[str, str]
    llts: tuple[CodedPhrase, ...]
    llt_to_pt: Mapping[str, str] = field(default_factory=dict)

    def codes_by_name(self) -> dict[str, str]:
        """Give the PT code of each PT name, in lower case."""
        return {name.lower(): code for code, name in self.pt_names.items()}

    def pt_of(self, code: str) -> str | None:
        """Lift a code to its PT: a PT is its own, an LLT has one; None where the code is unknown."""
        return code if code in self.pt_names else self.llt_to_pt.get(code)


def read_terminology(folder: Path) -> Terminology:
    """Read `pt.asc` and `llt.asc`, in UTF-8 or Latin-1.

    Raises:
        CorpusError: a file is missing, a row has too few fields, or an LLT's PT is unknown.
    """
    pt_names = {row[0]: row[1] for _, row in _rows(folder / "pt.asc", fields=2)}
    llts, llt_to_pt = [], {}
    for number, row in _rows(folder / "llt.asc", fields=3):
        if row[2] not in pt_names:
            raise CorpusError(
                f"{folder / 'llt.asc'}, line {number}: the PT {row[2]} of LLT {row[0]} is not in pt.asc"
            )
        llts.append(CodedPhrase(row[1], row[2]))
        llt_to_pt[row[0]] = row[2]
    return Terminology(pt_names, tuple(llts), llt_to_pt)


def _rows(path: Path, *, fields: int) -> list[tuple[int, list[str]]]:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise CorpusError(
            f"{path} cannot be read ({error.strerror}): --terminology needs a MedDRA ASCII release"
        ) from None
    try:
        content = raw.decode("utf-8")
    except UnicodeDecodeError:
        content = raw.decode("latin-1")
    rows = []
    for number, line in enumerate(content.splitlines(), 1):
        row = line.split("$")
        if len(row) < fields or not all(row[:fields]):
            raise CorpusError(
                f"{path}, line {number}: fewer than {fields} fields separated by $: {line[:60]!r}"
            )
        rows.append((number, row))
    return rows
