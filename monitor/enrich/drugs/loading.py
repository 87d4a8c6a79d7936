"""Load the matcher with the drugs of the package, and those of the settings."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from monitor.enrich.drugs.ambiguity import AmbiguousNames
from monitor.enrich.drugs.dictionary import dictionary_of, read_drug_table
from monitor.enrich.drugs.matcher import DrugMatcher
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
    return DrugMatcher(dictionary_of(read_drug_table(DATA / "drugs.tsv")), AmbiguousNames())
