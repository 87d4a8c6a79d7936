"""Compliance events for the tests of the store."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from monitor.records import ComplianceEvent, EventKind
from monitor.store import AppliedEvent, AuditedEvent, Store
from tests.monitor.store.batches import POSTED

LATER = POSTED + timedelta(days=1)

_numbers = count()


def post_event(
    kind: str, post_id: str, *aliases: str, at: datetime | None = LATER, source: str | None = None
) -> AuditedEvent:
    """Return an event about a post, from a place of its own unless `source` names one."""
    return _audited(ComplianceEvent(EventKind(kind), post_id, None, at, aliases), source)


def author_event(
    kind: str, author_id: str = "author 7", *, at: datetime | None = LATER, source: str | None = None
) -> AuditedEvent:
    """Return an event about an author."""
    return _audited(ComplianceEvent(EventKind(kind), None, author_id, at), source)


async def apply(store: Store, *events: AuditedEvent, **options: Any) -> list[AppliedEvent]:
    """Apply events, and return what each one has changed."""
    return await store.apply_events(events, **options)


def by_hand(event: AuditedEvent) -> AuditedEvent:
    """Return the event as one that a person has requested."""
    return replace(event, by_hand=True)


def _audited(event: ComplianceEvent, source: str | None) -> AuditedEvent:
    return AuditedEvent(event, source or f"tweets/0/{next(_numbers)}", LATER)
