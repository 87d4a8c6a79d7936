"""What people change in cases: status, owner, due date, notes. Each change leaves a row in the history."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import text

from monitor.settings import Settings
from monitor.store.audit.appending import AuditEntry, append_audit
from monitor.store.cases.reading import case_id_from
from monitor.store.connections import checking_engine
from monitor.store.driver_errors import translate_driver_errors


class CaseStatus(StrEnum):
    """How far the work on a case is."""

    NEW = "new"
    OPEN = "open"
    CLOSED = "closed"
    NOT_A_CASE = "not-a-case"


class Keep(StrEnum):
    """Marks a field that stays as it is."""

    KEEP = "keep"


KEEP: Final = Keep.KEEP


@dataclass(frozen=True, slots=True)
class CaseChange:
    """What to change.

    Attributes:
        status: the new status.
        owner: who works on it; None for nobody.
        due_at: until when it must be done, timezone-aware; None for no date.
        note: a note to add.
    """

    status: CaseStatus | Keep = KEEP
    owner: str | Keep | None = KEEP
    due_at: datetime | Keep | None = KEEP
    note: str | None = None


_LOCK: Final = text("SELECT status, owner, due_at FROM cases WHERE case_id = :case_id FOR UPDATE")
_UPDATE: Final = text(
    "UPDATE cases SET status = :status, owner = :owner, due_at = :due_at, changed_at = now() "
    "WHERE case_id = :case_id"
)
_NOTE: Final = text(
    "INSERT INTO case_events (case_id, actor, change, note) "
    "VALUES (:case_id, :actor, CAST(:change AS jsonb), :note)"
)


def change_case(settings: Settings, name: str, change: CaseChange, *, actor: str) -> dict[str, Any]:
    """Change a case in one transaction, and return the new values of what changed.

    Args:
        settings: which database.
        name: id of the case, or its first digits.
        change: what to change. What has the value already changes nothing and leaves no row.
        actor: who changes it, for the history.

    Raises:
        UnknownCaseError: no case has this id, or several have it.
        RetryableError: nothing was changed: the database is away.
        FatalError: nothing was changed: the login may not do this, or the database was not migrated.
    """
    database = settings.database
    with (
        translate_driver_errors(database),
        checking_engine(database, database.statement_timeout).begin() as connection,
    ):
        case_id = case_id_from(connection, name)
        before = connection.execute(_LOCK, {"case_id": case_id}).one()._asdict()
        fields = {"status": change.status, "owner": change.owner, "due_at": change.due_at}
        after = before | {field: value for field, value in fields.items() if value is not KEEP}
        changed = {field: _json_value(after[field]) for field in after if after[field] != before[field]}
        if changed or change.note:
            connection.execute(_UPDATE, {**after, "case_id": case_id})
            values = {"case_id": case_id, "actor": actor, "change": json.dumps(changed), "note": change.note}
            connection.execute(_NOTE, values)
            # Without the note itself, which may quote a post.
            details = {"by": actor, "change": changed, "note": change.note is not None}
            append_audit(connection, AuditEntry("case", case_id, details=details))
    return changed


def _json_value(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
