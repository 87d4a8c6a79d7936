"""Load the matcher with the drugs of the package, and those of the settings."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final, NamedTuple

from monitor.enrich.drugs.ambiguity import AmbiguousNames, read_ambiguous_names
from monitor.enrich.drugs.drug_dictionary import (
    Dictionary,
    DrugName,
    canonical_drug_name,
    dictionary_of,
    name_key,
    read_drug_table,
)
from monitor.enrich.drugs.errors import DrugFileError
from monitor.enrich.drugs.matcher import DrugMatcher
from monitor.enrich.drugs.misspellings import MisspellingSearch, spelled_names
from monitor.enrich.drugs.rxnorm_files import CONCEPTS, read_rxnorm
from monitor.enrich.drugs.text_lines import file_in
from monitor.enrich.drugs.whodrug_files import B3_NAMES, C3_NAMES, read_whodrug
from monitor.settings import EnrichSettings

DATA: Final = Path(str(files("monitor.enrich.drugs"))) / "data"
"""The dictionary of the package."""


def load_matcher(settings: EnrichSettings) -> DrugMatcher:
    """Return the matcher for the drugs of the package and those of the settings; it is loaded once.

    Names of the settings replace those of the package. Misspellings are found of the names that the package
    and a TSV file list, and not of the hundreds of thousands in RxNorm and WHODrug.

    Raises:
        DrugFileError: the file of the settings cannot be used.
    """
    return _matcher(settings.drugs)


@cache
def _matcher(path: Path | None) -> DrugMatcher:
    package = _package()
    if path is None:
        return DrugMatcher(package.dictionary, package.ambiguous, [package.misspellings])
    added = list(_read_drugs(path, package.dictionary))
    searches = [package.misspellings]
    if _is_table(path):
        searches.append(_misspellings(added, package.ambiguous))
    return DrugMatcher(dictionary_of([*added, *package.dictionary.values()]), package.ambiguous, searches)


class _Package(NamedTuple):
    """What the files of the package have."""

    dictionary: Dictionary
    ambiguous: AmbiguousNames
    misspellings: MisspellingSearch


@cache
def _package() -> _Package:
    written = list(read_drug_table(DATA / "drugs.tsv"))
    ambiguous = read_ambiguous_names(DATA / "ambiguous.tsv")
    dictionary = dictionary_of([*written, *read_drug_table(DATA / "lexicon.tsv")])
    return _Package(dictionary, ambiguous, _misspellings(written, ambiguous))


def _misspellings(names: Iterable[DrugName], ambiguous: AmbiguousNames) -> MisspellingSearch:
    return MisspellingSearch(
        spelled_names(dictionary_of(names), ambiguous),
        frozenset(_words_of("not_misspellings.txt")),
        _words_of("frequent_words.txt"),
    )


def _words_of(name: str) -> list[str]:
    return (DATA / name).read_text(encoding="utf-8").split()


def _read_drugs(path: Path, package: Dictionary) -> Iterable[DrugName]:
    """Read a TSV file of ours, or the release of RxNorm or WHODrug that a path names."""
    if _is_table(path):
        return read_drug_table(path)

    def canonical(name: str) -> str:
        known = package.get(name_key(name))
        return known.drug if known else canonical_drug_name(name)

    folder = path if path.is_dir() else path.parent
    if file_in(folder, CONCEPTS):
        return read_rxnorm(folder, canonical)
    if file_in(folder, B3_NAMES) or file_in(folder, C3_NAMES):
        return read_whodrug(folder, canonical)
    raise DrugFileError(
        path,
        f"is a folder without {CONCEPTS}, {B3_NAMES} and {C3_NAMES}",
        "name a TSV file, or the folder of a release of RxNorm or WHODrug",
    )


def _is_table(path: Path) -> bool:
    of_release = {CONCEPTS.lower(), B3_NAMES.lower(), C3_NAMES.lower()}
    return not path.is_dir() and path.name.lower() not in of_release
