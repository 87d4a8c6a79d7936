"""The effects that product labels list, and whether a label lists an effect of a drug (its listedness).

A worker reads them at its start, and asks every minute whether they changed. For each drug and PT one entry
is kept in memory, about 400 bytes with its sentence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from monitor.findings import INGREDIENT_SEPARATOR
from monitor.settings import Settings
from monitor.store.connections import reading_engine
from monitor.store.driver_errors import translate_driver_errors

DEATH: Final = "10011906"
"""The PT "Death": a label that lists it lists a fatal outcome of everything else, too."""

_FIND_STATE: Final = text("SELECT count(*), max(imported_at) FROM drug_labels")

# Of several entries for a drug and a PT, one with a sentence, and of these the one of the newest label.
_READ: Final = text(
    """
    SELECT DISTINCT ON (e.drug, e.ptid) e.drug, e.ptid, e.section, e.sentence, l.title, l.source,
           bool_or(e.fatal) OVER (PARTITION BY e.drug, e.ptid) AS fatal
    FROM listed_effects e JOIN drug_labels l USING (label_id)
    WHERE e.drug = ANY(:drugs)
    ORDER BY e.drug, e.ptid, e.sentence IS NULL, l.imported_at DESC, l.label_id, e.id
    """
)
_READ_DRUGS: Final = text("SELECT DISTINCT drug FROM drug_labels ORDER BY drug")

DRUGS_AT_ONCE: Final = 50
"""Drugs whose effects one query reads. All labels of the United States are millions of rows, which one query
would sort for longer than a statement may take."""


class Listedness(StrEnum):
    """Whether the labels of a drug list an effect."""

    LISTED = "listed"
    LISTED_MILDER = "listed-milder"
    UNLISTED = "unlisted"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class LabelVerdict:
    """Whether the labels of a drug list an effect, and where.

    Attributes:
        listedness: the verdict.
        sentence: the sentence of the label that lists the effect, or its milder form; None if there is none,
            or if the label was imported without its sentences.
        section: the section of the label, or None.
        label: title and source of the label, such as "ZOLOFT (spl)", or None.
        ptid: the PT that the label lists: the effect, or its milder form; None if it lists neither.
    """

    listedness: Listedness
    sentence: str | None = None
    section: str | None = None
    label: str | None = None
    ptid: str | None = None


UNKNOWN: Final = LabelVerdict(Listedness.UNKNOWN)
UNLISTED: Final = LabelVerdict(Listedness.UNLISTED)


@dataclass(frozen=True, slots=True)
class ListedEffect:
    """An effect that labels of a drug list, see `LabelVerdict`; `fatal` if with a fatal outcome."""

    section: str | None
    sentence: str | None
    label: str
    fatal: bool


@dataclass(frozen=True, eq=False)
class ListedEffects:
    """The effects that all labels list.

    Attributes:
        state: number of labels and time of the last import, by which changes are recognized.
        drugs: the drugs that have a label.
    """

    state: tuple[int, datetime | None] = (0, None)
    drugs: frozenset[str] = frozenset()
    _effects: Mapping[tuple[str, str], ListedEffect] = field(default_factory=dict)

    def verdict(self, drug: str | None, ptid: str | None, *, fatal: bool = False) -> LabelVerdict:
        """Return whether the labels of a drug list an effect.

        An effect of a combination is listed if the label of the combination, or of one of its ingredients,
        lists it. It is unlisted if the combination has a label, or all of its ingredients have one.

        Args:
            drug: canonical name, or None.
            ptid: code of the PT, or None of an effect without a code.
            fatal: True for an effect with a fatal outcome. A label that lists the effect, but neither death
                nor a fatal outcome of it, lists something milder.
        """
        if drug is None or ptid is None:
            return UNKNOWN
        ingredients = drug.split(INGREDIENT_SEPARATOR)
        drugs = dict.fromkeys((drug, *ingredients))
        for name in drugs:
            if entry := self._effects.get((name, ptid)):
                milder = fatal and not entry.fatal and (name, DEATH) not in self._effects
                return _verdict_of(Listedness.LISTED_MILDER if milder else Listedness.LISTED, ptid, entry)
        for name in drugs:
            for form in milder_forms().get(ptid, ()):
                if entry := self._effects.get((name, form)):
                    return _verdict_of(Listedness.LISTED_MILDER, form, entry)
        is_labelled = drug in self.drugs or self.drugs.issuperset(ingredients)
        return UNLISTED if is_labelled else UNKNOWN


NO_LISTED_EFFECTS: Final = ListedEffects()
"""What a database without labels has."""


def _verdict_of(listedness: Listedness, ptid: str, effect: ListedEffect) -> LabelVerdict:
    return LabelVerdict(listedness, effect.sentence, effect.section, effect.label, ptid)


@cache
def milder_forms() -> Mapping[str, tuple[str, ...]]:
    """Return the milder forms of each PT that has some, all by their codes (`data/milder_forms.tsv`)."""
    table = (files("monitor.store") / "data" / "milder_forms.tsv").read_text(encoding="utf-8")
    forms: dict[str, list[str]] = {}
    for line in table.splitlines():
        if line[:1].isdigit():
            severe, _, milder, _ = line.split("\t")
            forms.setdefault(severe, []).append(milder)
    return {severe: tuple(milder) for severe, milder in forms.items()}


async def read_listed_effects(
    connection: AsyncConnection, earlier: ListedEffects = NO_LISTED_EFFECTS
) -> ListedEffects:
    """Read what labels list, or return `earlier` itself if no label changed.

    Args:
        connection: in a transaction.
        earlier: what was read before.
    """
    count, imported_at = (await connection.execute(_FIND_STATE)).one()
    if (count, imported_at) == earlier.state:
        return earlier
    drugs = (await connection.execute(_READ_DRUGS)).scalars().all()
    effects: dict[tuple[str, str], ListedEffect] = {}
    for some in _portions(drugs):
        effects.update(effects_by_pair(await connection.execute(_READ, {"drugs": some})))
    return ListedEffects((count, imported_at), frozenset(drugs), effects)


def load_listed_effects(settings: Settings) -> ListedEffects:
    """Read what labels list, for a command.

    Raises:
        RetryableError: the database is away.
        FatalError: the login was refused, or the database was not migrated.
    """
    database = settings.database
    with translate_driver_errors(database), reading_engine(database).connect() as connection:
        count, imported_at = connection.execute(_FIND_STATE).one()
        drugs = connection.execute(_READ_DRUGS).scalars().all()
        effects: dict[tuple[str, str], ListedEffect] = {}
        for some in _portions(drugs):
            effects.update(effects_by_pair(connection.execute(_READ, {"drugs": some})))
    return ListedEffects((count, imported_at), frozenset(drugs), effects)


def _portions(drugs: Sequence[str]) -> Iterator[list[str]]:
    for start in range(0, len(drugs), DRUGS_AT_ONCE):
        yield list(drugs[start : start + DRUGS_AT_ONCE])


def effects_by_pair(rows: Iterable[Any]) -> Iterator[tuple[tuple[str, str], ListedEffect]]:
    """Yield the effects of rows by drug and PT; the rows have the columns of the statements here."""
    for row in rows:
        label = f"{row.title or row.drug} ({row.source})"
        yield (row.drug, row.ptid), ListedEffect(row.section, row.sentence, label, row.fatal)
