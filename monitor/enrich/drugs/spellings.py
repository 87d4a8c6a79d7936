"""Further ways to write the names of a dictionary: plurals, and combinations in any order."""

from __future__ import annotations

from collections.abc import Container, Iterator
from itertools import permutations
from typing import Final

from monitor.enrich.drugs.drug_dictionary import Dictionary, DrugName, name_key
from monitor.findings import INGREDIENT_SEPARATOR, DrugNaming

MOST_INGREDIENTS: Final = 3
"""Combinations of more ingredients are only found by their brands."""


def further_spellings(
    dictionary: Dictionary, singular_only: Container[str]
) -> Iterator[tuple[str, DrugName]]:
    """Yield further spellings by their words, some of which the dictionary may have already.

    Args:
        dictionary: names of drugs.
        singular_only: names without a plural.
    """
    combinations: dict[str, DrugName] = {}
    for key, name in dictionary.items():
        is_word = len(key) > 3 and key.isalpha() and not key.endswith("s")
        if is_word and key not in singular_only and name.naming is not DrugNaming.CLASS:
            yield f"{key}s", name
        if INGREDIENT_SEPARATOR in name.drug:
            combinations[name.drug] = name
    for drug, name in combinations.items():
        ingredients = [name_key(ingredient) for ingredient in drug.split(INGREDIENT_SEPARATOR)]
        if len(ingredients) <= MOST_INGREDIENTS:
            for order in permutations(ingredients):
                yield " ".join(order), DrugName(drug, drug, DrugNaming.GENERIC, name.atc)
