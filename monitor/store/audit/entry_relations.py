"""Which entries of the audit have to do with one effect: exports that may have had it, and others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, text

OUTPUTS: Final = ("export", "query")
"""Actions by which texts leave the monitor."""

_RELATED: Final = text(
    "SELECT number, at, actor, action, subject, reason, details FROM audit_entries "
    "WHERE subject = ANY(CAST(:subjects AS text[])) "
    "OR (action = ANY(CAST(:outputs AS text[])) AND at >= :since) ORDER BY number"
)


@dataclass(frozen=True, slots=True)
class Related:
    """An entry that has to do with an alert.

    Attributes:
        number: of the entry.
        at: when it was added.
        actor: the login.
        action: see `AuditEntry`.
        subject: see `AuditEntry`.
        reason: see `AuditEntry`.
        certain: True if the entry names the effect's alert, post, case or review; False if its filters let
            the effect through, as far as the entry shows.
        sha256: of the file, if the entry has it.
    """

    number: int
    at: datetime
    actor: str
    action: str
    subject: str
    reason: str | None
    certain: bool
    sha256: str | None = None


def related_entries(
    connection: Connection, *, subjects: Sequence[str], since: datetime, effect: Mapping[str, Any]
) -> tuple[list[Related], list[Related]]:
    """Return the outputs that had an effect or may have had it, and the other entries about it.

    Args:
        connection: of the database.
        subjects: of entries that are about the effect.
        since: when its alert was raised; outputs before that could not have it.
        effect: `ptid`, `pt_name`, `posted_at` and `case_id`, where known.
    """
    outputs: list[Related] = []
    others: list[Related] = []
    parameters = {"subjects": list(subjects), "outputs": list(OUTPUTS), "since": since}
    for row in connection.execute(_RELATED, parameters):
        cases = row.details.get("cases")
        certain = row.subject in subjects or (isinstance(cases, list) and effect.get("case_id") in cases)
        if not certain and rules_out(row.details, effect):
            continue
        related = Related(
            row.number,
            row.at,
            row.actor,
            row.action,
            row.subject,
            row.reason,
            certain,
            row.details.get("sha256"),
        )
        (outputs if row.action in OUTPUTS else others).append(related)
    return outputs, others


def rules_out(details: Mapping[str, Any], effect: Mapping[str, Any]) -> bool:
    """Return True if the details of an output show that it cannot have had an effect.

    Words and drugs are not compared: an entry has a digest of the former, and the latter may be a class.
    """
    if details.get("rows") == 0:
        return True
    filters = {**(details.get("filters") or {}), **(details.get("times") or {})}
    posted = _time(effect.get("posted_at"))
    since, until = _time(filters.get("since")), _time(filters.get("until"))
    if posted is not None and ((since and posted < since) or (until and posted >= until)):
        return True
    pt = filters.get("pt")
    names = {str(effect.get(name)).casefold() for name in ("ptid", "pt_name")}
    return isinstance(pt, str) and bool(effect) and pt.strip().casefold() not in names


def _time(value: Any) -> datetime | None:
    """Return a time with a zone, or None for anything else, such as `7d`."""
    try:
        time = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return time if time.tzinfo is not None else None
