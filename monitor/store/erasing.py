"""Deletions and other compliance events: what they change in the database, with an audit row for each.

A removed post stays as a row without a name: predictions and counts are kept, and everything that shows what
was written, by whom and where is gone. A tombstone keeps it from being stored again.
"""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
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
    matched = await _matched_names(connection, new)
    for event in new:
        if event.audited.event.author_id is not None:
            if event.audited.removes:
                await _remove_posts_of_author(connection, event, author_key)
        elif matched.intersection(event.audited.names):
            if event.audited.removes:
                await _remove_post(connection, event)
            elif event.audited.event.kind is EventKind.TWEET_EDIT:
                await _expect_version(connection, event)
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


async def _matched_names(connection: AsyncConnection, events: Sequence[AppliedEvent]) -> set[str]:
    """Return those names of posts in `events` that the database has. Most events are about other posts."""
    names = sorted({name for event in events for name in event.audited.names})
    if not names:
        return set()
    return set((await connection.execute(sql.MATCHED_NAMES, {"names": names})).scalars())


async def _remove_post(connection: AsyncConnection, event: AppliedEvent) -> None:
    names = set((await connection.execute(sql.POSTS_NAMED, {"names": list(event.audited.names)})).scalars())
    names |= set((await connection.execute(sql.ALIASES_OF, {"names": sorted(names)})).scalars())
    event.names |= names
    event.touched += await _erase(connection, sorted(names), event.audited.retraction)


async def _remove_posts_of_author(
    connection: AsyncConnection, event: AppliedEvent, author_key: bytes | None
) -> None:
    hashed = author_hash(event.audited.event.author_id, author_key)
    event.unmatched = hashed is None
    if hashed is None:
        return
    parameters = {"author_hash": hashed, "at": event.audited.at}
    names = set((await connection.execute(sql.POSTS_OF_AUTHOR, parameters)).scalars())
    if names:
        names |= set((await connection.execute(sql.ALIASES_OF, {"names": sorted(names)})).scalars())
        event.names |= names
        event.touched += await _erase(connection, sorted(names), event.audited.retraction)


async def _erase(connection: AsyncConnection, names: Sequence[str], reason: RetractionReason) -> Counter[str]:
    """Erase the posts with these names and their reposts, and what other posts quote of them.

    Returns:
        The number of rows by table.
    """
    posts = await connection.execute(sql.POSTS_AND_REPOSTS, {"names": names})
    old = sorted(posts.scalars())
    touched: Counter[str] = Counter()
    if old:
        ids = {"old": old, "new": [f"{ERASED}{uuid.uuid4().hex}" for _ in old]}
        touched["mentions"] = (await connection.execute(sql.DELETE_MENTIONS, ids)).rowcount
        touched["post_aliases"] = (await connection.execute(sql.DELETE_ALIASES, ids)).rowcount
        retraction = {**ids, "reason": reason.value}
        touched["alert_outbox"] = (await connection.execute(sql.RETRACT_ALERTS, retraction)).rowcount
        touched["tweets"] = (await connection.execute(sql.ERASE_TWEETS, ids)).rowcount
        touched["predictions"] = (await connection.execute(sql.ERASE_PREDICTIONS, ids)).rowcount
    touched["contexts"] = (await connection.execute(sql.FORGET_REFERENCES, {"names": names})).rowcount
    return +touched


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
    touched: Counter[str] = Counter()
    for post in late:
        erased = await _erase(connection, list(post.names), reason_of(post.tombstone.event))
        touched.update(erased)
        if erased:
            parameters = {"id": post.tombstone.event_id, "touched": json.dumps(erased)}
            await connection.execute(sql.ADD_TOUCHED, parameters)
    return touched


async def _expect_version(connection: AsyncConnection, event: AppliedEvent) -> None:
    """Remove the text of a post of which a newer version was announced, until that version arrives."""
    names = list((await connection.execute(sql.POSTS_NAMED, {"names": list(event.audited.names)})).scalars())
    known = set((await connection.execute(sql.ALIASES_OF, {"names": names})).scalars())
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
    if rows:
        names = ("subject", "event", "at", "event_id")
        columns = {name: list(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)}
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
