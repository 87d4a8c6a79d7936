"""Dates that lie in the future: a clock or a producer is wrong, and the time of arrival is closer.

A post of the year 2099 would stay on top of every list until then. An edit of that year would make all later
edits count as old, and a deletion would keep out what the author writes after it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from monitor.records import ComplianceEvent, Post

TOLERANCE: Final = timedelta(days=1)
"""How far a date may lie in the future: local times without a zone are up to 14 hours off."""


def without_future_dates(post: Post, received: datetime, now: datetime) -> Post:
    """Return a post whose dates beyond `TOLERANCE` are replaced.

    Args:
        post: the post.
        received: when Kafka received it, timezone-aware. It replaces the time of an edit. A post without its
            own date has it anyway.
        now: the present time, timezone-aware.
    """
    latest = now + TOLERANCE
    if post.created_at is not None and post.created_at > latest:
        post = replace(post, created_at=None)
    if post.edited_at is not None and post.edited_at > latest:
        post = replace(post, edited_at=received)
    return post


def event_without_future_date(event: ComplianceEvent, now: datetime) -> ComplianceEvent:
    """Return an event without its time if that lies beyond `TOLERANCE`; the time of arrival counts then."""
    return replace(event, at=None) if event.at is not None and event.at > now + TOLERANCE else event
