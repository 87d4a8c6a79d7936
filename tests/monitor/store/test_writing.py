"""What a batch writes to the tables, and what it changes when it is written again: nothing."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone

import pytest
from pydantic import SecretStr

from monitor.effect_reports import EffectReport
from monitor.errors import FatalError
from monitor.records import Progress
from monitor.settings import PrivacySettings, Settings
from monitor.store import Store, Written
from tests.monitor.store.batches import (
    POSTED,
    TEXT,
    GivenAlerts,
    Tables,
    alert,
    mention_of,
    negative_tweet,
    positive_tweet,
    raised,
    scored,
    write,
)


async def test_a_positive_tweet_is_stored_with_its_whole_prediction(store: Store, tables: Tables) -> None:
    assert await write(store, [positive_tweet(offset=41)], alerts=[alert("a")]) == Written(
        1, 1, 1, new_posts=1
    )
    content = tables.content()
    hashed = hmac.new(b"a key for tests", b"author 7", hashlib.sha256).hexdigest()
    assert content["tweets"] == [("1", POSTED, "en", TEXT, hashed)]
    assert content["predictions"] == [("1", "old", 1, "ADE", 0.875, "tweets", 2, 41)]
    runners_up = [{"ptid": "10001497", "pt_name": "Agitation", "score": 0.125}]
    start = TEXT.index("shaking")
    assert content["mentions"] == [
        ("1", "old", start, start + 7, "shaking", 0.9, "10044565", "Tremor", 0.75, runners_up)
    ]
    assert content["alerts"] == [("a", "1", dict(alert("a").payload))]


async def test_a_negative_tweet_is_counted_and_its_text_is_not_kept(store: Store, tables: Tables) -> None:
    assert await write(store, [negative_tweet()]) == Written(1, 0, 0, new_posts=1)
    assert tables.rows("SELECT text FROM tweets") == [(None,)]
    assert tables.content()["counts"] == [(datetime(2026, 7, 1, 12, tzinfo=UTC), "old", 1, 0)]


async def test_without_a_key_nothing_about_the_author_is_stored(migrated: Settings, tables: Tables) -> None:
    for key in (None, SecretStr("")):
        store = Store(migrated.model_copy(update={"privacy": PrivacySettings(author_key=key)}))
        await write(store, [positive_tweet(str(key))])
        await store.close()
    assert tables.rows("SELECT DISTINCT author_hash FROM tweets") == [(None,)]


async def test_a_tweet_without_an_author_has_no_hash(store: Store, tables: Tables) -> None:
    await write(store, [positive_tweet(author=None)])
    assert tables.rows("SELECT author_hash FROM tweets") == [(None,)]


async def test_writing_a_batch_twice_changes_nothing(store: Store, tables: Tables) -> None:
    batch = [positive_tweet("1"), negative_tweet("2"), positive_tweet("3")]
    assert await write(store, batch, alerts=[alert("a"), alert("b", "3")]) == Written(3, 2, 2, new_posts=3)
    before = tables.content()
    assert await write(store, batch, alerts=[alert("a"), alert("b", "3")]) == Written(0, 0, 0)
    assert tables.content() == before


async def test_a_tweet_that_is_twice_in_a_batch_counts_once(store: Store, tables: Tables) -> None:
    assert await write(store, [positive_tweet(), negative_tweet("2"), positive_tweet()]) == Written(
        2, 1, 0, new_posts=2
    )
    assert tables.content()["counts"] == tables.recounted()


async def test_a_newer_bundle_adds_its_prediction_and_keeps_the_old_one(store: Store, tables: Tables) -> None:
    await write(store, [positive_tweet("1"), negative_tweet("2")])
    assert await write(
        store, [positive_tweet("1", probability=0.5), negative_tweet("2")], bundle="new"
    ) == Written(2, 1, 0, new_posts=2)
    probabilities = tables.rows("SELECT bundle, probability FROM predictions WHERE tweet_id = '1' ORDER BY 1")
    assert probabilities == [("new", 0.5), ("old", 0.875)]
    assert tables.content()["counts"] == tables.recounted()


async def test_a_tweet_that_turns_positive_gets_its_text_then(store: Store, tables: Tables) -> None:
    await write(store, [scored("1", TEXT)])
    await write(store, [positive_tweet("1")], bundle="new")
    assert tables.rows("SELECT text FROM tweets") == [(TEXT,)]


async def test_a_tweet_that_turns_negative_keeps_its_text(store: Store, tables: Tables) -> None:
    await write(store, [positive_tweet("1")])
    await write(store, [scored("1", TEXT)], bundle="new")
    assert tables.rows("SELECT text FROM tweets") == [(TEXT,)]


async def test_alerts_are_raised_for_new_predictions_only_and_in_the_order_of_the_batch(store: Store) -> None:
    reported: list[list[str]] = []

    def raise_alerts(reports: Sequence[EffectReport]) -> GivenAlerts:
        reported.append([report.key[0] for report in reports])
        return raised()

    for ids in (["b", "c"], ["d", "b", "a", "d"]):
        batch = [positive_tweet(tweet_id) for tweet_id in ids]
        await store.write_batch(batch, bundle="old", raise_alerts=raise_alerts, progress=[], group="g")
    assert reported == [["b", "c"], ["d", "a"]]


async def test_an_alert_that_was_cleared_from_the_outbox_is_not_raised_again(
    store: Store, tables: Tables
) -> None:
    await write(store, [positive_tweet()], alerts=[alert("a")])
    tables.run("DELETE FROM alert_outbox")
    assert (await write(store, [positive_tweet()], alerts=[alert("a")])).new_alerts == 0


async def test_alerts_are_numbered_in_the_order_of_the_batch(store: Store, tables: Tables) -> None:
    names = ["c", "a", "b"]
    await write(store, [positive_tweet(name) for name in names], alerts=[alert(name, name) for name in names])
    assert tables.rows("SELECT alert_id FROM alert_outbox ORDER BY seq") == [(name,) for name in names]


async def test_rows_are_inserted_in_the_order_of_the_tweets_ids(store: Store, tables: Tables) -> None:
    await write(store, [positive_tweet(name) for name in ("c", "a", "b")])
    assert tables.rows("SELECT tweet_id FROM mentions ORDER BY id") == [("a",), ("b",), ("c",)]


async def test_a_tweet_without_a_date_is_counted_at_the_brokers_timestamp(
    store: Store, tables: Tables
) -> None:
    await write(store, [negative_tweet(posted_at=None)])
    assert tables.rows("SELECT posted_at FROM tweets") == [(POSTED,)]


async def test_hours_are_in_utc_whatever_the_time_zone_of_the_tweet(store: Store, tables: Tables) -> None:
    kathmandu = timezone(timedelta(hours=5, minutes=45))
    await write(store, [negative_tweet(posted_at=datetime(2026, 7, 1, 5, 44, tzinfo=kathmandu))])
    assert tables.rows("SELECT hour FROM hourly_counts") == [(datetime(2026, 6, 30, 23, tzinfo=UTC),)]


async def test_progress_has_the_last_offset_of_each_partition(store: Store, tables: Tables) -> None:
    steps = [Progress("tweets", 0, 5), Progress("tweets", 1, 9), Progress("tweets", 0, 7)]
    assert await write_nothing(store, steps, bundle="old") == Written(0, 0, 0)
    await write_nothing(store, steps[:1], bundle="new")
    rows = tables.rows(
        "SELECT consumer_group, topic, partition, next_offset, bundle FROM progress ORDER BY partition"
    )
    assert rows == [("g", "tweets", 0, 5, "new"), ("g", "tweets", 1, 9, "old")]


async def write_nothing(store: Store, progress: Sequence[Progress], *, bundle: str) -> Written:
    return await store.write_batch(
        [], bundle=bundle, raise_alerts=lambda _: raised(), progress=progress, group="g"
    )


async def test_an_empty_batch_writes_nothing(store: Store, tables: Tables) -> None:
    await write_nothing(store, [], bundle="old")
    assert set(tables.sizes().values()) == {0}


async def test_a_probability_that_rounding_put_above_one_is_stored_as_one(
    store: Store, tables: Tables
) -> None:
    await write(store, [positive_tweet(probability=1.0000001192092896)])
    assert tables.rows("SELECT probability FROM predictions") == [(1.0,)]


@pytest.mark.parametrize("probability", [1.5, -0.1, float("nan")])
async def test_a_value_that_is_not_a_probability_is_refused(
    store: Store, tables: Tables, probability: float
) -> None:
    with pytest.raises(FatalError, match="probability_range"):
        await write(store, [positive_tweet(probability=probability)])
    assert set(tables.sizes().values()) == {0}


async def test_the_longest_tweet_of_the_contract_can_be_stored(store: Store, tables: Tables) -> None:
    text = " ".join(chr(0x4E00 + n // 200) + chr(0x4E00 + n % 200) for n in range(33_000))
    await write(store, [scored("1", text, mention_of(text, text[:2]))])
    assert tables.rows("SELECT length(text) FROM tweets") == [(len(text),)]
