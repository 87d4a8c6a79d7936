"""How much waits in the outbox, and for how long."""

from __future__ import annotations

from typing import Any

import psycopg
from sqlalchemy.ext.asyncio import AsyncEngine

from monitor.alerts import read_outbox_state
from monitor.alerts.outbox_state import OutboxState
from tests.monitor.alerts.conftest import Fill
from tests.monitor.alerts.relays import retract_in_outbox

AN_HOUR_AGO = "UPDATE alert_outbox SET created_at = now() - interval '1 hour'"


async def state_of(engine: AsyncEngine) -> OutboxState:
    async with engine.connect() as connection:
        return await read_outbox_state(connection)


async def test_what_was_published_does_not_wait(
    engine: AsyncEngine, fill: Fill, outbox: psycopg.Connection[Any]
) -> None:
    assert await state_of(engine) == OutboxState(changes=0, first=None, oldest_s=0)
    fill(3)
    outbox.execute(AN_HOUR_AGO)
    state = await state_of(engine)
    assert state.changes == 3
    assert 3_600 <= state.oldest_s < 3_900
    outbox.execute("UPDATE alert_outbox SET published_at = now()")
    assert await state_of(engine) == OutboxState(changes=0, first=None, oldest_s=0)


async def test_a_retraction_waits_since_it_was_made_however_old_its_alert_is(
    engine: AsyncEngine, fill: Fill, outbox: psycopg.Connection[Any]
) -> None:
    [alert_id] = fill(1)
    outbox.execute(AN_HOUR_AGO)
    outbox.execute("UPDATE alert_outbox SET published_at = now()")
    retract_in_outbox(outbox, alert_id)
    state = await state_of(engine)
    assert state.changes == 1
    assert state.oldest_s < 300


async def test_the_first_change_stays_the_same_while_it_waits(
    engine: AsyncEngine, fill: Fill, outbox: psycopg.Connection[Any]
) -> None:
    fill(2)
    first = (await state_of(engine)).first
    assert (await state_of(engine)).first == first
    outbox.execute("UPDATE alert_outbox SET published_at = now() WHERE seq = %s", (first,))
    assert (await state_of(engine)).first != first
