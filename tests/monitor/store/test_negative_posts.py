"""Posts without an effect leave no row by default, and still count exactly once, whatever is read again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as profile
from hypothesis import strategies as st

from monitor.findings import DrugMention, DrugNaming, Findings
from monitor.records import OffsetSpan, ScoredPost
from monitor.settings import Settings, StoreSettings
from monitor.store import Store
from tests.monitor.store.batches import (
    POSTED,
    GivenAlerts,
    Tables,
    alert,
    negative_tweet,
    positive_tweet,
    raised,
    scored,
    write,
)
from tests.monitor.store.events import apply, post_event

EDITED = POSTED + timedelta(minutes=5)
BUNDLES = ("old", "new")
MakeStore = Callable[..., Store]


@pytest.fixture
async def make_store(migrated: Settings) -> AsyncIterator[MakeStore]:
    """Make stores with these settings of `store`."""
    stores: list[Store] = []

    def make(**options: object) -> Store:
        stores.append(Store(migrated.model_copy(update={"store": StoreSettings.model_validate(options)})))
        return stores[-1]

    yield make
    for store in stores:
        await store.close()


@pytest.fixture
def store(make_store: MakeStore) -> Store:
    """A store with the default: no rows of posts without an effect."""
    return make_store()


def in_topic(row: ScoredPost, topic_id: str | None) -> ScoredPost:
    received = row.received
    return replace(row, received=replace(received, origin=replace(received.origin, topic_id=topic_id)))


def counts(tables: Tables, bundle: str = "old") -> list[tuple[int, int]]:
    """Return the numbers of seen and of positive posts."""
    return tables.rows(f"SELECT seen, positive FROM hourly_counts WHERE bundle = '{bundle}'")


def stored(tables: Tables) -> list[str]:
    return [row[0] for row in tables.rows("SELECT tweet_id FROM tweets ORDER BY tweet_id")]


async def test_a_negative_post_is_counted_and_leaves_no_row(store: Store, tables: Tables) -> None:
    written = await write(store, [negative_tweet("1", aliases=("1b",)), positive_tweet("2")])
    assert (written.new_predictions, written.new_posts) == (1, 2)
    assert (stored(tables), counts(tables)) == (["2"], [(2, 1)])


async def test_messages_that_are_read_again_are_not_counted_again(store: Store, tables: Tables) -> None:
    batch = [negative_tweet("1", offset=4), positive_tweet("2", offset=5), negative_tweet("3", offset=6)]
    for rows in (batch[:2], batch, batch[1:], batch):
        await write(store, rows)
    assert counts(tables) == [(3, 1)]
    await write(store, [negative_tweet("4", offset=7)])
    assert counts(tables) == [(4, 1)]


async def test_the_drugs_of_posts_without_rows_count(store: Store, tables: Tables) -> None:
    drug = DrugMention(18, 24, "zoloft", "sertraline", DrugNaming.BRAND)
    batch = [replace(negative_tweet("1"), findings=Findings((drug,)))]
    for _ in range(2):
        await write(store, batch)
    assert tables.rows("SELECT drug, seen, positive FROM hourly_drug_counts") == [("sertraline", 1, 0)]


async def test_offsets_of_a_topic_that_was_created_again_count(store: Store, tables: Tables) -> None:
    for topic_id, first in (("a", "1"), ("b", "2"), ("b", "2")):
        await write(store, [in_topic(negative_tweet(first, offset=0), topic_id)])
    assert counts(tables) == [(2, 0)]


async def test_what_was_counted_without_the_id_of_the_topic_belongs_to_the_first_id(
    store: Store, tables: Tables
) -> None:
    for topic_id in (None, "a", "b"):
        await write(store, [in_topic(negative_tweet("1", offset=0), topic_id)])
    assert counts(tables) == [(2, 0)]


async def test_each_bundle_counts_for_itself_and_all_groups_together(store: Store, tables: Tables) -> None:
    for bundle in ("old", "new", "old", "new"):
        await write(store, [negative_tweet("1")], bundle=bundle)
    assert (counts(tables), counts(tables, "new")) == ([(1, 0)], [(1, 0)])
    await store.write_batch(
        [negative_tweet("1")], bundle="old", raise_alerts=lambda _: raised(), progress=[], group="others"
    )
    assert counts(tables) == [(1, 0)]


async def test_what_lies_between_the_messages_of_a_batch_is_counted(store: Store, tables: Tables) -> None:
    for _ in range(3):
        await store.write_batch(
            [negative_tweet("1", offset=3)],
            bundle="old",
            raise_alerts=lambda _: raised(),
            progress=[],
            group="g",
            spans=[OffsetSpan("tweets", None, 2, 0, 10)],
        )
    rows = tables.rows("SELECT kind, counter, offsets::text FROM counted_offsets ORDER BY 1")
    assert rows == [("scored", "old", "{[0,10)}"), ("skipped", "g", "{[0,10)}")]


async def test_an_edit_that_brings_an_effect_is_stored_and_corrects_the_count(
    store: Store, tables: Tables
) -> None:
    await write(store, [negative_tweet("1", offset=0), negative_tweet("2", offset=1)])
    edit = positive_tweet("1", offset=2, edited_at=EDITED)
    for _ in range(2):
        written = await write(store, [edit], alerts=[alert("a")])
    assert (stored(tables), counts(tables)) == (["1"], [(2, 1)])
    assert tables.rows("SELECT alert_id FROM alert_outbox") == [("a",)]
    assert written.new_posts == 0
    # The first version comes again after its edit.
    assert (await write(store, [negative_tweet("1", offset=0)])).stale == 1
    assert counts(tables) == [(2, 1)]


async def test_an_edit_that_takes_the_effect_away_removes_the_text(store: Store, tables: Tables) -> None:
    await write(store, [positive_tweet("1", offset=0)], alerts=[alert("a")])
    await write(store, [negative_tweet("1", offset=1, edited_at=EDITED)])
    assert tables.rows("SELECT text, version FROM tweets") == [(None, 2)]
    assert tables.rows("SELECT action FROM alert_outbox") == [("retract",)]
    assert counts(tables) == [(1, 0)]
    again = positive_tweet("1", offset=2, edited_at=EDITED + timedelta(minutes=1))
    await write(store, [again], alerts=[alert("a")])
    assert tables.rows("SELECT action FROM alert_outbox") == [("publish",)]
    assert counts(tables) == [(1, 1)]


async def test_an_edit_without_an_effect_does_not_count_again(store: Store, tables: Tables) -> None:
    await write(store, [negative_tweet("1", offset=0)])
    await write(store, [negative_tweet("1", offset=1, edited_at=EDITED)])
    assert (stored(tables), counts(tables)) == ([], [(1, 0)])


async def test_the_first_version_and_its_edit_in_one_batch_count_as_in_two(
    store: Store, tables: Tables
) -> None:
    edit = positive_tweet("1", offset=1, edited_at=EDITED)
    for bundle, batches in (("old", [[0], [1]]), ("new", [[0, 1]])):
        rows = [negative_tweet("1", offset=0), edit]
        for numbers in batches:
            await write(store, [rows[number] for number in numbers], bundle=bundle)
    assert counts(tables) == counts(tables, "new") == [(1, 1)]


async def test_a_positive_edit_counts_as_seen_if_its_first_version_never_came(
    store: Store, tables: Tables
) -> None:
    await write(store, [positive_tweet("1", edited_at=EDITED)])
    assert counts(tables) == [(1, 1)]


async def test_a_first_version_that_comes_again_along_with_its_edit_is_not_counted_again(
    store: Store, tables: Tables
) -> None:
    first = negative_tweet("1", offset=0)
    await write(store, [first])
    # The worker crashed before it committed the offset.
    assert (await write(store, [first, positive_tweet("1", offset=1, edited_at=EDITED)])).new_posts == 0
    assert counts(tables) == [(1, 1)]


@pytest.mark.parametrize("negatives", ["none", "all"])
async def test_a_post_that_another_bundle_has_stored_meanwhile_is_not_counted_again(
    make_store: MakeStore, store: Store, tables: Tables, negatives: str
) -> None:
    await write(store, [negative_tweet("1", offset=0)], bundle="new")
    later = make_store(negatives=negatives)
    await write(later, [positive_tweet("1", offset=0)])
    await write(later, [negative_tweet("1", offset=0)], bundle="new")
    assert (counts(tables), counts(tables, "new")) == ([(1, 1)], [(1, 0)])


async def test_a_first_version_counts_after_another_bundle_has_stored_its_edit(
    store: Store, tables: Tables
) -> None:
    first, edit = negative_tweet("1", offset=0), positive_tweet("1", offset=1, edited_at=EDITED)
    for _ in range(2):
        for rows in ([first], [edit]):
            await write(store, rows)
    for _ in range(2):
        for rows in ([first], [edit]):
            await write(store, rows, bundle="new")
        await write(store, [first, edit], bundle="third")
    assert counts(tables) == counts(tables, "new") == counts(tables, "third") == [(1, 1)]


async def test_a_deletion_of_a_post_without_a_row_keeps_it_out(store: Store, tables: Tables) -> None:
    await write(store, [negative_tweet("1", offset=0)])
    [event] = await apply(store, post_event("delete", "1"))
    assert not +event.touched
    written = await write(store, [positive_tweet("1", offset=0)], bundle="new")
    assert (written.removed, stored(tables)) == (1, [])
    assert counts(tables) == [(1, 0)]


async def test_a_sample_is_stored_with_its_probability_and_the_same_whenever_it_is_read(
    make_store: MakeStore, tables: Tables
) -> None:
    batch = [negative_tweet(str(number), offset=number) for number in range(400)]
    sampled = make_store(negatives="sample", negatives_share=0.1)
    await write(sampled, [*batch, positive_tweet("one", offset=400)])
    first = stored(tables)
    assert 15 < len(first) < 75
    rows = tables.rows("SELECT label, inclusion, count(*) FROM predictions GROUP BY 1, 2 ORDER BY 1")
    assert rows == [("ADE", 1.0, 1), ("NoADE", 0.1, len(first) - 1)]
    await write(sampled, batch)
    assert (stored(tables), counts(tables)) == (first, [(401, 1)])
    await write(make_store(negatives="sample", negatives_share=0.3), batch)
    assert set(first) < set(stored(tables))
    assert counts(tables) == [(401, 1)]


async def test_a_negative_version_of_a_post_with_an_effect_is_not_part_of_the_sample(
    make_store: MakeStore, tables: Tables
) -> None:
    store = make_store(negatives="sample", negatives_share=0.999)
    await write(store, [positive_tweet("1", offset=0)])
    await write(store, [negative_tweet("1", offset=1, edited_at=EDITED), negative_tweet("2", offset=2)])
    assert tables.rows("SELECT tweet_id, version, inclusion FROM predictions ORDER BY 1, 2") == [
        ("1", 1, 1.0),
        ("1", 2, 1.0),
        ("2", 1, 0.999),
    ]


async def test_with_another_setting_what_is_read_again_is_stored_and_not_counted_again(
    make_store: MakeStore, tables: Tables
) -> None:
    batch = [negative_tweet(str(number), offset=number) for number in range(3)]
    for negatives in ("none", "all", "none", "all"):
        await write(make_store(negatives=negatives), batch)
    assert (stored(tables), counts(tables)) == (["0", "1", "2"], [(3, 0)])


async def test_two_workers_with_the_same_messages_count_them_once(
    make_store: MakeStore, tables: Tables
) -> None:
    batch = [negative_tweet(str(number), offset=number) for number in range(50)]
    for first in range(0, 50, 10):
        await asyncio.gather(*(write(make_store(), batch[first : first + 25]) for _ in range(2)))
    assert counts(tables) == [(50, 0)]


async def test_a_batch_that_fails_counts_nothing(store: Store, tables: Tables) -> None:
    def fail(_: object) -> GivenAlerts:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await store.write_batch(
            [negative_tweet("1")], bundle="old", raise_alerts=fail, progress=[], group="g"
        )
    await write(store, [negative_tweet("1")])
    assert counts(tables) == [(1, 0)]


def message(number: int, kind: int) -> ScoredPost:
    """Return message `number` of the log: a negative or a positive post, or an edit of the post before."""
    make = positive_tweet if kind % 2 else negative_tweet
    if kind < 2 or number == 0:
        return make(str(number), offset=number)
    edited_at = POSTED + timedelta(seconds=number)
    return make(str(number - 1), offset=number, edited_at=edited_at)


@given(
    st.lists(st.integers(0, 3), min_size=1, max_size=12),
    st.lists(st.tuples(st.integers(0, 11), st.integers(1, 6)), max_size=6),
)
@profile(
    max_examples=20,
    phases=[Phase.explicit, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_crashes_and_rewinds_leave_the_counts_of_one_reading(
    store: Store, tables: Tables, kinds: list[int], rereads: Sequence[tuple[int, int]]
) -> None:
    kinds = [kind if index and kinds[index - 1] < 2 else kind % 2 for index, kind in enumerate(kinds)]
    log = [message(number, kind) for number, kind in enumerate(kinds)]
    wipe = "DELETE FROM tweets; DELETE FROM hourly_counts; DELETE FROM counted_offsets"
    tables.run(wipe)
    await write(store, log)
    expected = (counts(tables), tables.content()["mentions"])

    tables.run(wipe)
    end = 0
    for first, length in [*rereads, (0, len(log))]:
        # Nothing is left out: a worker starts at most where the one before it has ended.
        start = min(first, end)
        await write(store, log[start : start + length])
        end = max(end, min(len(log), start + length))
    assert (counts(tables), tables.content()["mentions"]) == expected


def message_for_any(number: int, *, is_edit: bool, has_effect: bool) -> ScoredPost:
    """Return message `number` of the log, whose text does not depend on what a bundle finds in it."""
    if not is_edit:
        return scored(str(number), "a first text", positive=has_effect, offset=number)
    edited_at = POSTED + timedelta(seconds=number)
    return scored(str(number - 1), "another text", positive=has_effect, offset=number, edited_at=edited_at)


@given(
    st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), min_size=1, max_size=8),
    st.lists(st.tuples(st.sampled_from(BUNDLES), st.integers(0, 7), st.integers(1, 4)), max_size=8),
)
@profile(
    max_examples=15,
    phases=[Phase.explicit, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_two_bundles_count_as_if_each_were_alone(
    store: Store,
    tables: Tables,
    entries: list[tuple[bool, bool, bool]],
    rereads: Sequence[tuple[str, int, int]],
) -> None:
    logs: dict[str, list[ScoredPost]] = {bundle: [] for bundle in BUNDLES}
    for number, (is_edit, *effects) in enumerate(entries):
        follows = is_edit and number > 0 and not entries[number - 1][0]
        for bundle, has_effect in zip(BUNDLES, effects, strict=True):
            logs[bundle].append(message_for_any(number, is_edit=follows, has_effect=has_effect))
    wipe = "DELETE FROM tweets; DELETE FROM hourly_counts; DELETE FROM counted_offsets"
    expected = {}
    for bundle, log in logs.items():
        tables.run(wipe)
        await write(store, log, bundle=bundle)
        expected[bundle] = counts(tables, bundle)

    tables.run(wipe)
    ends = dict.fromkeys(BUNDLES, 0)
    for bundle, first, length in [*rereads, *((bundle, 0, len(entries)) for bundle in BUNDLES)]:
        start = min(first, ends[bundle])
        await write(store, logs[bundle][start : start + length], bundle=bundle)
        ends[bundle] = max(ends[bundle], min(len(entries), start + length))
    assert {bundle: counts(tables, bundle) for bundle in BUNDLES} == expected
