"""Cooldowns: one alert of a kind for some time, with several workers, edits and replays."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import text

from monitor.records import Alert
from monitor.store import Store
from monitor.store.cooldowns import CooldownRequest, Granted, expire_cooldowns, take_cooldowns
from tests.monitor.store.batches import POSTED, Tables

HOUR = 3_600


@dataclass
class Requests:
    """EffectDecisions that need cooldowns."""

    cooldowns: Sequence[CooldownRequest]
    detected_at: datetime = POSTED
    raised: list[Alert] = field(default_factory=list)

    def tags_of(self, tweet_id: str, effect: str) -> tuple[str, ...]:
        return ()

    def alerts(self, granted: Granted) -> Sequence[Alert]:
        return self.raised


def requests(*pairs: tuple[str, str], after: int = 0, seconds: int = HOUR) -> Requests:
    """Return requests of alerts, each with its key, some seconds after `POSTED`."""
    cooldowns = [CooldownRequest(key, seconds, alert_id) for key, alert_id in pairs]
    return Requests(cooldowns, POSTED + timedelta(seconds=after))


async def take(store: Store, needed: Requests) -> set[tuple[str, str]]:
    async with store.engine.begin() as connection:
        return await take_cooldowns(connection, needed)


async def test_a_second_alert_waits_until_the_cooldown_is_over(store: Store) -> None:
    assert await take(store, requests(("k", "a"))) == {("k", "a")}
    assert await take(store, requests(("k", "b"), after=HOUR - 1)) == set()
    assert await take(store, requests(("k", "c"), after=HOUR)) == {("k", "c")}
    assert await take(store, requests(("k", "d"), after=2 * HOUR - 1)) == set()


async def test_a_refused_alert_does_not_extend_the_cooldown(store: Store) -> None:
    await take(store, requests(("k", "a")))
    await take(store, requests(("k", "b"), after=HOUR - 1, seconds=100 * HOUR))
    assert await take(store, requests(("k", "c"), after=HOUR)) == {("k", "c")}


async def test_the_first_effect_of_a_batch_gets_the_key(store: Store) -> None:
    needed = requests(("k", "b"), ("other", "b"), ("k", "a"), ("last", "a"))
    assert await take(store, needed) == {("k", "b"), ("other", "b"), ("last", "a")}


async def test_without_requests_nothing_is_asked(store: Store, tables: Tables) -> None:
    assert await take(store, requests()) == set()
    assert tables.rows("SELECT key FROM alert_cooldowns") == []


async def test_an_alert_in_the_outbox_needs_no_cooldown(store: Store, tables: Tables) -> None:
    tables.run("INSERT INTO alert_outbox (alert_id, tweet_id, payload) VALUES ('a', '1', '{}')")
    await take(store, requests(("k", "b")))
    assert await take(store, requests(("k", "a"), ("k", "c"))) == {("k", "a")}
    tables.run("UPDATE alert_outbox SET action = 'retract', reason = 'x', retracted_at = now()")
    assert await take(store, requests(("k", "a"))) == set()


async def test_a_transaction_that_fails_starts_no_cooldown(store: Store) -> None:
    async with store.engine.connect() as connection, connection.begin() as transaction:
        assert await take_cooldowns(connection, requests(("k", "a")))
        await transaction.rollback()
    assert await take(store, requests(("k", "b"))) == {("k", "b")}


async def test_of_two_workers_at_once_one_gets_the_key(store: Store) -> None:
    for commits in (True, False):
        key = f"k{commits}"
        async with store.engine.connect() as first, first.begin() as transaction:
            assert await take_cooldowns(first, requests((key, "a")))
            second = asyncio.create_task(take(store, requests((key, "b"))))
            await _until_waiting(store)
            await (transaction.commit() if commits else transaction.rollback())
        assert await second == (set() if commits else {(key, "b")})


async def test_two_workers_with_the_same_keys_do_not_block_each_other(store: Store) -> None:
    keys = [f"k{number}" for number in range(50)]
    both = await asyncio.gather(
        *(take(store, requests(*((key, name) for key in order))) for name, order in _orders(keys))
    )
    assert sorted(key for granted in both for key, _ in granted) == sorted(keys)


def _orders(keys: list[str]) -> list[tuple[str, list[str]]]:
    return [("a", keys), ("b", keys[::-1]), ("c", keys[25:] + keys[:25])]


async def test_cooldowns_that_are_over_are_removed(store: Store, tables: Tables) -> None:
    tables.run(
        "INSERT INTO alert_cooldowns VALUES ('over', now() - interval '1 s'), "
        "('runs', now() + interval '1 h')"
    )
    async with store.engine.begin() as connection:
        assert await expire_cooldowns(connection) == 1
    assert tables.rows("SELECT key FROM alert_cooldowns") == [("runs",)]


async def _until_waiting(store: Store) -> None:
    """Wait until a transaction waits for another one."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    async with store.engine.connect() as connection:
        while not await connection.scalar(waiting):
            await asyncio.sleep(0.01)
            await connection.rollback()
