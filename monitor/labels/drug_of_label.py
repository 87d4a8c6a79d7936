"""The drug of a label, under the name that drugs of posts have, too."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, Protocol

from monitor.findings import INGREDIENT_SEPARATOR, DrugMention, DrugNaming

_PARTS: Final = re.compile(r"\s+and\s+|\s*[,;/+]\s*", re.IGNORECASE)
_SALTS: Final = re.compile(
    r"\b(hydrochloride|hydrobromide|hydrate|monohydrate|dihydrate|sodium|potassium|calcium|maleate|mesylate|"
    r"mesilate|fumarate|succinate|tartrate|citrate|phosphate|sulfate|sulphate|acetate|besylate|besilate|"
    r"tosylate|hcl)\b",
    re.IGNORECASE,
)
_ODD: Final = re.compile(r"[^\w+\-' ]+")


class FindsDrugs(Protocol):
    """What finds drugs in a text; `DrugMatcher` is one."""

    def find(self, text: str) -> list[DrugMention]:
        """Return the drugs that a text names."""
        ...


def canonical_drug(name: str, matcher: FindsDrugs) -> str:
    """Return the canonical name of a drug that a user or a label names.

    A name that the dictionary does not have is kept in lower case, without its salt.
    """
    return known_drug(name, matcher) or _plain(name)


def known_drug(name: str, matcher: FindsDrugs) -> str | None:
    """Return the canonical name of the drugs in a text, or None if the dictionary has none of them.

    Several active substances are a combination, in the order of the alphabet.
    """
    mentions = [mention for mention in matcher.find(name) if mention.naming is not DrugNaming.CLASS]
    exact = [mention for mention in mentions if mention.naming is not DrugNaming.MISSPELLING]
    ingredients = {ingredient for mention in exact or mentions for ingredient in mention.ingredients}
    return INGREDIENT_SEPARATOR.join(sorted(ingredients)) or None


def drug_of(names: Sequence[str], matcher: FindsDrugs) -> str | None:
    """Return the canonical drug of a label from the names that it has, or None if it names none.

    The first name counts that the dictionary knows with all its parts; then the first that it knows at all;
    then the first.
    """
    known = [(name, drug) for name in names if (drug := known_drug(name, matcher))]
    for name, drug in known:
        parts = [part for part in _PARTS.split(name) if part.strip()]
        if len(drug.split(INGREDIENT_SEPARATOR)) >= len(parts):
            return drug
    if known:
        return known[0][1]
    return _plain(names[0]) or None if names else None


def _plain(name: str) -> str:
    parts = (_ODD.sub(" ", _SALTS.sub(" ", part)) for part in _PARTS.split(name))
    return INGREDIENT_SEPARATOR.join(sorted({" ".join(part.lower().split()) for part in parts} - {""}))
