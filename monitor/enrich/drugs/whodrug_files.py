"""Read drugs and their names from the text files of WHODrug Global, in the format B3 or C3.

Layout: the technical descriptions of the formats by the Uppsala Monitoring Centre. Fields are found by their
columns, counted from 1. What is used of them:

    B3  DD.txt    drug record number 1-6, sequence number 1 7-8, sequence number 2 9-11, name from 31
        DDA.txt   drug record number 1-6, sequence number 1 7-8, ATC code 13-19
    C3  MP.txt    medicinal product 1-10, drug record number 46-51, sequence number 1 52-53,
                  sequence number 2 54-56, name 78-1577
        ThG.txt   ATC code 11-20, official 29, medicinal product 30-39

All products with one drug record number have the same ingredients. The name with sequence numbers 01 and 001
is the preferred one; ";" separates the ingredients of a combination. Other names with 001 are salts and
variants of it, and all others are trade names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from monitor.enrich.drugs.drug_dictionary import LONGEST_NAME, DrugName, name_key
from monitor.enrich.drugs.errors import DrugFileError
from monitor.enrich.drugs.text_lines import file_in, numbered_lines, required_file
from monitor.findings import INGREDIENT_SEPARATOR, DrugNaming

B3_NAMES: Final = "DD.txt"
C3_NAMES: Final = "MP.txt"

_ENCODING: Final = "cp1252"


class _Product(NamedTuple):
    """A name, the record of its ingredients, its two sequence numbers, and what its ATC code is found by."""

    record: str
    first: str
    second: str
    name: str
    atc_key: str

    @property
    def is_preferred(self) -> bool:
        return (self.first, self.second) == ("01", "001")


def read_whodrug(folder: Path, canonical: Callable[[str], str]) -> Iterator[DrugName]:
    """Read the names of a release of WHODrug.

    Args:
        folder: the folder with the text files of a release.
        canonical: returns the canonical name of an ingredient.

    Raises:
        DrugFileError: a file is missing, cannot be read, or has a wrong line; the message names it.
    """
    names = file_in(folder, B3_NAMES)
    products = list(_b3_products(names) if names else _c3_products(required_file(folder, C3_NAMES)))
    atc = dict(_b3_atc(folder) if names else _c3_atc(folder))
    preferred = {product.record: product for product in reversed(products) if product.is_preferred}
    if not preferred:
        raise DrugFileError(
            names or folder / C3_NAMES,
            "has no preferred name (sequence numbers 01 and 001)",
            "is it a file of WHODrug B3 or C3?",
        )
    for product in _preferred_first(products):
        head = preferred.get(product.record)
        if head is not None and len(product.name) <= LONGEST_NAME and name_key(product.name):
            drug = INGREDIENT_SEPARATOR.join(sorted({canonical(part) for part in _ingredients(head.name)}))
            naming = DrugNaming.GENERIC if product.second == "001" else DrugNaming.BRAND
            yield DrugName(product.name, drug, naming, atc.get(head.atc_key))


def _preferred_first(products: Iterable[_Product]) -> list[_Product]:
    return sorted(products, key=lambda product: not product.is_preferred)


def _ingredients(preferred_name: str) -> list[str]:
    return [part.strip() for part in preferred_name.split(";") if part.strip()]


def _b3_products(path: Path) -> Iterator[_Product]:
    for line in _lines(path, shortest=31, digits=slice(0, 11)):
        yield _Product(line[:6], line[6:8], line[8:11], line[30:].strip(), line[:8])


def _b3_atc(folder: Path) -> Iterator[tuple[str, str]]:
    path = required_file(folder, "DDA.txt")
    lines = list(_lines(path, shortest=13, digits=slice(0, 8)))
    for line in reversed(lines):
        yield line[:8], line[12:19].strip()


def _c3_products(path: Path) -> Iterator[_Product]:
    for line in _lines(path, shortest=78, digits=slice(45, 56)):
        yield _Product(line[45:51], line[51:53], line[53:56], line[77:1577].strip(), line[:10].strip())


def _c3_atc(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the ATC code of each product; of several, an official one comes last, and counts."""
    path = required_file(folder, "ThG.txt")
    for official in ("N", "Y"):
        for line in _lines(path, shortest=30, digits=slice(29, 39)):
            if (line[28] == "Y") == (official == "Y"):
                yield line[29:39].strip(), line[10:20].strip()


def _lines(path: Path, *, shortest: int, digits: slice) -> Iterator[str]:
    """Yield the lines of a file.

    Args:
        path: the file.
        shortest: fewest columns of a line.
        digits: columns, counted from 0, that have digits only.
    """
    for number, line in numbered_lines(path, _ENCODING):
        if len(line) < shortest:
            raise DrugFileError(
                path, f"line {number} has {len(line)} columns, fewer than {shortest}", "use the file as it is"
            )
        if not line[digits].strip().isdigit():
            raise DrugFileError(
                path,
                f"line {number} has no number in the columns {digits.start + 1} to {digits.stop}",
                "use the text files of WHODrug B3 or C3 as they are",
            )
        yield line
