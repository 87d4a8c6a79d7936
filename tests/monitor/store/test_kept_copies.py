"""Of several copies of a post, one is kept: its text is stored, and its alerts are raised, or nothing is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from zlib import crc32

from hypothesis import HealthCheck, example, given
from hypothesis import settings as profile
from hypothesis import strategies as st

from monitor.alerts import AlertRules
from monitor.records import ContextKind, ContextPart, Progress, ScoredPost
from monitor.store import Store, Written
from tests.monitor.store.batches import (
    POSTED,
    TEXT,
    Tables,
    mention_of,
    negative_tweet,
    positive_tweet,
    scored,
)

CONTEXT = (ContextPart(ContextKind.QUOTED, "zoloft"),)


async def write(store: Store, posts: Sequence[ScoredPost], *, bundle: str = "old") -> Written:
    """Write a batch with the alerts that its posts really raise."""
    return await store.write_batch(
        posts,
        bundle=bundle,
        raise_alerts=AlertRules(bundle=bundle).decide,
        progress=[Progress("tweets", 2, 1)],
        group="watchers",
    )


def same_text(**fields: Any) -> ScoredPost:
    """Return a negative post with the text of `positive_tweet`: another context made the model decide so."""
    return scored("1", TEXT, **fields)


async def test_the_second_copy_of_a_batch_raises_no_alert_if_the_first_is_kept(
    store: Store, tables: Tables
) -> None:
    written = await write(store, [same_text(), positive_tweet("1", context=CONTEXT)])
    assert (written.new_alerts, written.new_mentions) == (0, 0)
    assert tables.rows("SELECT text, context FROM tweets") == [(None, None)]
    assert tables.rows("SELECT label FROM predictions") == [("NoADE",)]


async def test_a_positive_copy_in_a_later_batch_stores_no_text_next_to_a_negative_prediction(
    store: Store, tables: Tables
) -> None:
    await write(store, [same_text()])
    copy = positive_tweet("1", context=CONTEXT, url="https://x.example/1")
    for later in (copy, positive_tweet("1", edited_at=POSTED + timedelta(minutes=1))):
        assert await write(store, [later]) == Written(0, 0, 0)
        assert tables.rows("SELECT text, context, url FROM tweets") == [(None, None, None)]
    assert tables.rows("SELECT * FROM alert_outbox") == []


async def test_a_negative_copy_in_a_later_batch_leaves_text_and_alert(store: Store, tables: Tables) -> None:
    await write(store, [positive_tweet("1")])
    before = tables.content()
    assert await write(store, [same_text(context=CONTEXT)]) == Written(0, 0, 0)
    assert tables.content() == before
    assert tables.rows("SELECT text, context FROM tweets") == [(TEXT, None)]


async def test_another_bundle_that_finds_an_effect_stores_the_text_and_raises_the_alert(
    store: Store, tables: Tables
) -> None:
    await write(store, [same_text()], bundle="old")
    assert (await write(store, [positive_tweet("1")], bundle="new")).new_alerts == 1
    assert tables.rows("SELECT text FROM tweets") == [(TEXT,)]


async def test_of_two_effects_with_one_span_the_first_is_stored_and_raises_the_alert(
    store: Store, tables: Tables
) -> None:
    tremor = mention_of(TEXT, "shaking", pt=("10044565", "Tremor"))
    chills = mention_of(TEXT, "shaking", pt=("10008531", "Chills"))
    other = mention_of(TEXT, "can't stop")
    written = await write(store, [scored("1", TEXT, other, tremor, chills)])
    assert (written.new_mentions, written.new_alerts) == (2, 2)
    assert tables.rows("SELECT payload ->> 'ptid' FROM alert_outbox ORDER BY 1") == [("10044565",), (None,)]
    assert tables.rows("SELECT ptid FROM mentions ORDER BY 1") == [("10044565",), (None,)]


copies = st.tuples(
    st.sampled_from("12"),  # id
    st.sampled_from(["day 3, shaking", "day 3, still shaking", "day 4, no shaking"]),
    st.sampled_from(["", "shaking", "day"]),  # what the model finds, this time
    st.one_of(st.none(), st.integers(0, 2)),  # minutes until the edit
)
batches = st.lists(
    st.tuples(st.lists(copies, min_size=1, max_size=4), st.sampled_from(["old", "new"])), max_size=5
)


def _copy(number: str, text: str, span: str, minutes: int | None) -> ScoredPost:
    edited_at = None if minutes is None else POSTED + timedelta(minutes=minutes)
    # Another text is another message. The same one is read again.
    offset = crc32(f"{number} {text} {minutes}".encode())
    mentions = [mention_of(text, span)] if span else []
    return scored(number, text, *mentions, edited_at=edited_at, offset=offset)


@given(batches)
@example(
    [
        ([("1", "day 3, still shaking", "", 0)], "new"),
        ([("1", "day 3, shaking", "", None)], "old"),
        ([("1", "day 3, still shaking", "", None)], "old"),
    ]
)
@profile(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_copies_come_each_alert_names_a_stored_effect_and_each_text_an_effect(
    store: Store, tables: Tables, sequence: list[tuple[list[tuple[str, str, str, int | None]], str]]
) -> None:
    tables.run("TRUNCATE tweets, predictions, mentions, alert_outbox, hourly_counts, counted_offsets CASCADE")
    for posts, bundle in sequence:
        await write(store, [_copy(*post) for post in posts], bundle=bundle)
    unstored = tables.rows(
        "SELECT a.alert_id FROM alert_outbox a JOIN tweets t USING (tweet_id) WHERE action = 'publish' AND "
        "(t.text IS DISTINCT FROM a.payload ->> 'text' OR NOT EXISTS (SELECT FROM mentions m "
        "WHERE m.tweet_id = t.tweet_id AND m.version = t.version "
        "AND m.text = a.payload #>> '{mention,text}'))"
    )
    assert unstored == []
    texts = tables.rows(
        "SELECT tweet_id FROM tweets t WHERE (text IS NOT NULL) <> EXISTS (SELECT FROM predictions p "
        "WHERE p.tweet_id = t.tweet_id AND p.version = t.version AND p.label = 'ADE')"
    )
    assert texts == []
    assert tables.content()["counts"] == tables.recounted()


async def test_a_repeated_negative_post_stays_without_text(store: Store, tables: Tables) -> None:
    for _ in range(2):
        await write(store, [negative_tweet("1"), negative_tweet("1")])
    assert tables.rows("SELECT text FROM tweets") == [(None,)]
