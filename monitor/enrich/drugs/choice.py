"""The drug, or the class of drugs, that someone asks for: `--drug` of the commands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from monitor.enrich.drugs.errors import UnknownDrugError
from monitor.enrich.drugs.matcher import DrugMatcher
from monitor.findings import INGREDIENT_SEPARATOR, DrugNaming


@dataclass(frozen=True, slots=True)
class DrugChoice:
    """Which drugs someone asks for.

    Attributes:
        drug: canonical name. Combinations with it are asked for, too.
        atc: if it is a class, the beginning of the ATC codes of its drugs; else None.
    """

    drug: str
    atc: str | None = None

    @property
    def ingredients(self) -> list[str]:
        """The ingredients, all of which a drug must have."""
        return self.drug.split(INGREDIENT_SEPARATOR)

    def includes(self, drug: str | None, atc: str | None) -> bool:
        """Return True if a drug with this canonical name and ATC code is asked for."""
        if drug is None:
            return False
        if set(self.ingredients) <= set(drug.split(INGREDIENT_SEPARATOR)):
            return True
        return bool(self.atc) and atc is not None and atc.startswith(self.atc or "")


def choose_drug(matcher: DrugMatcher, name: str) -> DrugChoice:
    """Return the choice for any name of a drug or of a class: brand, slang, with or without "#".

    Raises:
        UnknownDrugError: the dictionary does not have the name.
    """
    known = matcher.drug_of(name)
    if known is None:
        similar = matcher.find(name)
        hint = (
            f"did you mean {similar[0].drug}?"
            if similar
            else "use its INN, or add it with a file of the setting enrich.drugs"
        )
        raise UnknownDrugError(f"{name!r} is not in the dictionary of drugs", hint)
    return DrugChoice(known.drug, known.atc if known.naming is DrugNaming.CLASS else None)


def stored_drug(matcher: DrugMatcher, name: str) -> str:
    """Return the name under which the database has a drug, also one that the dictionary does not have."""
    known = matcher.drug_of(name)
    return known.drug if known else name.strip().casefold()


def ingredient_filter(matcher: DrugMatcher, choice: DrugChoice) -> Callable[[str], bool]:
    """Return what accepts single ingredients: those of the choice, or those of a class."""

    def is_chosen(ingredient: str) -> bool:
        if ingredient in choice.ingredients:
            return True
        known = matcher.drug_of(ingredient)
        return bool(choice.atc and known and known.atc and known.atc.startswith(choice.atc))

    return is_chosen
