"""Until when everything of a stream has arrived."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

from monitor.connect.contact_time import ContactTime

START = datetime(2026, 3, 14, 9, tzinfo=UTC)
NOW = START + timedelta(minutes=10)


async def items(*pauses: float) -> AsyncIterator[int]:
    for number, pause in enumerate(pauses):
        await asyncio.sleep(pause)
        yield number


async def moves(contact: ContactTime, event_at: datetime | None, *pauses: float) -> list[datetime]:
    return [contact.move(event_at) async for _ in contact.watch(items(*pauses))]


async def test_something_that_was_waited_for_is_from_now() -> None:
    contact = ContactTime(START, lambda: NOW, live_after=0.02)
    assert await moves(contact, None, 0.0, 0.05) == [START, NOW]


async def test_something_from_a_buffer_is_as_old_as_its_event() -> None:
    contact = ContactTime(START, lambda: NOW, live_after=60)
    event_at = START + timedelta(minutes=1)
    assert await moves(contact, event_at, 0.0) == [event_at]
    assert await moves(contact, None, 0.0) == [event_at]


async def test_the_time_neither_goes_back_nor_into_the_future() -> None:
    contact = ContactTime(START, lambda: NOW, live_after=60)
    assert await moves(contact, START - timedelta(days=1), 0.0) == [START]
    assert await moves(contact, NOW + timedelta(days=1), 0.0) == [NOW]
