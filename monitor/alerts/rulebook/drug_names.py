"""The names of drugs and classes in the rules file, as the dictionary of drugs knows them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Final, Protocol

from rapidfuzz import fuzz, process

from monitor.findings import INGREDIENT_SEPARATOR
from monitor.settings import EnrichSettings

ATC: Final = re.compile(r"[A-Z](\d\d([A-Z]([A-Z](\d\d)?)?)?)?", re.ASCII)
"""A code of the ATC classification, from its anatomical group ("N") to a substance ("N06AB06")."""


SIMILAR: Final = 70
"""Similarity, in percent, from which a name is suggested for another one."""


class DrugNames(Protocol):
    """The dictionary of drugs, as rules need it."""

    def canonical(self, name: str) -> str | None:
        """Return the canonical name of a drug or class by any of its names, or None if none is known."""
        ...

    def atc_of(self, drug: str) -> str | None:
        """Return the ATC code of a drug or class by its canonical name, or None."""
        ...

    def names(self) -> Iterable[str]:
        """Return all names, for suggestions."""
        ...


class DrugDictionary(Protocol):
    """The part of `DrugMatcher` that has its dictionary."""

    @property
    def drugs(self) -> Mapping[str, str | None]:
        """The canonical names of all drugs and classes, each with its ATC code or None."""
        ...

    @property
    def names(self) -> Collection[str]:
        """All names of drugs and classes, in lower case."""
        ...

    def drug_of(self, name: str) -> NamedDrug | None:
        """Return the drug that a name stands for, or None."""
        ...


class NamedDrug(Protocol):
    """A name of the dictionary."""

    @property
    def drug(self) -> str:
        """Canonical name of the drug that it stands for."""
        ...


class KnownDrugNames:
    """The names that a dictionary has, and combinations of them with a plus sign."""

    def __init__(self, dictionary: DrugDictionary) -> None:
        self._dictionary = dictionary

    def canonical(self, name: str) -> str | None:
        """Return the canonical name of a drug or class, or None."""
        match = self._dictionary.drug_of(name)
        if match is not None:
            return match.drug
        parts = [self._dictionary.drug_of(part) for part in name.split(INGREDIENT_SEPARATOR.strip())]
        drugs = sorted(part.drug for part in parts if part is not None)
        return INGREDIENT_SEPARATOR.join(drugs) if 1 < len(parts) == len(drugs) else None

    def atc_of(self, drug: str) -> str | None:
        """Return the ATC code of a drug or class, or None."""
        return self._dictionary.drugs.get(drug)

    def names(self) -> Iterable[str]:
        """Return all names."""
        return self._dictionary.names


def load_drug_names(settings: EnrichSettings) -> DrugNames:
    """Return the names of the dictionary that finds drugs in posts.

    Raises:
        SettingsError: a file of drugs in the settings cannot be used.
    """
    from monitor.enrich.drugs import load_matcher  # loads the dictionary

    return KnownDrugNames(load_matcher(settings))


class AnyDrugName:
    """Accepts every name as canonical: for rules without a dictionary."""

    def canonical(self, name: str) -> str | None:
        """Return the name in lower case."""
        return folded(name)

    def atc_of(self, drug: str) -> str | None:
        """Return None."""

    def names(self) -> Iterable[str]:
        """Return no name."""
        return ()


def folded(name: str) -> str:
    """Return a name without what does not matter: case and spacing."""
    return " ".join(name.casefold().split())


def require_drug(name: str, names: DrugNames) -> str:
    """Return the canonical name of a drug.

    Raises:
        ValueError: the dictionary has no such name; the message has similar ones.
    """
    canonical = names.canonical(name)
    if canonical is None:
        raise ValueError(f'"{name:.80}" is not a drug of the dictionary{suggestion(name, names.names())}')
    return canonical


def require_class(name: str, names: DrugNames) -> tuple[str | None, str]:
    """Return the ATC code and the canonical name of a class by its code or its name.

    Raises:
        ValueError: it is neither an ATC code nor a name of the dictionary.
    """
    if ATC.fullmatch(code := name.strip().upper()):
        return code, code
    canonical = names.canonical(name)
    if canonical is None:
        raise ValueError(
            f'"{name:.80}" is neither an ATC code, such as "N06AB", nor a class of the dictionary'
            f"{suggestion(name, names.names())}"
        )
    return names.atc_of(canonical), canonical


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return `: did you mean "x" or "y"?` for a misspelt name, or nothing if no known one is similar."""
    close = process.extract(folded(name)[:100], list(known), scorer=fuzz.ratio, limit=3, score_cutoff=SIMILAR)
    quoted = [f'"{match}"' for match, *_ in close]
    return f": did you mean {' or '.join(quoted)}?" if close else ""
