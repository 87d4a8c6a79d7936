"""Deletions and other compliance events: what they change in the database, with an audit row for each."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from monitor.records import EventKind
from monitor.store import erasing_statements as sql
from monitor.store.admission import LatePost
from monitor.store.audit.appending import AuditEntry, append_audit
from monitor.store.audited_events import AppliedEvent, AuditedEvent, reason_of
from monitor.store.author_keys import AuthorKeys, has_unknown_keys
from monitor.store.digests import post_subject
from monitor.store.erasing import Removal, erase_posts
from monitor.store.statements import LOCK_FOR_DELETING, RETRACT_ALERTS_OF_EDITED
from monitor.store.tombstones import TombstoneRow, put_tombstones, write_tombstones
from monitor.store.versions import UNKNOWN


async def apply_events(
    connection: AsyncConnection, events: Sequence[AuditedEvent], keys: AuthorKeys
) -> list[AppliedEvent]:
    """Apply events in their order, in the caller's transaction; no batch is written at the same time.

    An event that was applied before changes nothing.

    Args:
        connection: in a transaction that has not read anything yet.
        events: the events.
        keys: those of the authors' hashes; without them, stored posts of an author cannot be found.
    """
    await connection.execute(LOCK_FOR_DELETING)
    applied = await _write_audit(connection, events)
    new = [event for event in applied if event.event_id is not None]
    removals = await _removals(connection, [event for event in new if event.audited.removes], keys)
    await erase_posts(connection, removals)
    await _expect_versions(
        connection, [event for event in new if event.audited.event.kind is EventKind.TWEET_EDIT]
    )
    await write_tombstones(connection, new)
    await _finish_audit(connection, new)
    for event in new:
        if event.audited.commanded:
            await connection.run_sync(append_audit, _entry_of(event))
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
    connection: AsyncConnection, events: Sequence[AppliedEvent], keys: AuthorKeys
) -> list[Removal]:
    """Find out which ids the events remove, and note them in the events."""
    names_of: list[set[str]] = []
    for event in events:
        if event.audited.event.author_id is None:
            names_of.append(set(event.audited.names))
        else:
            names_of.append(await _posts_of_author(connection, event, keys))
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


async def _posts_of_author(connection: AsyncConnection, event: AppliedEvent, keys: AuthorKeys) -> set[str]:
    hashes = keys.hashes(event.audited.event.author_id)
    event.unmatched = not hashes or await has_unknown_keys(connection, keys)
    if not hashes:
        return set()
    parameters = {"author_hashes": hashes, "at": event.audited.at}
    return set((await connection.execute(sql.POSTS_OF_AUTHOR, parameters)).scalars())


async def remove_late_posts(connection: AsyncConnection, late: Sequence[LatePost]) -> Counter[str]:
    """Remove what is stored of posts that were left out, with their reposts and quotes.

    All their ids get tombstones of the same event, so that it lifts them, too, when the platform takes it
    back.

    Returns:
        The number of rows by table.
    """
    await connection.execute(LOCK_FOR_DELETING)
    rows = [
        TombstoneRow(post_subject(name), post.tombstone.event, post.tombstone.at, post.tombstone.event_id)
        for post in late
        for name in post.names
    ]
    await put_tombstones(connection, rows)
    removals = [Removal(post.names, reason_of(post.tombstone.event), Counter()) for post in late]
    await erase_posts(connection, removals)
    touched: Counter[str] = Counter()
    for post, removal in zip(late, removals, strict=True):
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


def _entry_of(event: AppliedEvent) -> AuditEntry:
    """Return the audit entry of an event that a command has applied, with the digest of the id."""
    audited = event.audited
    details = {
        "event": audited.name,
        "command": audited.source,
        "compliance_event": event.event_id,
        "rows": dict(+event.touched),
        "unmatched": event.unmatched,
    }
    action = "erase" if audited.by_hand else "compliance"
    return AuditEntry(action, audited.subjects[0].hex(), audited.reason, details)
