"""Verdicts and their undoing: each is a row of the history, and an entry of the audit."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Connection, text

from monitor.settings import Settings
from monitor.store.audit import AuditEntry, append_audit
from monitor.store.connections import checking_engine
from monitor.store.driver_errors import translate_driver_errors
from monitor.store.reviews.item_states import VALID, ItemState, settle_item, valid_verdicts
from monitor.store.reviews.leasing import needs_somebody
from monitor.store.reviews.review_records import ReviewError, ReviewVerdict, VerdictRole
from monitor.store.reviews.shown_items import show_item, unknown_item
from monitor.store.reviews.verdict_checks import check_verdict

_LOCK: Final = text("SELECT state FROM review_items WHERE item_id = :item_id FOR UPDATE")
_LOGIN: Final = text("SELECT session_user")
_TIME_OF_LEASE: Final = text(
    "SELECT extract(epoch FROM clock_timestamp() - leased_at) FROM review_leases "
    "WHERE item_id = :item_id AND reviewer = session_user"
)
_INSERT: Final = text(
    "INSERT INTO review_verdicts (item_id, role, decision, right_start, right_end, right_ptid, "
    "right_pt_name, right_drug, seconds) VALUES (:item_id, :role, :decision, :right_start, :right_end, "
    ":right_ptid, :right_pt_name, :right_drug, :seconds)"
)
_END_LEASE: Final = text("DELETE FROM review_leases WHERE item_id = :item_id AND reviewer = session_user")
_LAST_OWN: Final = text(
    "SELECT v.id, v.item_id, v.role FROM review_verdicts AS v WHERE v.reviewer = session_user "  # noqa: S608
    f"AND (CAST(:item_id AS bigint) IS NULL OR v.item_id = :item_id) AND {VALID} ORDER BY v.id DESC LIMIT 1"
)
_UNDO: Final = text(
    "INSERT INTO review_verdicts (item_id, role, undoes) VALUES (:item_id, :role, :id) "
    "ON CONFLICT (undoes) DO NOTHING"
)


def decide_item(settings: Settings, item_id: int, verdict: ReviewVerdict) -> ItemState:
    """Add the verdict of this login about an item, and return what holds then.

    Raises:
        ReviewError: nothing was added: there is no such item, its post is gone, others work on it, this login
            has a verdict already, or the verdict does not fit the item.
        RetryableError: nothing was added: the database is away.
        FatalError: nothing was added: the login has not the rights of `ade_reviewer`.
    """
    database = settings.database
    with (
        translate_driver_errors(database),
        checking_engine(database, database.statement_timeout).begin() as connection,
    ):
        return add_verdict(connection, item_id, verdict)


def add_verdict(connection: Connection, item_id: int, verdict: ReviewVerdict) -> ItemState:
    """Add a verdict of the login of the session, in the caller's transaction; see `decide_item`."""
    role = _role_in(connection, item_id)
    check_verdict(show_item(connection, item_id), verdict)
    seconds = verdict.seconds
    if seconds is None:
        measured = connection.execute(_TIME_OF_LEASE, {"item_id": item_id}).scalar()
        seconds = None if measured is None else float(measured)
    values: dict[str, Any] = {
        "decision": verdict.decision.value,
        "right_start": verdict.right_span and verdict.right_span[0],
        "right_end": verdict.right_span and verdict.right_span[1],
        "right_ptid": verdict.right_ptid,
        "right_pt_name": verdict.right_pt_name,
        "right_drug": verdict.right_drug,
    }
    connection.execute(_INSERT, {"item_id": item_id, "role": role.value, "seconds": seconds, **values})
    connection.execute(_END_LEASE, {"item_id": item_id})
    state = settle_item(connection, item_id)
    details = {name: value for name, value in values.items() if value is not None}
    details |= {"role": role.value, "state": state.state}
    append_audit(connection, AuditEntry("review", f"item {item_id}", details=details))
    return state


def undo_verdict(settings: Settings, item_id: int | None = None) -> tuple[int, ItemState]:
    """Undo the last verdict of this login, and return its item and what holds for it then.

    Args:
        settings: which database.
        item_id: the item; None for the item of the last verdict.

    Raises:
        ReviewError: this login has no verdict to undo.
        RetryableError: nothing was changed: the database is away.
        FatalError: nothing was changed: the login has not the rights of `ade_reviewer`.
    """
    database = settings.database
    with (
        translate_driver_errors(database),
        checking_engine(database, database.statement_timeout).begin() as connection,
    ):
        row = connection.execute(_LAST_OWN, {"item_id": item_id}).first()
        if row is None:
            about = "" if item_id is None else f" about item {item_id}"
            raise ReviewError(f"you have no verdict{about} to undo", "undone verdicts stay in the history")
        connection.execute(_LOCK, {"item_id": row.item_id})
        connection.execute(_UNDO, {"item_id": row.item_id, "role": row.role, "id": row.id})
        state = settle_item(connection, row.item_id)
        details = {"undoes": row.id, "role": row.role, "state": state.state}
        append_audit(connection, AuditEntry("review", f"item {row.item_id}", details=details))
    return int(row.item_id), state


def _role_in(connection: Connection, item_id: int) -> VerdictRole:
    """Lock an item, and return the role in which the login of the session may decide it.

    Raises:
        ReviewError: it may not.
    """
    state = connection.execute(_LOCK, {"item_id": item_id}).scalar()
    if state is None:
        raise unknown_item(item_id)
    login = connection.execute(_LOGIN).scalar_one()
    if any(each.reviewer == login for each in valid_verdicts(connection, item_id)):
        raise ReviewError(
            f"you have a verdict about item {item_id} already",
            f"undo it: `ade-monitor review undo {item_id}`",
        )
    if state == "done":
        raise ReviewError(f"item {item_id} is done", "take another one with `ade-monitor review next`")
    if not needs_somebody(connection, item_id):
        raise ReviewError(
            f"somebody else works on item {item_id}", "take another one with `ade-monitor review next`"
        )
    return VerdictRole.ADJUDICATOR if state == "disputed" else VerdictRole.REVIEWER
