"""Two workers that change the counts of the same hours wait for each other instead of blocking each other."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from monitor.findings import DrugMention, DrugNaming
from monitor.records import ScoredPost
from monitor.store import Store
from monitor.store.columns import PredictionRow
from monitor.store.counting import CountedPost, add_to_counts
from monitor.store.effect_counts import count_effects
from monitor.store.posts import CountedPrediction, WrittenPost
from monitor.store.versions import History, add_arrivals
from tests.monitor.store.batches import POSTED, Tables, linked_to, negative_tweet, positive_tweet, write

LATER = POSTED + timedelta(hours=1)
FIRST_DRUG = DrugMention(9, 15, "zoloft", "amlodipine", DrugNaming.BRAND)
SECOND_DRUG = DrugMention(9, 15, "zoloft", "sertraline", DrugNaming.BRAND)
Count = Callable[[AsyncConnection], Awaitable[None]]


async def run_side_by_side(store: Store, tables: Tables, lock: str, first: Count, second: Count) -> None:
    """Run `first` and `second` in two transactions, which both wait for the rows that `lock` selects."""

    async def run(count: Count) -> None:
        async with store.engine.begin() as connection:
            await count(connection)

    with tables.connection.transaction():
        tables.rows(f"{lock} FOR UPDATE")
        waiting = []
        for count in (first, second):
            waiting.append(asyncio.create_task(run(count)))
            await wait_for_waiting(tables, len(waiting))
    await asyncio.gather(*waiting)


async def wait_for_waiting(tables: Tables, count: int) -> None:
    """Wait until so many sessions wait for a lock."""
    query = (
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    until = time.monotonic() + 20
    while tables.rows(query) != [(count,)]:
        assert time.monotonic() < until
        # Otherwise, a transaction sees the same sessions again and again.
        tables.rows("SELECT pg_stat_clear_snapshot()")
        await asyncio.sleep(0.02)


async def test_new_and_corrected_posts_of_two_hours_do_not_block_each_other(
    store: Store, tables: Tables
) -> None:
    await write(store, [positive_tweet("1"), positive_tweet("2", posted_at=LATER)])
    post = negative_tweet()

    def count(new: int, corrected: int) -> Count:
        hours = [POSTED, LATER]
        posts = [
            CountedPost(hours[new], post, 1, 0),
            CountedPost(hours[corrected], post, 0, -1, was_counted=True),
        ]
        return lambda connection: add_to_counts(connection, posts, bundle="old")

    lock = f"SELECT FROM hourly_counts WHERE hour < '{LATER.replace(minute=0, second=0)}'"
    await run_side_by_side(store, tables, lock, count(new=0, corrected=1), count(new=1, corrected=0))
    assert tables.rows("SELECT seen, positive FROM hourly_counts ORDER BY hour") == [(2, 0), (2, 0)]


async def test_edits_that_swap_their_effects_do_not_block_each_other(store: Store, tables: Tables) -> None:
    before = [linked_to(FIRST_DRUG, positive_tweet("1")), linked_to(SECOND_DRUG, positive_tweet("2"))]
    await write(store, before)
    after = [linked_to(SECOND_DRUG, positive_tweet("1")), linked_to(FIRST_DRUG, positive_tweet("2"))]

    def count(edit: ScoredPost) -> Count:
        arrivals = add_arrivals(History(), [edit])
        post = WrittenPost(POSTED, arrivals, counted=CountedPrediction(1, "ADE"), was_known=True)
        posts, new = {edit.received.post.id: post}, [PredictionRow(edit, 2, post.posted_at)]
        return lambda connection: count_effects(connection, posts, new, bundle="old")

    lock = "SELECT FROM hourly_effect_counts WHERE drug = 'amlodipine'"
    await run_side_by_side(store, tables, lock, count(after[1]), count(after[0]))
    rows = tables.rows("SELECT drug, posts FROM hourly_effect_counts ORDER BY 1")
    assert rows == [("amlodipine", 1), ("sertraline", 1)]
