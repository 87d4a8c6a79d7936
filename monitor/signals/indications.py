"""What drugs are taken for: a reported "effect" may be the reason for taking the drug.

People write about their disease and their drug in one post, so a pair of a drug and its indication is often
disproportional. The included table has common indications of common drugs, as PTs, written by hand from
general knowledge. A file of the user adds others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Final

from monitor.enrich.drugs import load_matcher, stored_drug
from monitor.errors import MonitorError
from monitor.settings import Settings

Indications = Mapping[str, frozenset[str]]
"""For each drug, the names (casefolded) and the codes of the PTs that it is taken for."""

_INCLUDED: Final = "data/indications.tsv"


class IndicationsFileError(MonitorError):
    """A file of indications cannot be used."""


def load_indications(path: Path | None, canonical: Callable[[str], str]) -> Indications:
    """Return the included indications, with those of a file added to them.

    Args:
        path: a TSV file in UTF-8 with a drug and a PT in each row, by name or by code; None for no file. Rows
            with `#` at their start and an empty first row of names (`drug`, `pt`) are left out.
        canonical: returns the name under which a drug is counted, for any of its names.

    Raises:
        IndicationsFileError: the file cannot be read, or a row does not have two columns.
    """
    included = (files("monitor.signals") / _INCLUDED).read_text(encoding="utf-8").splitlines()
    rows = list(_rows(included, _INCLUDED))
    if path is not None:
        try:
            lines = path.read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            problem = "it is not a text in UTF-8" if isinstance(error, ValueError) else error.strerror
            raise IndicationsFileError(
                f"{path} cannot be read: {problem}",
                "write a TSV file in UTF-8 with a drug and a PT in each row",
            ) from None
        rows += _rows(lines, str(path))
    pts_of: dict[str, set[str]] = {}
    for drug, pt in rows:
        pts_of.setdefault(canonical(drug), set()).add(pt.casefold())
    return {drug: frozenset(pts) for drug, pts in pts_of.items()}


def indications_of(settings: Settings, path: Path | None) -> Indications:
    """Return what drugs are taken for, by the names under which this installation counts them.

    Args:
        settings: which dictionary of drugs.
        path: as in `load_indications`.

    Raises:
        IndicationsFileError: as in `load_indications`.
        MonitorError: the file of the setting `enrich.drugs` cannot be used.
    """
    return load_indications(path, partial(stored_drug, load_matcher(settings.enrich)))


def codes_of(indications: Indications, names: Mapping[str, str]) -> dict[str, frozenset[str]]:
    """Return the codes of the PTs of each drug.

    Args:
        indications: names or codes of PTs.
        names: names of PTs by their codes.
    """
    codes: dict[str, set[str]] = {}
    for ptid, name in names.items():
        codes.setdefault(name.casefold(), set()).add(ptid)
    return {
        drug: frozenset(code for pt in pts for code in codes.get(pt, {pt}))
        for drug, pts in indications.items()
    }


def _rows(lines: Iterable[str], place: str) -> Iterable[tuple[str, str]]:
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        cells = [cell.strip() for cell in line.split("\t")]
        if len(cells) != 2 or not all(cells):
            raise IndicationsFileError(
                f"{place}, line {number} does not have two columns",
                "write a drug, a tab, and a PT by its name or code",
            )
        if [cell.casefold() for cell in cells] != ["drug", "pt"]:
            yield cells[0], cells[1]
