"""Read the audit: its entries by filters, its last entry, and all of it for a check of the chain."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, text

from monitor.settings import Settings
from monitor.store.audit.chain import Anchor, ChainedEntry, Verification, verify_chain
from monitor.store.connections import migrating_engine, reading_engine
from monitor.store.driver_errors import translate_driver_errors

_COLUMNS: Final = (
    """number, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at, """
    "actor, action, subject, reason, CAST(details AS text) AS details, previous_hash, hash"
)
_ALL: Final = text(f"SELECT {_COLUMNS} FROM audit_entries ORDER BY number")  # noqa: S608 - names of our own
_HEAD: Final = text("SELECT number, hash FROM audit_head")

_FOUND: Final = (
    f"SELECT {_COLUMNS} FROM audit_entries WHERE {{conditions}} "  # noqa: S608 - names of our own
    "ORDER BY number DESC LIMIT :limit"
)
_CONDITIONS: Final = {
    "since": "at >= :since",
    "until": "at < :until",
    "action": "action = :action",
    "actor": "actor = :actor",
    "subjects": "subject = ANY(CAST(:subjects AS text[]))",
}

_GUARDS: Final = text(
    """
    SELECT wanted.relation || '.' || wanted.name AS missing
    FROM (VALUES
        ('audit_entries', 'chain', 'O'), ('audit_entries', 'refuse', 'A'), ('audit_head', 'refuse', 'A')
    ) AS wanted (relation, name, enabled)
    WHERE NOT EXISTS (
        SELECT FROM pg_trigger
        WHERE tgrelid = to_regclass(wanted.relation) AND tgname = wanted.name
        AND tgenabled IN (wanted.enabled, 'A')
    ) ORDER BY 1
    """
)

_AT_ONCE: Final = 1_000
"""Number of entries that are in memory at the same time."""


@dataclass(frozen=True, slots=True)
class AuditFilters:
    """Which entries to read; None for no condition.

    Attributes:
        since: added at or after.
        until: added before.
        action: with this action.
        actor: by this login.
        subjects: about one of these.
        limit: the latest N; None for all.
    """

    since: datetime | None = None
    until: datetime | None = None
    action: str | None = None
    actor: str | None = None
    subjects: Sequence[str] | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry as `ade-monitor audit list` shows it.

    Attributes:
        number: of the entry.
        at: when it was added, ISO 8601 in UTC.
        actor: the login.
        action: see `AuditEntry`.
        subject: see `AuditEntry`.
        reason: see `AuditEntry`.
        details: see `AuditEntry`.
        hash: in hexadecimal.
    """

    number: int
    at: str
    actor: str
    action: str
    subject: str
    reason: str | None
    details: dict[str, Any]
    hash: str


def find_entries(settings: Settings, filters: AuditFilters) -> Iterator[StoredEntry]:
    """Yield the entries that match, the latest first.

    Raises:
        RetryableError: the database is away.
        FatalError: the login may not read the audit, or the database was not migrated.
    """
    values = {name: getattr(filters, name) for name in _CONDITIONS}
    conditions = [_CONDITIONS[name] for name, value in values.items() if value is not None]
    query = text(_FOUND.format(conditions=" AND ".join(conditions) or "true"))
    parameters = {name: value for name, value in values.items() if value is not None}
    if filters.subjects is not None:
        parameters["subjects"] = list(filters.subjects)
    database = settings.database
    with translate_driver_errors(database), reading_engine(database).connect() as connection:
        rows = connection.execution_options(yield_per=_AT_ONCE).execute(
            query, {**parameters, "limit": filters.limit}
        )
        for row in rows:
            yield StoredEntry(
                row.number,
                row.at,
                row.actor,
                row.action,
                row.subject,
                row.reason,
                json.loads(row.details),
                row.hash.hex(),
            )


def read_anchor(settings: Settings) -> Anchor:
    """Return the last entry, to be kept elsewhere.

    Raises:
        RetryableError: the database is away.
        FatalError: the login may not read the audit, or the database was not migrated.
    """
    database = settings.database
    with translate_driver_errors(database), reading_engine(database).connect() as connection:
        return _head(connection)


def verify_audit(settings: Settings, anchors: Sequence[Anchor] = ()) -> Verification:
    """Check the chain from its first entry on, as it is at one moment. New entries do not wait for it.

    Args:
        settings: which database.
        anchors: entries that somebody kept elsewhere. Only they reveal an end that was cut off together with
            `audit_head`, and a chain that was written again from some entry on.

    Raises:
        RetryableError: the database is away.
        FatalError: the login may not read the audit, or the database was not migrated.
    """
    database = settings.database
    with (
        translate_driver_errors(database),
        # Reading everything takes longer than other statements may.
        migrating_engine(database).connect() as connection,
    ):
        connection.execution_options(isolation_level="REPEATABLE READ")
        connection.execute(text("SET TRANSACTION READ ONLY"))
        rows = connection.execution_options(yield_per=_AT_ONCE).execute(_ALL)
        entries = (ChainedEntry(*row) for row in rows)
        head = _head(connection)
        return verify_chain(entries, head, anchors)


def missing_guards(settings: Settings) -> list[str]:
    """Return the triggers of the audit that are missing or disabled, such as `audit_entries.refuse`.

    Raises:
        RetryableError: the database is away.
        FatalError: the login was refused.
    """
    database = settings.database
    with translate_driver_errors(database), reading_engine(database).connect() as connection:
        return list(connection.execute(_GUARDS).scalars())


def _head(connection: Connection) -> Anchor:
    row = connection.execute(_HEAD).first()
    return Anchor(row.number, bytes(row.hash)) if row else Anchor(0, b"")
