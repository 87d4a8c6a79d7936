"""Tombstones keep removed posts and authors out: they are set, lifted and looked up by digests of ids."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Final, NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from monitor.store import erasing_statements as sql
from monitor.store.audited_events import LIFTS, AppliedEvent
from monitor.store.digests import author_subject, post_subject

AT_ONCE: Final = 5_000
"""Number of tombstones in a statement, so that many of them are written within its timeout."""


class TombstoneRow(NamedTuple):
    """A row of `tombstones`: a digest of an id, what removed it, when, and the number of that event."""

    subject: bytes
    event: str
    at: datetime
    event_id: int | None


@dataclass(frozen=True, slots=True)
class Tombstone:
    """What removed a post or an author, and when.

    Attributes:
        event: name of the event in the audit.
        at: when it happened, timezone-aware.
        event_id: its number in the audit.
    """

    event: str
    at: datetime
    event_id: int


Tombstones = Mapping[bytes, Tombstone]
"""The latest tombstone of each subject that has one."""


async def find_tombstones(connection: AsyncConnection, subjects: Collection[bytes]) -> Tombstones:
    """Return the tombstones of these digests."""
    removed: dict[bytes, Tombstone] = {}
    parameters = {"subjects": [subject.hex() for subject in sorted(subjects)]}
    for row in await connection.execute(sql.FIND_TOMBSTONES, parameters):
        subject, tombstone = bytes(row.subject), Tombstone(row.event, row.at, row.event_id)
        removed[subject] = max(tombstone, removed.get(subject, tombstone), key=attrgetter("at"))
    return removed


async def find_removed(connection: AsyncConnection, ids: Sequence[str]) -> set[str]:
    """Return those ids that name a removed post, or an author whose posts were removed."""
    names = {digest(name): name for name in ids for digest in (post_subject, author_subject)}
    return {names[subject] for subject in await find_tombstones(connection, names)}


async def write_tombstones(connection: AsyncConnection, events: Sequence[AppliedEvent]) -> None:
    """Set and lift tombstones in the order of the events."""
    waiting: list[AppliedEvent] = []
    for event in events:
        if event.audited.removes:
            waiting.append(event)
        elif (lifted := LIFTS.get(event.audited.event.kind)) is not None:
            await put_tombstones(connection, _rows_of(waiting))
            waiting = []
            parameters = {"event": lifted.value, "at": event.audited.at, "subjects": event.subjects}
            result = await connection.execute(sql.LIFT_TOMBSTONES, parameters)
            event.touched["tombstones"] += result.rowcount
    await put_tombstones(connection, _rows_of(waiting))


async def put_tombstones(connection: AsyncConnection, rows: Sequence[TombstoneRow]) -> None:
    """Set tombstones. Of several for one subject and event, the time of the latest counts."""
    for first in range(0, len(rows), AT_ONCE):
        values = zip(*rows[first : first + AT_ONCE], strict=True)
        columns = {name: list(column) for name, column in zip(TombstoneRow._fields, values, strict=True)}
        await connection.execute(sql.PUT_TOMBSTONES, columns)


def _rows_of(events: Sequence[AppliedEvent]) -> list[TombstoneRow]:
    return [
        TombstoneRow(subject, event.audited.name, event.audited.at, event.event_id)
        for event in events
        for subject in event.subjects
    ]
