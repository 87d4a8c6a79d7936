"""The drug of an effect whose post names none: the one that the title, the place or another post names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from monitor.enrich.drug_links.link_scores import CONTEXT_SCORES, SEVERAL_IN_CONTEXT
from monitor.findings import DrugLink, DrugMention, DrugNaming, DrugPlace

_ORDER: Final = tuple(CONTEXT_SCORES)
"""What the author writes under is about the post; what the author answers may be about something else."""


def link_to_context(drugs: Sequence[DrugMention]) -> DrugLink | None:
    """Return a link to the first drug of the best part of a post's context, or None if there is none.

    A concrete drug comes before a class. If the part names several drugs, the score is lower.
    """
    in_context = [drug for drug in drugs if drug.place is not DrugPlace.POST]
    if not in_context:
        return None
    first = min(in_context, key=_rank)
    names = {drug.drug for drug in in_context if drug.place is first.place and not _is_class(drug)}
    score = CONTEXT_SCORES[first.place] * (SEVERAL_IN_CONTEXT if len(names) > 1 else 1.0)
    return DrugLink(first, round(score, 3))


def _is_class(drug: DrugMention) -> bool:
    return drug.naming is DrugNaming.CLASS


def _rank(drug: DrugMention) -> tuple[int, bool, int, int, int, str]:
    part = -1 if drug.part is None else drug.part
    return _ORDER.index(drug.place), _is_class(drug), part, drug.start, drug.end, drug.drug
