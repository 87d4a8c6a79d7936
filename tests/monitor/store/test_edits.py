"""An edit is a new version. It is scored, counted and shown instead of the old one; both predictions stay."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zlib import crc32

from hypothesis import HealthCheck, given
from hypothesis import settings as profile
from hypothesis import strategies as st

from monitor.effect_reports import EffectReport
from monitor.records import ContextKind, ContextPart, ScoredPost
from monitor.settings import Settings
from monitor.store import Filters, Store, Written, find_effects
from tests.monitor.store.batches import (
    POSTED,
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

EDITED = "zoloft update: still shaking"
LATER = POSTED + timedelta(minutes=5)


def positive_edit(tweet_id: str = "1", text: str = EDITED, **fields: object) -> ScoredPost:
    return scored(tweet_id, text, mention_of(text, "shaking"), **fields)


async def test_an_edit_replaces_the_text_and_leaves_both_predictions(store: Store, tables: Tables) -> None:
    await write(store, [positive_tweet("1")])
    assert await write(store, [positive_edit(edited_at=LATER)]) == Written(1, 1, 0, edits=1)
    assert tables.rows("SELECT text, version, edited_at FROM tweets") == [(EDITED, 2, LATER)]
    assert tables.rows("SELECT version, label FROM predictions ORDER BY 1") == [(1, "ADE"), (2, "ADE")]
    assert tables.rows("SELECT version, text FROM mentions ORDER BY 1") == [(1, "shaking"), (2, "shaking")]
    rows = tables.rows('SELECT substr(text, start + 1, "end" - start), span, version FROM ade_report')
    assert rows == [("shaking", "shaking", 2)]
    assert tables.content()["counts"] == tables.recounted()


async def test_an_edit_without_an_effect_leaves_neither_text_nor_report(store: Store, tables: Tables) -> None:
    context = (ContextPart(ContextKind.QUOTED, "he said so"),)
    await write(store, [positive_tweet("1", url="https://x.example/1", context=context)])
    assert tables.rows("SELECT url, context FROM tweets") == [
        ("https://x.example/1", [{"kind": "quoted", "text": "he said so"}])
    ]
    assert await write(store, [scored("1", EDITED)]) == Written(1, 0, 0, edits=1)
    assert tables.rows("SELECT text, url, context FROM tweets") == [(None, None, None)]
    assert tables.rows("SELECT * FROM ade_report") == []
    assert [(seen, positive) for _, _, seen, positive in tables.content()["counts"]] == [(1, 0)]


async def test_an_edit_that_turns_positive_is_counted_as_such(store: Store, tables: Tables) -> None:
    await write(store, [negative_tweet("1"), negative_tweet("2")])
    await write(store, [positive_edit()])
    assert [(seen, positive) for _, _, seen, positive in tables.content()["counts"]] == [(2, 1)]
    assert tables.content()["counts"] == tables.recounted()


async def test_an_edit_of_a_post_whose_text_was_not_stored_is_noticed(store: Store, tables: Tables) -> None:
    await write(store, [negative_tweet("1")])
    assert (await write(store, [scored("1", "another text")])).edits == 1
    assert tables.rows("SELECT text, version FROM tweets") == [(None, 2)]


async def test_feeding_the_same_posts_again_changes_nothing(store: Store, tables: Tables) -> None:
    batch = [positive_tweet("1"), positive_edit("1"), negative_tweet("2"), positive_tweet("1")]
    assert (await write(store, batch, alerts=[alert("a")])).edits == 1
    before = tables.content()
    assert await write(store, batch, alerts=[alert("a")]) == Written(0, 0, 0)
    for post in batch:
        assert await write(store, [post], alerts=[alert("a")]) == Written(0, 0, 0)
    assert tables.content() == before
    assert tables.rows("SELECT text FROM tweets WHERE tweet_id = '1'") == [(EDITED,)]


async def test_an_older_version_that_comes_late_is_left_out_and_counted(store: Store, tables: Tables) -> None:
    await write(store, [positive_edit(edited_at=LATER)])
    before = tables.content()
    assert await write(store, [positive_tweet("1")]) == Written(0, 0, 0, stale=1)
    assert tables.content() == before


async def test_an_edit_on_x_comes_under_the_id_of_the_first_version(store: Store, tables: Tables) -> None:
    await write(store, [positive_tweet("100")])
    await write(store, [positive_edit("100", aliases=("101",), edited_at=LATER)])
    later = "zoloft: no more shaking"
    await write(store, [positive_edit("101", later, edited_at=LATER + timedelta(minutes=1))])
    assert tables.rows("SELECT tweet_id, text, version FROM tweets") == [("100", later, 3)]
    assert tables.rows("SELECT alias, tweet_id FROM post_aliases") == [("101", "100")]
    assert tables.content()["counts"] == tables.recounted()


async def test_a_post_that_was_stored_under_an_alias_keeps_that_id(store: Store, tables: Tables) -> None:
    await write(store, [positive_tweet("101")])
    await write(store, [positive_edit("100", aliases=("101",)), positive_edit("100", "shaking again")])
    assert tables.rows("SELECT tweet_id, version FROM tweets") == [("101", 3)]
    assert tables.rows("SELECT alias, tweet_id FROM post_aliases") == [("100", "101")]


async def test_a_newer_bundle_scores_each_version_that_it_reads(store: Store, migrated: Settings) -> None:
    await write(store, [positive_tweet("1")])
    await write(store, [positive_edit()])
    for post in (positive_tweet("1"), positive_edit()):
        assert (await write(store, [post], bundle="new")).new_predictions == 1
    effects = list(find_effects(migrated, Filters(bundle="all")))
    assert {(effect.bundle, effect.text, effect.version) for effect in effects} == {
        ("old", EDITED, 2),
        ("new", EDITED, 2),
    }


async def test_no_ade_in_an_edit_by_a_newer_bundle_hides_the_older_text_only(
    store: Store, migrated: Settings, tables: Tables
) -> None:
    await write(store, [positive_tweet("1")])
    await write(store, [scored("1", "no news"), positive_tweet("1")], bundle="new")
    assert list(find_effects(migrated, Filters())) == []
    assert tables.rows("SELECT bundle, version, label FROM predictions ORDER BY 1, 2") == [
        ("new", 1, "ADE"),
        ("new", 2, "NoADE"),
        ("old", 1, "ADE"),
    ]
    assert tables.content()["counts"] == tables.recounted()


async def test_alerts_of_an_edit_are_replaced_retracted_or_new(store: Store, tables: Tables) -> None:
    alerts = [alert("a"), alert("b"), alert("c", "2")]
    await write(store, [positive_tweet("1"), positive_tweet("2")], alerts=alerts)
    tables.run("UPDATE alert_outbox SET published_at = '2026-07-01T00:00:00Z', entry_id = '1-' || alert_id")
    written = await write(store, [positive_edit()], alerts=[alert("b"), alert("d")])
    assert (written.new_alerts, written.changed_alerts) == (1, 2)
    assert tables.rows(
        "SELECT alert_id, action, revision, reason, entry_id, published_at IS NULL, payload = '{}' "
        "FROM alert_outbox ORDER BY 1"
    ) == [
        ("a", "retract", 2, "edited", "1-a", True, True),
        ("b", "publish", 2, None, "1-b", True, False),
        ("c", "publish", 1, None, "1-c", False, False),
        ("d", "publish", 1, None, None, True, False),
    ]


async def test_an_edit_without_a_date_raises_alerts_with_the_date_of_the_post(store: Store) -> None:
    dates: list[datetime] = []

    def raise_alerts(reports: Sequence[EffectReport]) -> GivenAlerts:
        dates.extend(report.scored.received.posted_at for report in reports)
        return raised()

    first = positive_tweet("1", posted_at=POSTED - timedelta(days=4))
    other = "zoloft: still shaking"
    undated = scored("1", other, mention_of(other, "shaking"), posted_at=None)
    first_of_batch = positive_tweet("2", posted_at=POSTED - timedelta(days=4))
    undated_of_batch = scored("2", other, mention_of(other, "shaking"), posted_at=None)
    for rows in ([first], [undated], [first_of_batch, undated_of_batch]):
        await store.write_batch(rows, bundle="old", raise_alerts=raise_alerts, progress=[], group="watchers")
    assert dates == [POSTED - timedelta(days=4)] * 3


async def test_an_effect_that_comes_back_with_another_edit_is_published_again(
    store: Store, tables: Tables
) -> None:
    await write(store, [positive_tweet("1")], alerts=[alert("a")])
    await write(store, [scored("1", "no news")])
    assert tables.rows("SELECT action, revision FROM alert_outbox") == [("retract", 2)]
    await write(store, [positive_edit()], alerts=[alert("a")])
    assert tables.rows("SELECT action, revision, reason, retracted_at FROM alert_outbox") == [
        ("publish", 3, None, None)
    ]


async def test_predictions_of_old_versions_raise_no_alerts(store: Store, tables: Tables) -> None:
    await write(store, [positive_tweet("1")])
    await write(store, [scored("1", "no news")])
    assert (await write(store, [positive_tweet("1")], bundle="new", alerts=[alert("a")])).new_alerts == 0
    assert tables.sizes()["alert_outbox"] == 0


steps = st.lists(
    st.lists(st.tuples(st.integers(0, 2), st.sampled_from("abc"), st.sampled_from([None, 1, 2])), max_size=5),
    max_size=6,
)


@given(steps, st.lists(st.sampled_from(["old", "new"]), min_size=6, max_size=6))
@profile(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_counts_stay_exact_whatever_edits_come_and_come_again(
    store: Store, tables: Tables, batches: list[list[tuple[int, str, int | None]]], bundles: list[str]
) -> None:
    tables.run("TRUNCATE tweets, predictions, mentions, alert_outbox, hourly_counts, counted_offsets CASCADE")
    for batch, bundle in zip([*batches, *batches], [*bundles, *bundles], strict=False):
        await write(store, [_wild(*post) for post in batch], bundle=bundle)
        assert tables.content()["counts"] == tables.recounted()
    shown = tables.rows('SELECT substr(text, start + 1, "end" - start), span FROM ade_report')
    assert all(part == span for part, span in shown)


def _wild(number: int, text: str, minute: int | None) -> ScoredPost:
    words = f"{text} shaking {number}"
    mentions = [mention_of(words, "shaking")] if (number + ord(text)) % 2 else []
    edited_at = None if minute is None else POSTED + timedelta(minutes=minute)
    posted_at = POSTED + timedelta(hours=number)
    offset = crc32(f"{words} {minute}".encode())
    return scored(str(number), words, *mentions, edited_at=edited_at, posted_at=posted_at, offset=offset)
