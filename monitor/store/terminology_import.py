"""Replace the imported release of MedDRA in one transaction: readers see the old one or the new one."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, text

from models.terminology import PtGroup
from monitor.settings import Settings
from monitor.store.audit.appending import AuditEntry, append_audit
from monitor.store.connections import migrating_engine, reading_engine
from monitor.store.driver_errors import translate_driver_errors

# A second import waits here, and then replaces what the first has imported. Readers do not wait.
_LOCK: Final = text("LOCK TABLE terminology_releases IN EXCLUSIVE MODE")
# TRUNCATE would block readers, and show them an empty table.
_DELETE: Final = (text("DELETE FROM pt_groups"), text("DELETE FROM terminology_releases"))
_COPY: Final = "COPY pt_groups (ptid, kind, code, name, category, weight) FROM STDIN"
_INSERT: Final = text(
    "INSERT INTO terminology_releases (release, imported_at, content) "
    "VALUES (:release, clock_timestamp(), CAST(:content AS jsonb))"
)
_LIST: Final = text(
    "SELECT release, imported_at, content FROM terminology_releases ORDER BY imported_at DESC"
)

REPORTED_EVERY: Final = 1_000
"""Number of rows between two reports of progress."""


@dataclass(frozen=True, slots=True)
class ReleaseContent:
    """What is imported of a release, apart from its groups: the column `content`.

    Attributes:
        counts: how many it has, by level or kind: "pt", "llt", "soc", "smq", "ime" and so on.
        algorithms: the algorithm of each SMQ that has one, by its code.
        files: the names of the files of the lists, by kind.
        absent: keys of `CANNOT_FILTER`: what the release does not have.
    """

    counts: Mapping[str, int] = field(default_factory=dict)
    algorithms: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    absent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportedTerminology:
    """An imported release."""

    release: str
    imported_at: datetime
    content: ReleaseContent


def replace_terminology(
    settings: Settings,
    release: str,
    groups: Iterable[PtGroup],
    content: ReleaseContent,
    *,
    advance: Callable[[int], None] = lambda rows: None,
) -> Counter[str]:
    """Import a release in place of the earlier one.

    Args:
        settings: of the database; the login needs the rights of `ade_admin`.
        release: its version.
        groups: the groups of its PTs, each once.
        content: what else is kept of it.
        advance: called after each `REPORTED_EVERY` rows with their number.

    Returns:
        The number of rows by kind of group.

    Raises:
        RetryableError: the database is away; nothing was changed.
        FatalError: the login may not write, or the database was not migrated; nothing was changed.
    """
    counts: Counter[str] = Counter()
    database = settings.database
    with translate_driver_errors(database), migrating_engine(database).begin() as connection:
        connection.execute(_LOCK)
        for statement in _DELETE:
            connection.execute(statement)
        _copy(connection, groups, counts, advance)
        document = {
            "counts": dict(content.counts),
            "algorithms": dict(content.algorithms),
            "files": dict(content.files),
            "absent": list(content.absent),
        }
        parameters = {"release": release, "content": json.dumps(document, ensure_ascii=False)}
        connection.execute(_INSERT, parameters)
        append_audit(connection, AuditEntry("terminology", release, details={"rows": dict(counts)}))
    return counts


def imported_terminology(settings: Settings) -> ImportedTerminology | None:
    """Return what was imported, or None.

    Raises:
        RetryableError: the database is away.
        FatalError: the login was refused, or the database was not migrated.
    """
    database = settings.database
    with translate_driver_errors(database), reading_engine(database).connect() as connection:
        row = connection.execute(_LIST).first()
    if row is None:
        return None
    document: dict[str, Any] = row.content
    content = ReleaseContent(
        document.get("counts", {}),
        document.get("algorithms", {}),
        document.get("files", {}),
        tuple(document.get("absent", ())),
    )
    return ImportedTerminology(row.release, row.imported_at, content)


def _copy(
    connection: Connection, groups: Iterable[PtGroup], counts: Counter[str], advance: Callable[[int], None]
) -> None:
    driver: Any = connection.connection.driver_connection
    waiting = 0
    with driver.cursor() as cursor, cursor.copy(_COPY) as copy:
        for group in groups:
            row = (group.ptid, group.kind.value, group.code, group.name, group.category, group.weight)
            copy.write_row(row)
            counts[group.kind.value] += 1
            waiting += 1
            if waiting == REPORTED_EVERY:
                advance(waiting)
                waiting = 0
    advance(waiting)
