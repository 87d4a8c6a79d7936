"""The names of drugs and classes in the rules file, as the dictionary of drugs knows them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Final, Protocol

ATC: Final = re.compile(r"[A-Z](\d\d([A-Z]([A-Z](\d\d)?)?)?)?", re.ASCII)
"""A code of the ATC classification, from its anatomical group ("N") to a substance ("N06AB06")."""


class DrugNames(Protocol):
    """The dictionary of drugs, as rules need it."""

    def canonical(self, name: str) -> str | None:
        """Return the canonical name of a drug or class by any of its names, or None if none is known."""
        ...

    def atc_of(self, drug: str) -> str | None:
        """Return the ATC code of a drug or class by its canonical name, or None."""
        ...

    def names(self) -> Iterable[str]:
        """Return all canonical names, for suggestions."""
        ...


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
    close = difflib.get_close_matches(folded(name)[:100], list(known), 3)
    quoted = [f'"{match}"' for match in close]
    return f": did you mean {' or '.join(quoted)}?" if close else ""
