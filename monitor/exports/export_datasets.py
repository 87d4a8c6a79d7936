"""What can be exported: the columns of each table, its order, and how its rows are masked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

from monitor.exports.export_columns import ExportColumn, columns_of, json_value
from monitor.exports.text_masking import mask, masked_or_none
from monitor.settings import Settings
from monitor.store import Filters, find_effects
from monitor.store.cases import CaseFilters, find_cases
from monitor.store.labelled_rows import LabelledCase, LabelledEffect, labelled_cases, labelled_effects
from monitor.store.report_order import EffectKey

Row = TypeVar("Row")

OWNER: Final = "[owner]"
"""What masking makes of the name of a person who works on a case."""


@dataclass(frozen=True, slots=True)
class Dataset(Generic[Row]):
    """A table that can be exported.

    Attributes:
        name: as in `ade-monitor export NAME`.
        unit: of its rows, in the plural.
        columns: of the table.
        read: yields the rows that follow a key (None: all) in their order.
        key_of: the place of a row in the order, as values of JSON.
        masked: the row without names and handles.
        bundle_of: the version of the bundle that a row is from, or None.
        facts: further fields of the provenance.
        is_resumable: whether an unfinished export goes on; if not, it starts from scratch.
    """

    name: str
    unit: str
    columns: tuple[ExportColumn, ...]
    read: Callable[[list[Any] | None, int], Iterator[Row]]
    key_of: Callable[[Row], list[Any]]
    masked: Callable[[Row], Row]
    bundle_of: Callable[[Row], str | None]
    facts: Mapping[str, Any] = field(default_factory=dict)
    is_resumable: bool = True


def effects_dataset(settings: Settings, filters: Filters) -> Dataset[LabelledEffect]:
    """Return the adverse effects that pass the filters."""

    def read(key: list[Any] | None, rows_before: int) -> Iterator[LabelledEffect]:
        limit = None if filters.limit is None else filters.limit - rows_before
        rest = replace(filters, limit=limit)
        effects = find_effects(settings, rest, after=_effect_key(key), any_time=True)
        return labelled_effects(settings, effects)

    return Dataset(
        name="effects",
        unit="effects",
        columns=columns_of(LabelledEffect),
        read=read,
        key_of=_key_of_effect,
        masked=masked_effect,
        bundle_of=lambda effect: effect.bundle,
    )


def cases_dataset(settings: Settings, filters: CaseFilters) -> Dataset[LabelledCase]:
    """Return the cases that pass the filters."""

    def read(key: list[Any] | None, rows_before: int) -> Iterator[LabelledCase]:
        limit = None if filters.limit is None else filters.limit - rows_before
        after = None if key is None else (datetime.fromisoformat(key[0]), str(key[1]))
        cases = find_cases(settings, replace(filters, limit=limit), after=after, any_time=True)
        return labelled_cases(settings, cases)

    return Dataset(
        name="cases",
        unit="cases",
        columns=columns_of(LabelledCase),
        read=read,
        key_of=lambda case: [case.last_at.isoformat(), case.case_id],
        masked=masked_case,
        bundle_of=lambda case: None,
    )


def masked_effect(effect: LabelledEffect) -> LabelledEffect:
    """Return an effect whose texts and addresses are masked; its span has offsets in the masked text."""
    masked = mask(effect.text)
    start, end = masked.span(effect.start, effect.end)
    context = effect.context
    if context is not None:
        context = [{**part, "text": mask(part["text"]).text} for part in context]
    return replace(
        effect,
        text=masked.text,
        start=start,
        end=end,
        span=masked.text[start:end],
        drug_text=masked_or_none(effect.drug_text),
        url=masked_or_none(effect.url),
        context=context,
    )


def masked_case(case: LabelledCase) -> LabelledCase:
    """Return a case without the name of its owner; the words of an effect without a code are masked."""
    return replace(case, owner=None if case.owner is None else OWNER, effect=mask(case.effect).text)


def _key_of_effect(effect: LabelledEffect) -> list[Any]:
    return [json_value(getattr(effect, name)) for name in EffectKey.__dataclass_fields__]


def _effect_key(key: list[Any] | None) -> EffectKey | None:
    if key is None:
        return None
    posted_at, tweet_id, predicted_at, bundle, start, end = key
    return EffectKey(
        datetime.fromisoformat(posted_at), tweet_id, datetime.fromisoformat(predicted_at), bundle, start, end
    )
