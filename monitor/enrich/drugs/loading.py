"""Load the matcher with the drugs of the package, and those of the settings."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from monitor.enrich.drugs.ambiguity import read_ambiguous_names
from monitor.enrich.drugs.dictionary import dictionary_of, read_drug_table
from monitor.enrich.drugs.matcher import DrugMatcher
from monitor.enrich.drugs.misspellings import spelled_names
from monitor.settings import EnrichSettings

DATA: Final = Path(str(files("monitor.enrich.drugs"))) / "data"
"""The dictionary of the package."""


def load_matcher(settings: EnrichSettings) -> DrugMatcher:
    """Return the matcher for the drugs of the package and those of the settings; each is loaded once.

    Raises:
        DrugFileError: the file of the settings cannot be used.
    """
    return _matcher(settings.drugs)


@cache
def _matcher(_path: Path | None) -> DrugMatcher:
    written = list(read_drug_table(DATA / "drugs.tsv"))
    ambiguous = read_ambiguous_names(DATA / "ambiguous.tsv")
    return DrugMatcher(
        dictionary_of([*written, *read_drug_table(DATA / "lexicon.tsv")]),
        ambiguous,
        spelled_names(dictionary_of(written), ambiguous),
        (DATA / "not_misspellings.txt").read_text(encoding="utf-8").split(),
    )
