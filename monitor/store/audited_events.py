"""Compliance events as the store applies them: what each kind does, and where an event came from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from monitor.records import ComplianceEvent, EventKind, ReceivedEvent, RetractionReason
from monitor.store.digests import author_subject, post_subject

REMOVES: Final[Mapping[EventKind, RetractionReason]] = {
    EventKind.DELETE: RetractionReason.DELETED,
    EventKind.WITHHELD: RetractionReason.WITHHELD,
    EventKind.USER_DELETE: RetractionReason.DELETED,
    EventKind.USER_PROTECT: RetractionReason.PROTECTED,
    EventKind.USER_SUSPEND: RetractionReason.SUSPENDED,
    EventKind.USER_WITHHELD: RetractionReason.WITHHELD,
}
"""The events that remove posts, and the reason that subscribers of their alerts get."""

LIFTS: Final[Mapping[EventKind, EventKind]] = {
    EventKind.UNDELETE: EventKind.DELETE,
    EventKind.USER_UNDELETE: EventKind.USER_DELETE,
    EventKind.USER_UNPROTECT: EventKind.USER_PROTECT,
    EventKind.USER_UNSUSPEND: EventKind.USER_SUSPEND,
}
"""The events that take back a removal. Posts may be stored again; what was erased does not come back."""

BY_HAND: Final = {EventKind.DELETE: "erase", EventKind.USER_DELETE: "user_erase"}
"""Names of removals that a person has requested. No event of a platform takes them back."""


@dataclass(frozen=True, slots=True)
class AuditedEvent:
    """A compliance event, and where it came from.

    Attributes:
        event: what happened.
        source: its place, such as `tweets/2/17` of a message. The same event from the same place is applied
            once.
        received_at: when it arrived.
        by_hand: True if a person has requested it, and not a platform.
        reason: why, in the person's words, or None.
        commanded: True if a command applies it, also one from a platform's file: it gets an audit entry.
    """

    event: ComplianceEvent
    source: str
    received_at: datetime
    by_hand: bool = False
    reason: str | None = None
    commanded: bool = False

    @property
    def name(self) -> str:
        """The name of the event in the tables."""
        return BY_HAND.get(self.event.kind, self.event.kind.value) if self.by_hand else self.event.kind.value

    @property
    def removes(self) -> bool:
        """True if it removes posts."""
        return self.event.kind in REMOVES

    @property
    def retraction(self) -> RetractionReason:
        """The reason that subscribers of the alerts get."""
        if self.event.kind is EventKind.TWEET_EDIT:
            return RetractionReason.EDITED
        return reason_of(self.name)

    @property
    def at(self) -> datetime:
        """When it happened, or when it arrived if the platform does not state it."""
        return self.event.at or self.received_at

    @property
    def names(self) -> tuple[str, ...]:
        """The ids of the post; empty if the event is about an author."""
        return () if self.event.post_id is None else (self.event.post_id, *self.event.aliases)

    @property
    def subjects(self) -> list[bytes]:
        """The digests of the post's ids, or of the author's id; the first one is in the audit."""
        if self.event.author_id is not None:
            return [author_subject(self.event.author_id)]
        return list(map(post_subject, self.names))


def reason_of(name: str) -> RetractionReason:
    """Return the reason that subscribers get for a removal with this name in the tables."""
    return RetractionReason.ERASED if name in BY_HAND.values() else REMOVES[EventKind(name)]


def audited(received: ReceivedEvent) -> AuditedEvent:
    """Return the event of a message, with the place of the message."""
    origin = received.origin
    return AuditedEvent(
        received.event, f"{origin.topic}/{origin.partition}/{origin.offset}", origin.timestamp
    )


@dataclass(slots=True)
class AppliedEvent:
    """What an event has changed.

    Attributes:
        audited: the event.
        event_id: number of its row in `compliance_events`; None if it was applied before.
        touched: number of rows, by table. `contexts` are posts that quoted or answered a removed post.
        names: the ids of the post that the database knew, besides those of the event.
        unmatched: True if stored posts of the author may not have been found: an author key is missing.
    """

    audited: AuditedEvent
    event_id: int | None
    touched: Counter[str] = field(default_factory=Counter)
    names: set[str] = field(default_factory=set)
    unmatched: bool = False

    @property
    def subjects(self) -> list[bytes]:
        """The digests of everything that the event is about."""
        return sorted({*self.audited.subjects, *map(post_subject, self.names)})
