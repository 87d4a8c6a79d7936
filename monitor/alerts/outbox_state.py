"""How many changes of alerts wait in the outbox, and for how long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

MOST_COUNTED: Final = 100_000
"""Changes that are counted. After days without Redis there may be millions, and each worker counts."""

# A row does not have the time of a change by an edit, and is as old as its alert.
STATE: Final = text(
    f"""
    SELECT count(*) AS changes, min(seq) AS first, extract(epoch FROM now() - min(since)) AS oldest_s
    FROM (
        SELECT seq,
            CASE WHEN action = 'retract' THEN retracted_at WHEN revision = 1 THEN created_at END AS since
        FROM alert_outbox WHERE published_at IS NULL ORDER BY seq LIMIT {MOST_COUNTED}
    ) AS waiting
    """  # noqa: S608 - the number is ours
)


@dataclass(frozen=True, slots=True)
class OutboxState:
    """What waits in the outbox.

    Attributes:
        changes: number of alerts, changes and retractions that wait, up to `MOST_COUNTED`.
        first: number of the first of them, which stays the same while it waits; None if none waits.
        oldest_s: seconds that the oldest new alert or retraction has waited, 0 if none waits.
    """

    changes: int
    first: int | None
    oldest_s: float


async def read_outbox_state(connection: AsyncConnection) -> OutboxState:
    """Return what waits now."""
    row = (await connection.execute(STATE)).one()
    return OutboxState(row.changes, row.first, max(0.0, float(row.oldest_s or 0)))
