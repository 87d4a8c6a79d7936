"""The verdict of the product labels on each row that leaves the database.

Labels are read by an index, and only for the drugs and PTs of a page of rows. No row waits for a whole table
of labels, and a pair that was looked up is remembered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from itertools import islice
from typing import Any, Final, Protocol, TypeVar

from sqlalchemy import text

from monitor.findings import INGREDIENT_SEPARATOR
from monitor.settings import Settings
from monitor.store.ade_report import ReportedEffect
from monitor.store.cases import CaseSummary
from monitor.store.connections import reading_engine
from monitor.store.driver_errors import translate_driver_errors
from monitor.store.listed_effects import LabelVerdict, ListedEffects, effects_by_pair, milder_forms

_ROWS_AT_ONCE: Final = 500
_MOST_REMEMBERED: Final = 100_000  # pairs, about 400 bytes each

# Of several entries for a pair, the same one as in `ListedEffects`.
LABELS_OF_PAIRS: Final = text(
    """
    SELECT DISTINCT ON (e.drug, e.ptid) e.drug, e.ptid, e.section, e.sentence, l.title, l.source, e.fatal
    FROM listed_effects e JOIN drug_labels l USING (label_id)
    WHERE e.drug = ANY(:drugs) AND e.ptid = ANY(:ptids)
    ORDER BY e.drug, e.ptid, e.sentence IS NULL, l.imported_at DESC, l.label_id, e.id
    """
)
LABELLED_DRUGS: Final = text("SELECT DISTINCT drug FROM drug_labels WHERE drug = ANY(:drugs)")


class _Coded(Protocol):
    @property
    def drug(self) -> str | None: ...
    @property
    def ptid(self) -> str | None: ...


Row = TypeVar("Row", bound=_Coded)
Labelled = TypeVar("Labelled")


@dataclass(frozen=True, slots=True)
class LabelledEffect(ReportedEffect):
    """An adverse effect with the verdict of the labels, a value of `Listedness`, and their sentence."""

    listedness: str = "unknown"
    label_sentence: str | None = None


@dataclass(frozen=True, slots=True)
class LabelledCase(CaseSummary):
    """A case with the verdict of the labels, a value of `Listedness`, and their sentence."""

    listedness: str = "unknown"
    label_sentence: str | None = None


def labelled_effects(settings: Settings, effects: Iterable[ReportedEffect]) -> Iterator[LabelledEffect]:
    """Yield effects with the verdict of the labels, as `--listedness` decides it.

    Raises:
        RetryableError: the database is away.
        FatalError: the login was refused.
    """
    return _labelled(
        settings,
        effects,
        lambda row, verdict: LabelledEffect(**_values(row), **_verdict(verdict)),
    )


def labelled_cases(settings: Settings, cases: Iterable[CaseSummary]) -> Iterator[LabelledCase]:
    """Yield cases with the verdict of the labels.

    Raises:
        RetryableError: the database is away.
        FatalError: the login was refused.
    """
    return _labelled(
        settings,
        cases,
        lambda row, verdict: LabelledCase(**_values(row), **_verdict(verdict)),
    )


def _values(row: ReportedEffect | CaseSummary) -> dict[str, Any]:
    return {field.name: getattr(row, field.name) for field in fields(row)}


def _verdict(verdict: LabelVerdict) -> dict[str, Any]:
    return {"listedness": verdict.listedness.value, "label_sentence": verdict.sentence}


def _labelled(
    settings: Settings, rows: Iterable[Row], labelled: Callable[[Row, LabelVerdict], Labelled]
) -> Iterator[Labelled]:
    verdicts: dict[tuple[str | None, str | None], LabelVerdict] = {}
    remaining = iter(rows)
    while page := list(islice(remaining, _ROWS_AT_ONCE)):
        if len(verdicts) > _MOST_REMEMBERED:
            verdicts.clear()
        pairs = {(row.drug, row.ptid) for row in page}
        if new := pairs - verdicts.keys():
            listed = _read_labels(settings, new)
            verdicts.update({pair: listed.verdict(*pair) for pair in new})
        for row in page:
            yield labelled(row, verdicts[row.drug, row.ptid])


def _read_labels(settings: Settings, pairs: Iterable[tuple[str | None, str | None]]) -> ListedEffects:
    """Return what the labels of these drugs, and of their ingredients, list of these PTs."""
    drugs: set[str] = set()
    ptids: set[str] = set()
    for drug, ptid in pairs:
        if drug is not None and ptid is not None:
            drugs.update((drug, *drug.split(INGREDIENT_SEPARATOR)))
            ptids.update((ptid, *milder_forms().get(ptid, ())))
    if not drugs:
        return ListedEffects()
    database = settings.database
    parameters = {"drugs": sorted(drugs), "ptids": sorted(ptids)}
    with translate_driver_errors(database), reading_engine(database).connect() as connection:
        labelled = connection.execute(LABELLED_DRUGS, {"drugs": parameters["drugs"]}).scalars()
        effects = dict(effects_by_pair(connection.execute(LABELS_OF_PAIRS, parameters)))
        return ListedEffects(drugs=frozenset(labelled), _effects=effects)
