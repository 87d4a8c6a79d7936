"""Product labels in the database: import one, list them, show what they list, remove them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, func, insert, select, text

from monitor.settings import Settings
from monitor.store.audit.appending import AuditEntry, append_audit
from monitor.store.connections import migrating_engine, reading_engine
from monitor.store.driver_errors import translate_driver_errors
from monitor.store.enrichment_tables import drug_labels, listed_effects

# Two imports of one label wait for each other here, and the later one stays.
_LOCK: Final = text("SELECT pg_advisory_xact_lock(hashtextextended('ade label ' || :label_id, 0))")

_FATAL: Final = re.compile(r"\b(?:fatal|death|died|mortality)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class LabelEffect:
    """An effect that a label lists.

    Attributes:
        ptid: code of the PT.
        pt_name: its name.
        section: the section of the label.
        sentence: the sentence that names the effect, or None if it is not included.
        start: start of its words in the sentence, in code points, or None.
        end: their end, or None.
    """

    ptid: str
    pt_name: str
    section: str
    sentence: str | None = None
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class StoredLabel:
    """A label in the database.

    Attributes:
        label_id: what the next import of the same label replaces.
        drug: canonical name of its drug.
        source: "spl", "smpc", "text" or "tac2017".
        title: its title, or None.
        version: its version or date, or None.
        imported_at: when it was imported.
        effects: number of different PTs that it lists.
    """

    label_id: str
    drug: str
    source: str
    title: str | None
    version: str | None
    imported_at: datetime
    effects: int


@dataclass(frozen=True, slots=True)
class ShownEffect:
    """An effect that a label of a drug lists, with the label."""

    label_id: str
    title: str | None
    effect: LabelEffect


def replace_label(
    settings: Settings,
    label_id: str,
    drug: str,
    source: str,
    effects: Sequence[LabelEffect],
    *,
    title: str | None = None,
    version: str | None = None,
) -> None:
    """Import a label in place of its earlier import, in one transaction.

    Args:
        settings: of the database; the login needs the rights of `ade_admin`.
        label_id: what all versions of the label have in common.
        drug: canonical name.
        source: of the label.
        effects: what it lists.
        title: of the label.
        version: of the label.

    Raises:
        RetryableError: the database is away; nothing was changed.
        FatalError: the login may not write, or the database was not migrated; nothing was changed.
    """
    label = {"label_id": label_id, "drug": drug, "source": source, "title": title, "version": version}
    database = settings.database
    with translate_driver_errors(database), migrating_engine(database).begin() as connection:
        connection.execute(_LOCK, {"label_id": label_id})
        connection.execute(delete(drug_labels).where(drug_labels.c.label_id == label_id))
        # The time of the transaction may be before another import that has ended since.
        connection.execute(insert(drug_labels).values(**label, imported_at=func.clock_timestamp()))
        if effects:
            connection.execute(
                insert(listed_effects),
                [
                    {"label_id": label_id, "drug": drug, "fatal": _is_fatal(effect), **asdict(effect)}
                    for effect in effects
                ],
            )
        details = {"change": "imported", "drug": drug, "version": version, "effects": len(effects)}
        append_audit(connection, AuditEntry("label", label_id, details=details))


def _is_fatal(effect: LabelEffect) -> bool:
    """Return True if the sentence says that the effect is fatal."""
    return effect.sentence is not None and _FATAL.search(effect.sentence) is not None


def remove_labels(settings: Settings, label_ids: Iterable[str]) -> list[str]:
    """Remove labels with what they list, and return the ids of those that were there.

    Raises:
        RetryableError: the database is away; nothing was changed.
        FatalError: the login may not write, or the database was not migrated; nothing was changed.
    """
    database = settings.database
    query = delete(drug_labels).where(drug_labels.c.label_id.in_(list(label_ids)))
    with translate_driver_errors(database), migrating_engine(database).begin() as connection:
        removed = sorted(connection.execute(query.returning(drug_labels.c.label_id)).scalars())
        for label_id in removed:
            append_audit(connection, AuditEntry("label", label_id, details={"change": "removed"}))
    return removed


def stored_labels(settings: Settings, drug: str | None = None) -> list[StoredLabel]:
    """Return the labels in the order of their drugs, of all drugs or of one.

    Raises:
        RetryableError: the database is away.
        FatalError: the login was refused, or the database was not migrated.
    """
    count = func.count(func.distinct(listed_effects.c.ptid))
    columns: list[Any] = [
        drug_labels.c[name] for name in StoredLabel.__dataclass_fields__ if name != "effects"
    ]
    query = (
        select(*columns, count)
        .select_from(drug_labels.outerjoin(listed_effects))
        .group_by(*columns)
        .order_by(drug_labels.c.drug, drug_labels.c.label_id)
    )
    if drug is not None:
        query = query.where(drug_labels.c.drug == drug)
    database = settings.database
    with translate_driver_errors(database), reading_engine(database).connect() as connection:
        return [StoredLabel(*values) for values in map(tuple, connection.execute(query))]


def shown_effects(settings: Settings, drug: str, pt: str | None = None) -> Iterator[ShownEffect]:
    """Yield what the labels of a drug list, in the order of the PTs' names.

    Args:
        settings: of the database.
        drug: canonical name.
        pt: code or name of a PT, in any case; None for all.

    Raises:
        RetryableError: the database is away.
        FatalError: the login was refused, or the database was not migrated.
    """
    columns = [listed_effects.c[name] for name in LabelEffect.__dataclass_fields__]
    query = (
        select(drug_labels.c.label_id, drug_labels.c.title, *columns)
        .select_from(drug_labels.join(listed_effects))
        .where(listed_effects.c.drug == drug)
        .order_by(func.lower(listed_effects.c.pt_name), drug_labels.c.label_id, listed_effects.c.id)
    )
    if pt is not None:
        query = query.where(
            (listed_effects.c.ptid == pt) | (func.lower(listed_effects.c.pt_name) == pt.strip().lower())
        )
    database = settings.database
    with translate_driver_errors(database), reading_engine(database).connect() as connection:
        for label_id, title, *values in connection.execute(query):
            yield ShownEffect(label_id, title, LabelEffect(*values))
