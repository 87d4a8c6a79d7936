"""Erasures by hand: the database first, then the alerts in Redis and the dead letters."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from monitor.alerts import Relay
from monitor.alerts.redis import RedisPublisher
from monitor.compliance.letter_scrubber import LetterScrubber
from monitor.deadletters import ScrubResult, scrub_letters
from monitor.errors import MonitorError
from monitor.settings import Settings
from monitor.store import AppliedEvent, AuditedEvent, Store

AT_ONCE: Final = 500
"""Number of events in a transaction. While it runs, no worker writes."""


@dataclass(slots=True)
class Erasure:
    """The result of an erasure.

    Attributes:
        events: number of events by their name in the audit.
        touched: number of rows by table.
        without_match: events about posts or authors that the database did not have. Their tombstones wait.
        unmatched: events about authors whose stored posts may not all have been found: a key was missing.
        letters: the dead letters, and how many of them were removed; None if another process removes them.
        problems: what could not be done now, and who will do it.
    """

    events: Counter[str] = field(default_factory=Counter)
    touched: Counter[str] = field(default_factory=Counter)
    without_match: int = 0
    unmatched: int = 0
    letters: ScrubResult | None = None
    problems: list[str] = field(default_factory=list)


def erase(settings: Settings, events: Sequence[AuditedEvent], *, dry_run: bool = False) -> Erasure:
    """Apply events everywhere: in the database, in Redis and in the dead letters.

    Args:
        settings: where all of these are.
        events: deletions and other compliance events.
        dry_run: change nothing, and report what would change.

    Raises:
        MonitorError: the database is away or refuses, and what was not done yet is not done.
    """
    return asyncio.run(_erase(settings, events, dry_run=dry_run))


async def _erase(settings: Settings, events: Sequence[AuditedEvent], *, dry_run: bool) -> Erasure:
    store = Store(settings)
    erasure = Erasure()
    ids: set[str] = set()
    try:
        await store.check_revision()
        for first in range(0, len(events), AT_ONCE):
            applied = await store.apply_events(events[first : first + AT_ONCE], dry_run=dry_run)
            for event in applied:
                _add(erasure, event)
                ids |= _removed_ids(event)
        if dry_run:
            await _rehearse_letters(settings, ids, erasure)
        else:
            await _publish(settings, store, erasure)
            await _scrub(settings, erasure)
    finally:
        await store.close()
    return erasure


def _add(erasure: Erasure, event: AppliedEvent) -> None:
    erasure.events[event.audited.name] += 1
    erasure.touched.update(event.touched)
    erasure.unmatched += event.unmatched
    erasure.without_match += event.audited.removes and not event.unmatched and not +event.touched


def _removed_ids(event: AppliedEvent) -> set[str]:
    if not event.audited.removes:
        return set()
    author_id = event.audited.event.author_id
    return {*event.audited.names, *event.names, *([author_id] if author_id else ())}


async def _rehearse_letters(settings: Settings, ids: set[str], erasure: Erasure) -> None:
    try:
        erasure.letters = await asyncio.to_thread(
            scrub_letters, settings.kafka, ids.intersection, dry_run=True
        )
    except MonitorError as error:
        erasure.problems.append(f"the dead letters cannot be read: {error}")


async def _publish(settings: Settings, store: Store, erasure: Erasure) -> None:
    publisher = RedisPublisher(settings)
    try:
        await Relay(settings, store.engine, publisher).publish_pending()
        await publisher.purge()
    except MonitorError as error:
        erasure.problems.append(f"alerts wait for their retraction, and a worker will do it: {error}")
    finally:
        await publisher.close()


async def _scrub(settings: Settings, erasure: Erasure) -> None:
    try:
        erasure.letters = await LetterScrubber(settings).scrub()
    except MonitorError as error:
        erasure.problems.append(f"dead letters wait for their removal, and a worker will do it: {error}")
