"""Deletions and other compliance events: what they change in the database, with an audit row for each.

A removed post stays as a row without a name: predictions and counts are kept, and everything that shows what
was written, by whom and where is gone. A tombstone keeps it from being stored again.
"""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from monitor.records import EventKind, RetractionReason
from monitor.store import erasing_statements as sql
from monitor.store.admission import LatePost
from monitor.store.audited_events import LIFTS, AppliedEvent, AuditedEvent, reason_of
from monitor.store.digests import author_hash, post_subject
from monitor.store.statements import LOCK_FOR_DELETING, RETRACT_ALERTS_OF_EDITED
from monitor.store.versions import UNKNOWN

ERASED: Final = "erased:"
"""Start of the id of a post that was erased. A random number follows."""

NAMES_AT_ONCE: Final = 5_000
"""Number of ids in a statement, so that an author of any number of posts is erased within its timeout."""

ERASING_STEPS: Final = {
    "mentions": sql.DELETE_MENTIONS,
    "post_aliases": sql.DELETE_ALIASES,
    "alert_outbox": sql.RETRACT_ALERTS,
    "tweets": sql.ERASE_TWEETS,
    "predictions": sql.ERASE_PREDICTIONS,
}
"""What erases posts in each table, in this order. Each statement returns the old id of each row."""


@dataclass(frozen=True, slots=True)
class Removal:
    """Posts that are to be erased.

    Attributes:
        names: all ids of the posts.
        reason: the reason that subscribers of their alerts get.
        touched: here, the rows are counted by table.
    """

    names: Collection[str]
    reason: RetractionReason
    touched: Counter[str]


async def apply_events(
    connection: AsyncConnection, events: Sequence[AuditedEvent], author_key: bytes | None
) -> list[AppliedEvent]:
    """Apply events in their order, in the caller's transaction; no batch is written at the same time.

    An event that was applied before changes nothing.

    Args:
        connection: in a transaction that has not read anything yet.
        events: the events.
        author_key: key of the authors' hashes; without it, stored posts of an author cannot be found.
    """
    await connection.execute(LOCK_FOR_DELETING)
    applied = await _write_audit(connection, events)
    new = [event for event in applied if event.event_id is not None]
    removals = await _removals(connection, [event for event in new if event.audited.removes], author_key)
    await erase_posts(connection, removals)
    await _expect_versions(
        connection, [event for event in new if event.audited.event.kind is EventKind.TWEET_EDIT]
    )
    await _write_tombstones(connection, new)
    await _finish_audit(connection, new)
    return applied


async def _write_audit(connection: AsyncConnection, events: Sequence[AuditedEvent]) -> list[AppliedEvent]:
    if not events:
        return []
    parameters = {
        "event": [event.name for event in events],
        "subject": [event.subjects[0] for event in events],
        "source": [event.source for event in events],
        "reason": [event.reason for event in events],
        "event_at": [event.event.at for event in events],
        "received_at": [event.received_at for event in events],
    }
    rows = await connection.execute(sql.PUT_EVENTS, parameters)
    ids = {(row.event, bytes(row.subject), row.source): row.id for row in rows}
    # `pop`: the same event twice in one message is applied once.
    return [
        AppliedEvent(event, ids.pop((event.name, event.subjects[0], event.source), None)) for event in events
    ]


async def _removals(
    connection: AsyncConnection, events: Sequence[AppliedEvent], author_key: bytes | None
) -> list[Removal]:
    """Find out which ids the events remove, and note them in the events."""
    names_of: list[set[str]] = []
    for event in events:
        if event.audited.event.author_id is None:
            names_of.append(set(event.audited.names))
        else:
            names_of.append(await _posts_of_author(connection, event, author_key))
    names = sorted(set().union(*names_of))
    if not names:
        return []
    stored_id: dict[str, str] = {}
    aliases: dict[str, set[str]] = {}
    for row in await connection.execute(sql.ALIASES_OF, {"names": names}):
        stored_id[row.alias] = row.tweet_id
        aliases.setdefault(row.tweet_id, set()).add(row.alias)
    removals = []
    for event, names_of_event in zip(events, names_of, strict=True):
        for stored in {stored_id.get(name, name) for name in names_of_event}:
            names_of_event |= {stored, *aliases.get(stored, ())}
        event.names |= names_of_event
        removals.append(Removal(names_of_event, event.audited.retraction, event.touched))
    return removals


async def _posts_of_author(
    connection: AsyncConnection, event: AppliedEvent, author_key: bytes | None
) -> set[str]:
    hashed = author_hash(event.audited.event.author_id, author_key)
    event.unmatched = hashed is None
    if hashed is None:
        return set()
    parameters = {"author_hash": hashed, "at": event.audited.at}
    return set((await connection.execute(sql.POSTS_OF_AUTHOR, parameters)).scalars())


async def erase_posts(connection: AsyncConnection, removals: Sequence[Removal]) -> None:
    """Erase posts and their reposts, and what other posts quote of them. Each removal counts its rows."""
    by_name: dict[str, Removal] = {}
    for removal in removals:
        for name in removal.names:
            by_name.setdefault(name, removal)
    names = sorted(by_name)
    for first in range(0, len(names), NAMES_AT_ONCE):
        await _erase_names(connection, names[first : first + NAMES_AT_ONCE], by_name)


async def _erase_names(
    connection: AsyncConnection, names: Sequence[str], by_name: Mapping[str, Removal]
) -> None:
    erased: dict[str, Removal] = {}
    quoting: dict[str, Removal] = {}
    for row in await connection.execute(sql.POSTS_AND_REFERENCES, {"names": names}):
        (erased if row.erased else quoting).setdefault(row.tweet_id, by_name[row.name])
    quoting = {tweet_id: removal for tweet_id, removal in quoting.items() if tweet_id not in erased}
    if erased:
        old = sorted(erased)
        parameters = {
            "old": old,
            "new": [f"{ERASED}{uuid.uuid4().hex}" for _ in old],
            "reason": [erased[tweet_id].reason.value for tweet_id in old],
        }
        for table, statement in ERASING_STEPS.items():
            for tweet_id in (await connection.execute(statement, parameters)).scalars():
                erased[tweet_id].touched[table] += 1
    if quoting:
        references = {"tweet_ids": sorted(quoting), "names": names}
        forgotten = await connection.execute(sql.FORGET_REFERENCES, references)
        for tweet_id in forgotten.scalars():
            quoting[tweet_id].touched["contexts"] += 1


async def remove_late_posts(connection: AsyncConnection, late: Sequence[LatePost]) -> Counter[str]:
    """Remove the reposts and quotes of posts that came after their author was removed.

    The posts themselves were left out. They get tombstones of the same event, so that it lifts them, too,
    when the platform takes it back.

    Returns:
        The number of rows by table.
    """
    await connection.execute(LOCK_FOR_DELETING)
    rows = [
        (post_subject(name), post.tombstone.event, post.tombstone.at, post.tombstone.event_id)
        for post in late
        for name in post.names
    ]
    await _put_rows(connection, rows)
    removals = [Removal(post.names, reason_of(post.tombstone.event), Counter()) for post in late]
    await erase_posts(connection, removals)
    touched: Counter[str] = Counter()
    for post, removal in zip(late, removals, strict=True):
        if removal.touched:
            touched.update(removal.touched)
            parameters = {"id": post.tombstone.event_id, "touched": json.dumps(removal.touched)}
            await connection.execute(sql.ADD_TOUCHED, parameters)
    return touched


async def _expect_versions(connection: AsyncConnection, events: Sequence[AppliedEvent]) -> None:
    """Apply announcements of edits. Most of them are about posts that the database does not have."""
    names = sorted({name for event in events for name in event.audited.names})
    known = set((await connection.execute(sql.KNOWN_NAMES, {"names": names})).scalars()) if names else set()
    for event in events:
        if not known.isdisjoint(event.audited.names):
            await _expect_version(connection, event)


async def _expect_version(connection: AsyncConnection, event: AppliedEvent) -> None:
    """Remove the text of a post of which a newer version was announced, until that version arrives."""
    rows = (await connection.execute(sql.ALIASES_OF, {"names": list(event.audited.names)})).all()
    names = sorted({*event.audited.names, *(row.tweet_id for row in rows)})
    known = {row.alias for row in rows}
    versions = set(event.audited.event.aliases)
    if versions and versions <= known | {event.audited.event.post_id}:
        return
    parameters = {"names": names, "at": event.audited.at, "has_versions": bool(versions)}
    parameters["unknown"] = UNKNOWN
    changed = list((await connection.execute(sql.EXPECT_VERSION, parameters)).scalars())
    event.touched["tweets"] += len(changed)
    retraction = {"edited": changed, "kept": []}
    event.touched["alert_outbox"] += (await connection.execute(RETRACT_ALERTS_OF_EDITED, retraction)).rowcount
    for tweet_id in changed:
        aliases = sorted(versions - {tweet_id})
        await connection.execute(sql.PUT_ALIASES_OF_EDIT, {"tweet_id": tweet_id, "aliases": aliases})


async def _write_tombstones(connection: AsyncConnection, events: Sequence[AppliedEvent]) -> None:
    """Set and lift tombstones in the order of the events."""
    waiting: list[AppliedEvent] = []
    for event in events:
        if event.audited.removes:
            waiting.append(event)
        elif (lifted := LIFTS.get(event.audited.event.kind)) is not None:
            await _put_tombstones(connection, waiting)
            waiting = []
            parameters = {"event": lifted.value, "at": event.audited.at, "subjects": event.subjects}
            result = await connection.execute(sql.LIFT_TOMBSTONES, parameters)
            event.touched["tombstones"] += result.rowcount
    await _put_tombstones(connection, waiting)


async def _put_tombstones(connection: AsyncConnection, events: Sequence[AppliedEvent]) -> None:
    await _put_rows(connection, list(_tombstones(events)))


async def _put_rows(connection: AsyncConnection, rows: Sequence[tuple[object, ...]]) -> None:
    names = ("subject", "event", "at", "event_id")
    for first in range(0, len(rows), NAMES_AT_ONCE):
        values = zip(*rows[first : first + NAMES_AT_ONCE], strict=True)
        columns = {name: list(column) for name, column in zip(names, values, strict=True)}
        await connection.execute(sql.PUT_TOMBSTONES, columns)


def _tombstones(events: Sequence[AppliedEvent]) -> Iterator[tuple[object, ...]]:
    for event in events:
        for subject in event.subjects:
            yield subject, event.audited.name, event.audited.at, event.event_id


async def _finish_audit(connection: AsyncConnection, events: Sequence[AppliedEvent]) -> None:
    if not events:
        return
    parameters = {
        "id": [event.event_id for event in events],
        "touched": [json.dumps(+event.touched) for event in events],
        "unmatched": [event.unmatched for event in events],
        "removes": [event.audited.removes for event in events],
    }
    await connection.execute(sql.FINISH_EVENTS, parameters)
