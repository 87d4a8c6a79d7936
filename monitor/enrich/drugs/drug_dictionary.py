"""A dictionary of drugs: which names each drug has, and how a TSV file of ours lists them.

A row is a drug, with its names separated by "|":

    drug                    canonical name: the ingredient, or those of a combination joined by " + "
    atc                     ATC code, or empty
    generic, brand, slang   other names by kind; `drug` itself is a generic name
    class                   names of a class; `drug` is then the class

The first line has the names of the columns. `drug` is required; the others may be left out or be empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from monitor.enrich.drugs.errors import DrugFileError
from monitor.findings import INGREDIENT_SEPARATOR, DrugNaming
from monitor.word_search import words_of

COLUMNS: Final = ("drug", "atc", "generic", "brand", "slang", "class")
LONGEST_NAME: Final = 200
"""Most characters of a name."""

_NAMINGS: Final = {
    "generic": DrugNaming.GENERIC,
    "brand": DrugNaming.BRAND,
    "class": DrugNaming.CLASS,
    "slang": DrugNaming.SLANG,
}
_SEPARATOR: Final = INGREDIENT_SEPARATOR.strip()


@dataclass(frozen=True, slots=True)
class DrugName:
    """A name of a drug.

    Attributes:
        name: the name.
        drug: canonical name of the drug.
        naming: what kind of name it is.
        atc: ATC code of the drug, or None.
    """

    name: str
    drug: str
    naming: DrugNaming
    atc: str | None = None


Dictionary = Mapping[str, DrugName]
"""Names of drugs by their words, as `name_key` returns them."""


def name_key(name: str) -> str:
    """Return what names that are found in the same places have in common: their words, in lower case."""
    if name.isascii() and name.isalpha():
        return name.lower()  # most names, and much faster
    return " ".join(words_of(name))


def canonical_drug_name(drug: str) -> str:
    """Return the canonical form of a name: in lower case, the ingredients in the order of the alphabet."""
    parts = (" ".join(part.lower().split()) for part in drug.split(_SEPARATOR))
    return INGREDIENT_SEPARATOR.join(sorted(part for part in parts if part))


def dictionary_of(names: Iterable[DrugName]) -> Dictionary:
    """Return a dictionary; where a name occurs twice, the first drug keeps it.

    A name without an ATC code gets that of an earlier name of its drug.
    """
    by_key: dict[str, DrugName] = {}
    atc_of: dict[str, str] = {}
    for name in names:
        if name.atc is None:
            by_key.setdefault(name_key(name.name), replace(name, atc=atc_of.get(name.drug)))
        else:
            atc_of.setdefault(name.drug, name.atc)
            by_key.setdefault(name_key(name.name), name)
    return by_key


def read_drug_table(path: Path) -> Iterator[DrugName]:
    """Read a TSV file of drugs.

    Yields:
        The names of each drug: generic names first, then brands, classes, and slang.

    Raises:
        DrugFileError: the file cannot be read, or a line is wrong; the message names the line.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise DrugFileError(path, f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise DrugFileError(path, f"is not UTF-8 (byte {error.start})", "save it as UTF-8") from None
    header = lines[0].split("\t") if lines else []
    _check_header(path, header)
    for number, line in enumerate(lines[1:], 2):
        if line.strip() and not line.startswith("#"):
            yield from _names_of_row(path, number, header, line)


def _check_header(path: Path, header: list[str]) -> None:
    unknown = [column for column in header if column not in COLUMNS]
    if "drug" not in header or unknown or len(set(header)) < len(header):
        raise DrugFileError(
            path,
            f"line 1 is not a header of columns: {' '.join(header)[:100]!r}",
            f"write `drug` and any of {', '.join(COLUMNS[1:])}, once each, separated by tabs",
        )


def _names_of_row(path: Path, number: int, header: list[str], line: str) -> Iterator[DrugName]:
    cells = line.split("\t")
    if len(cells) > len(header):
        raise DrugFileError(
            path, f"line {number} has {len(cells)} columns, the header {len(header)}", "remove the others"
        )
    row = dict(zip(header, cells, strict=False))
    drug, atc = canonical_drug_name(row["drug"]), row.get("atc", "").strip().upper() or None
    if not drug:
        raise DrugFileError(path, f"line {number} has no drug", "write its canonical name in the column drug")
    names = {kind: _split(row.get(kind, "")) for kind in _NAMINGS}
    if not names["class"] and INGREDIENT_SEPARATOR not in drug:
        names["generic"].insert(0, drug)
    for kind, naming in _NAMINGS.items():
        for name in names[kind]:
            if not name_key(name) or len(name) > LONGEST_NAME:
                raise DrugFileError(
                    path,
                    f"line {number} has the name {name[:50]!r}, which cannot be searched for",
                    f"a name needs a letter or digit, and has up to {LONGEST_NAME} characters",
                )
            yield DrugName(name, drug, naming, atc)


def _split(cell: str) -> list[str]:
    return [name.strip() for name in cell.split("|") if name.strip()]
