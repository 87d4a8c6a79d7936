"""Read drugs and their names from RxNorm's files RXNCONSO.RRF and RXNREL.RRF.

Layout: "RxNorm Technical Documentation" of the U.S. National Library of Medicine, sections 12.4 and 12.5.
Both files have a row per line and fields that end with "|". What is used of them:

    RXNCONSO   RXCUI (field 1), LAT (2), SAB (12), TTY (13), CODE (14), STR (15), SUPPRESS (17)
    RXNREL     RXCUI1 (1), RXCUI2 (5), RELA (8), SAB (11)

Ingredients (TTY IN) and combinations of them (MIN, "aspirin / caffeine") are drugs. Precise ingredients
(PIN), such as salts, and brand names (BN) are their names; the relationships say of which. ATC codes are
those of SAB=ATC, which the full release has, and the current prescribable content has not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from monitor.enrich.drugs.drug_dictionary import LONGEST_NAME, DrugName, name_key
from monitor.enrich.drugs.errors import DrugFileError
from monitor.enrich.drugs.text_lines import numbered_lines, required_file
from monitor.findings import INGREDIENT_SEPARATOR, DrugNaming

CONCEPTS: Final = "RXNCONSO.RRF"
RELATIONSHIPS: Final = "RXNREL.RRF"

_CONCEPT_FIELDS: Final = 18
_RELATIONSHIP_FIELDS: Final = 16
_RELATED: Final = frozenset(
    (
        "tradename_of",
        "has_tradename",
        "form_of",
        "has_form",
        "precise_ingredient_of",
        "has_precise_ingredient",
    )
)
_ATC_LENGTH: Final = 7


@dataclass(slots=True)
class _Concepts:
    """Names of RxNorm's concepts by RXCUI, for each type of term that counts; ATC codes by RXCUI."""

    names: dict[str, dict[str, str]] = field(
        default_factory=lambda: {term_type: {} for term_type in ("IN", "MIN", "PIN", "BN")}
    )
    atc: dict[str, str] = field(default_factory=dict)


def read_rxnorm(folder: Path, canonical: Callable[[str], str]) -> Iterator[DrugName]:
    """Read the names of a release of RxNorm.

    Args:
        folder: the folder `rrf` of a release.
        canonical: returns the canonical name of an ingredient.

    Raises:
        DrugFileError: a file is missing, cannot be read, or has a wrong line; the message names it.
    """
    concepts = _read_concepts(required_file(folder, CONCEPTS))
    related = _read_relationships(required_file(folder, RELATIONSHIPS), concepts)
    ingredients, combinations = concepts.names["IN"], concepts.names["MIN"]
    for rxcui, name in ingredients.items():
        yield DrugName(name, canonical(name), DrugNaming.GENERIC, concepts.atc.get(rxcui))
    for name in combinations.values():
        yield DrugName(name, _combined(name.split(" / "), canonical), DrugNaming.GENERIC)
    for term_type, naming in (("PIN", DrugNaming.GENERIC), ("BN", DrugNaming.BRAND)):
        for rxcui, name in concepts.names[term_type].items():
            parts = related.get(rxcui, set())
            if parts:
                drug = _combined([ingredients[part] for part in parts], canonical)
                atc = concepts.atc.get(next(iter(parts))) if len(parts) == 1 else None
                yield DrugName(name, drug, naming, atc)


def _combined(names: list[str], canonical: Callable[[str], str]) -> str:
    return INGREDIENT_SEPARATOR.join(sorted({canonical(name) for name in names}))


def _read_concepts(path: Path) -> _Concepts:
    concepts = _Concepts()
    for fields in _rows(path, _CONCEPT_FIELDS):
        rxcui, source, term_type, code, name = fields[0], fields[11], fields[12], fields[13], fields[14]
        if fields[1] != "ENG" or fields[16] != "N":
            continue
        if source == "ATC" and len(code) == _ATC_LENGTH:
            concepts.atc.setdefault(rxcui, code)
        elif source == "RXNORM" and term_type in concepts.names and _can_be_found(name):
            concepts.names[term_type].setdefault(rxcui, name)
    if not concepts.names["IN"]:
        raise DrugFileError(
            path, "has no ingredient: no row with SAB=RXNORM and TTY=IN", f"is it {CONCEPTS} of RxNorm?"
        )
    return concepts


def _can_be_found(name: str) -> bool:
    return len(name) <= LONGEST_NAME and bool(name_key(name))


def _read_relationships(path: Path, concepts: _Concepts) -> dict[str, set[str]]:
    """Return the ingredients of each brand and each precise ingredient. Rows may be in either direction."""
    ingredients = concepts.names["IN"]
    named = concepts.names["BN"].keys() | concepts.names["PIN"].keys()
    related: defaultdict[str, set[str]] = defaultdict(set)
    for fields in _rows(path, _RELATIONSHIP_FIELDS):
        first, second = fields[0], fields[4]
        if fields[7] in _RELATED and fields[10] == "RXNORM":
            for name, ingredient in ((first, second), (second, first)):
                if name in named and ingredient in ingredients:
                    related[name].add(ingredient)
    return related


def _rows(path: Path, fields_per_row: int) -> Iterator[list[str]]:
    for number, line in numbered_lines(path):
        fields = line.removesuffix("|").split("|")
        if len(fields) != fields_per_row:
            raise DrugFileError(
                path,
                f"line {number} has {len(fields)} fields instead of {fields_per_row}",
                "use the file of the release as it is",
            )
        yield fields
