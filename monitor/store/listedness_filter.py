"""The listedness of an effect in SQL, for filters. `ListedEffects.verdict` decides the same in memory."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Text,
    any_,
    case,
    column,
    exists,
    func,
    literal,
    not_,
    or_,
    select,
)

from monitor.findings import INGREDIENT_SEPARATOR
from monitor.store.enrichment_tables import drug_labels, listed_effects
from monitor.store.listed_effects import Listedness, milder_forms


def listedness_of(drug: ColumnElement[Any], ptid: ColumnElement[Any]) -> ColumnElement[str]:
    """Return the expression of the verdict on an effect, a value of `Listedness`.

    Args:
        drug: the column with the drug of the effect.
        ptid: the column with the code of its PT.
    """
    ingredients = func.string_to_array(drug, INGREDIENT_SEPARATOR, type_=ARRAY(Text))
    of_drug = or_(listed_effects.c.drug == drug, listed_effects.c.drug == any_(ingredients))
    listed = exists().where(listed_effects.c.ptid == ptid, of_drug)

    pairs = [(severe, form) for severe, forms in milder_forms().items() for form in forms]
    arrays = (literal([pair[side] for pair in pairs], ARRAY(Text)) for side in (0, 1))
    forms = func.unnest(*arrays).table_valued("severe", "milder", name="forms").render_derived()
    listed_milder = (
        select(1)
        .select_from(forms.join(listed_effects, listed_effects.c.ptid == forms.c.milder))
        .where(forms.c.severe == ptid, of_drug)
        .correlate_except(forms, listed_effects)
        .exists()
    )

    ingredient = (
        func.unnest(ingredients).table_valued(column("name", Text), name="ingredient").render_derived()
    )
    unlabelled = (
        select(1)
        .select_from(ingredient.outerjoin(drug_labels, drug_labels.c.drug == ingredient.c.name))
        .where(drug_labels.c.label_id.is_(None))
        .correlate_except(ingredient, drug_labels)
        .exists()
    )
    labelled = or_(exists().where(drug_labels.c.drug == drug), not_(unlabelled))
    return case(
        (or_(drug.is_(None), ptid.is_(None)), literal(Listedness.UNKNOWN.value)),
        (listed, literal(Listedness.LISTED.value)),
        (listed_milder, literal(Listedness.LISTED_MILDER.value)),
        (labelled, literal(Listedness.UNLISTED.value)),
        else_=literal(Listedness.UNKNOWN.value),
    )


def listedness_condition(
    drug: ColumnElement[Any], ptid: ColumnElement[Any], verdict: Listedness
) -> ColumnElement[bool]:
    """Return the condition that an effect has this verdict."""
    return listedness_of(drug, ptid) == verdict.value
