"""Which entries of the audit have to do with one effect: exports that may have had it, and others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, text

OUTPUTS: Final = ("export", "query")
"""Actions by which texts leave the monitor."""

_WRITTEN: Final = ("rows", "posts", "reports")
"""How many of what an output had, in the details of its last entry: each kind of output has its own word."""

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

    Of an export, only its last entry is returned, unless it was never finished.

    Args:
        connection: of the database.
        subjects: of entries that are about the effect.
        since: when its alert was raised; outputs before that could not have it.
        effect: `ptid`, `pt_name`, `posted_at` and `case_id`, where known.
    """
    outputs: list[Related] = []
    others: list[Related] = []
    parameters = {"subjects": list(subjects), "outputs": list(OUTPUTS), "since": since}
    rows = connection.execute(_RELATED, parameters).all()
    # A finished export stands for its starts: it alone says how many rows there were, and of which cases.
    earlier = {number for row in rows for number in row.details.get("earlier") or ()}
    for row in rows:
        if row.number in earlier:
            continue
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
    # A table of signals has numbers of many cases, and no effect of its own.
    if details.get("dataset") == "signals" or any(details.get(name) == 0 for name in _WRITTEN):
        return True
    filters = {**(details.get("filters") or {}), **(details.get("times") or {})}
    # The times of cases are those of their latest post, which may be another one than the alert's.
    is_other_time = details.get("dataset") != "cases" and _is_other_time(filters, effect.get("posted_at"))
    return is_other_time or _is_other_pt(filters, effect)


def _is_other_time(filters: Mapping[str, Any], posted_at: Any) -> bool:
    posted, since, until = (_time(each) for each in (posted_at, filters.get("since"), filters.get("until")))
    return posted is not None and bool((since and posted < since) or (until and posted >= until))


def _is_other_pt(filters: Mapping[str, Any], effect: Mapping[str, Any]) -> bool:
    """Return True if the filter is for another PT; with `coding`, it is for the PTs of another release."""
    pt, known = filters.get("pt"), [effect.get(name) for name in ("ptid", "pt_name")]
    if not isinstance(pt, str) or filters.get("coding") is not None or known == [None, None]:
        return False
    return pt.strip().casefold() not in {str(each).casefold() for each in known}


def _time(value: Any) -> datetime | None:
    """Return a time with a zone, or None for anything else, such as `7d`."""
    try:
        time = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return time if time.tzinfo is not None else None
