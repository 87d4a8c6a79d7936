"""The next item of a reviewer, which nobody else gets until its lease is over.

A row is locked first (`FOR UPDATE SKIP LOCKED`), and then a second statement looks whether the item still
needs somebody. One statement would not do: it sees the leases as they were before it waited.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import Connection, text

from monitor.settings import Settings
from monitor.store.connections import checking_engine
from monitor.store.driver_errors import translate_driver_errors
from monitor.store.reviews.item_states import VALID, is_missed
from monitor.store.reviews.shown_items import CAN_BE_READ, ShownItem, show_item

LEASE: Final = timedelta(minutes=30)
"""How long an item is kept for a reviewer by default."""

# An item needs its independent verdicts, and a disputed one an adjudicator. A reviewer with a
# verdict about an item does not get it again.
_SLOTS: Final = f"""
    NOT EXISTS (SELECT FROM review_verdicts AS v
                WHERE v.item_id = i.item_id AND v.reviewer = session_user AND {VALID})
    AND (SELECT count(*) FROM review_leases AS l WHERE l.item_id = i.item_id
         AND l.reviewer <> session_user AND l.leased_until > clock_timestamp())
        < CASE i.state WHEN 'disputed' THEN 1 ELSE i.needed - (
            SELECT count(*) FROM review_verdicts AS v WHERE v.item_id = i.item_id AND {VALID}) END
"""  # noqa: S608

# Items that the reviewer has already come first, so asking twice returns the same item.
_FIND: Final = text(
    f"""
    SELECT i.item_id FROM review_items AS i JOIN tweets AS t ON {CAN_BE_READ}
    WHERE i.state = :state AND NOT {is_missed("i")} AND i.item_id <> ALL(CAST(:seen AS bigint[]))
      AND (CAST(:strategy AS text) IS NULL OR i.reasons @> jsonb_build_array(CAST(:strategy AS text)))
      AND {_SLOTS}
    ORDER BY EXISTS (SELECT FROM review_leases AS l WHERE l.item_id = i.item_id
                     AND l.reviewer = session_user AND l.leased_until > clock_timestamp()) DESC,
        i.priority DESC, i.item_id
    LIMIT 1 FOR UPDATE OF i SKIP LOCKED
    """  # noqa: S608 - no value is part of it
)
_NEEDS_SOMEBODY: Final = text(
    f"SELECT i.state <> 'done' AND {_SLOTS} FROM review_items AS i WHERE i.item_id = :item_id"  # noqa: S608
)
_LEASE: Final = text(
    "INSERT INTO review_leases (item_id, leased_until) VALUES (:item_id, now() + :duration) "
    "ON CONFLICT (item_id, reviewer) DO UPDATE SET leased_until = excluded.leased_until, "
    "leased_at = CASE WHEN review_leases.leased_until > now() THEN review_leases.leased_at ELSE now() END"
)


@dataclass(frozen=True, slots=True)
class NextRequest:
    """Which item a reviewer asks for.

    Attributes:
        strategy: only items that this strategy chose, or None.
        adjudicate: a disputed item, about which two others differ.
        duration: how long nobody else gets it.
    """

    strategy: str | None = None
    adjudicate: bool = False
    duration: timedelta = LEASE


def next_item(settings: Settings, request: NextRequest) -> ShownItem | None:
    """Lease the next item to this login, and return it; None if nothing waits.

    Raises:
        RetryableError: the database is away.
        FatalError: the login has not the rights of `ade_reviewer`, or the database was not migrated.
    """
    database = settings.database
    with (
        translate_driver_errors(database),
        checking_engine(database, database.statement_timeout).begin() as connection,
    ):
        item_id = lease_item(connection, request)
        return None if item_id is None else show_item(connection, item_id)


def lease_item(connection: Connection, request: NextRequest) -> int | None:
    """Lease the next item to the login of the session, in the caller's transaction, and return its number."""
    seen: list[int] = []
    state = "disputed" if request.adjudicate else "open"
    while True:
        parameters = {"state": state, "strategy": request.strategy, "seen": seen}
        item_id = connection.execute(_FIND, parameters).scalar()
        if item_id is None:
            return None
        if needs_somebody(connection, item_id):
            connection.execute(_LEASE, {"item_id": item_id, "duration": request.duration})
            return int(item_id)
        seen.append(item_id)


def needs_somebody(connection: Connection, item_id: int) -> bool:
    """Return True if the login of the session may give a verdict about an item that it has locked."""
    return bool(connection.execute(_NEEDS_SOMEBODY, {"item_id": item_id}).scalar_one())
