"""Tweets may come twice, in any order and through several workers: the tables have each of them once."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence

from hypothesis import HealthCheck, given
from hypothesis import settings as profile
from hypothesis import strategies as st

from monitor.errors import RetryableError
from monitor.records import ScoredPost
from monitor.settings import Settings
from monitor.store import Store
from tests.monitor.store.batches import (
    Tables,
    alert,
    mention_of,
    negative_tweet,
    positive_tweet,
    scored,
    write,
)

# Postgres stores neither NUL nor lone surrogates, so the message contract replaces them.
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=40)
DIFFICULT = [
    "“quoted” 'single' \"double\" \\",
    "عندي صداع من الدواء",
    "👩‍⚕️💊😵‍💫 é é",
    "{1,2,NULL}",
    "%s %(x)s :x $1",
    "'); --",
]
BUNDLES = ["old", "new"]

batches = st.lists(st.tuples(st.lists(st.integers(0, 4), max_size=6), st.sampled_from(BUNDLES)), max_size=6)


def predicted(number: int, bundle: str, text: str) -> ScoredPost:
    """Return a bundle's prediction for a tweet: always the same one, but not the same for each bundle."""
    positive = (number + len(bundle) + BUNDLES.index(bundle)) % 2 == 0
    return scored(str(number), text, *([mention_of(text, text[-1:])] if positive else []))


@given(st.lists(TEXTS, min_size=5, max_size=5), batches)
@profile(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_sequence_of_batches_with_repeats_stores_each_tweet_once(
    store: Store, tables: Tables, texts: list[str], sequence: list[tuple[list[int], str]]
) -> None:
    once = dict.fromkeys((number, bundle) for numbers, bundle in sequence for number in numbers)
    tables.run("TRUNCATE tweets, predictions, mentions, alert_outbox, hourly_counts, counted_offsets CASCADE")
    for number, bundle in once:
        await write(store, [predicted(number, bundle, texts[number])], bundle=bundle)
    expected = tables.content()

    tables.run("TRUNCATE tweets, predictions, mentions, alert_outbox, hourly_counts, counted_offsets CASCADE")
    written = [
        await write(store, [predicted(number, bundle, texts[number]) for number in numbers], bundle=bundle)
        for numbers, bundle in sequence
    ]
    assert tables.content() == expected
    assert tables.content()["counts"] == tables.recounted()
    assert sum(batch.new_predictions for batch in written) == len(once)


@given(st.one_of(TEXTS, st.sampled_from(DIFFICULT)), st.data())
@profile(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_text_is_stored_unchanged_and_offsets_count_its_characters(
    store: Store, tables: Tables, text: str, data: st.DataObject
) -> None:
    tables.run("TRUNCATE tweets CASCADE")
    start = data.draw(st.integers(0, len(text) - 1))
    span = text[start : data.draw(st.integers(start + 1, len(text)))]
    mention = mention_of(text, span, pt=(span, text))
    await write(store, [scored(text[:20], text, mention)])
    rows = tables.rows("SELECT tweet_id, text, span, ptid, pt_name, start FROM ade_report")
    assert rows == [(text[:20], text, span, span, text, mention.start)]
    assert tables.rows('SELECT substr(text, start + 1, "end" - start) FROM ade_report') == [(span,)]


async def test_workers_that_write_the_same_tweets_at_the_same_time_write_them_once(
    migrated: Settings, tables: Tables
) -> None:
    tweets = [positive_tweet(str(n)) if n % 3 == 0 else negative_tweet(str(n)) for n in range(600)]
    stores = [Store(migrated) for _ in range(3)]
    written = await asyncio.gather(*(_work(worker, tweets, seed) for seed, worker in enumerate(stores)))
    for worker in stores:
        await worker.close()
    assert [sum(numbers) for numbers in zip(*written, strict=True)] == [600, 200, 200]
    assert tables.sizes() | {"progress": 1, "hourly_counts": 1} == tables.sizes()
    assert tables.content()["counts"] == tables.recounted()
    assert tables.rows("SELECT count(*) FROM mentions") == [(200,)]


async def _work(store: Store, tweets: Sequence[ScoredPost], seed: int) -> tuple[int, int, int]:
    """Write all tweets in an order that depends on `seed`."""
    order = list(tweets)
    random.Random(seed).shuffle(order)
    totals = (0, 0, 0)
    for first in range(0, len(order), 40):
        batch = order[first : first + 40]
        alerts = [
            alert(row.received.post.id, row.received.post.id) for row in batch if row.prediction.mentions
        ]
        while True:
            try:
                new = await write(store, batch, alerts=alerts)
                break
            except RetryableError:
                await asyncio.sleep(0.01)
        totals = (
            totals[0] + new.new_predictions,
            totals[1] + new.new_mentions,
            totals[2] + new.new_alerts,
        )
    return totals
