"""The audit of commands and jobs that change many posts: one row for each run, with what it has touched.

The row is written in the transactions that change the posts. So it is right also for a run that was
interrupted.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from monitor.store.audit.appending import AuditEntry, append_audit

# Such a run has no subject, and no dead letters belong to it.
NOTE_RUN: Final = text(
    "INSERT INTO compliance_events AS t "
    "(event, subject, source, reason, received_at, done_at, letters_done_at, touched) "
    "VALUES (:event, '', :source, :reason, now(), clock_timestamp(), now(), CAST(:touched AS jsonb)) "
    "ON CONFLICT (source, event, subject) DO UPDATE SET "
    "received_at = excluded.received_at, done_at = excluded.done_at, touched = t.touched || ("
    "SELECT jsonb_object_agg(key, CAST(value AS bigint) + COALESCE(CAST(t.touched ->> key AS bigint), 0)) "
    "FROM jsonb_each_text(excluded.touched))"
)


@dataclass(frozen=True, slots=True)
class AuditedRun:
    """A run of a command or a job.

    Attributes:
        event: its name in the audit.
        source: distinguishes it from other runs.
        reason: what it was asked to do.
    """

    event: str
    source: str
    reason: str


async def note_run(connection: AsyncConnection, run: AuditedRun, touched: Mapping[str, int]) -> None:
    """Add numbers of rows, by table, to the row of a run, in the caller's transaction.

    Each call also appends an entry to the audit whose entries nobody changes. Call it last.
    """
    counts = {name: count for name, count in touched.items() if count}
    if counts:
        parameters = {"event": run.event, "source": run.source, "reason": run.reason}
        await connection.execute(NOTE_RUN, {**parameters, "touched": json.dumps(counts)})
        entry = AuditEntry(run.event, run.source, run.reason, {"rows": counts})
        await connection.run_sync(append_audit, entry)
