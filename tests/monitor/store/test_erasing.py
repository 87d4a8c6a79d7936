"""What deletions and other events of a platform change in the database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from sqlalchemy import text as sql

from monitor.records import ContextKind, ContextPart, PostKind, ScoredPost
from monitor.settings import PrivacySettings, Settings
from monitor.store import Store, erasing, erasing_statements, tombstones
from tests.monitor.store.batches import (
    POSTED,
    TEXT,
    Tables,
    alert,
    mention_of,
    negative_tweet,
    positive_tweet,
    scored,
    write,
)
from tests.monitor.store.events import LATER, apply, author_event, post_event

SECRET = "shaking"
QUOTED = (ContextPart(ContextKind.QUOTED, "he said shaking"),)


def everything(tables: Tables) -> str:
    """Return all that is in the tables, as text."""
    names = [name for (name,) in tables.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    return "\n".join(str(tables.rows(f"SELECT * FROM {name}")) for name in names)


@pytest.mark.parametrize("kind", ["delete", "withheld"])
async def test_a_removed_post_leaves_an_anonymous_prediction_and_its_count(
    store: Store, tables: Tables, kind: str
) -> None:
    await write(store, [positive_tweet("17"), negative_tweet("18")], alerts=[alert("a", "17")])
    counts = tables.content()["counts"]
    [event] = await apply(store, post_event(kind, "17"))
    assert +event.touched == {"tweets": 1, "predictions": 1, "mentions": 1, "alert_outbox": 1}
    assert not event.unmatched
    content = everything(tables)
    assert SECRET not in content
    assert "'17'" not in content
    assert tables.content()["counts"] == counts == tables.recounted()
    [row] = tables.rows("SELECT * FROM tweets WHERE erased_at IS NOT NULL")
    assert row[0].startswith("erased:")
    hour = datetime(2026, 7, 1, 12, tzinfo=UTC)
    assert tables.rows("SELECT posted_at, text, author_hash FROM tweets WHERE erased_at IS NOT NULL") == [
        (hour, None, None)
    ]
    assert tables.rows(
        "SELECT label, probability, topic, partition FROM predictions WHERE tweet_id LIKE 'erased:%'"
    ) == [("ADE", 0.875, None, None)]


async def test_the_alerts_of_a_removed_post_are_to_be_retracted(store: Store, tables: Tables) -> None:
    await write(store, [positive_tweet("17")], alerts=[alert("a", "17"), alert("b", "17")])
    tables.run("UPDATE alert_outbox SET published_at = '2026-07-01T00:00:00Z' WHERE alert_id = 'a'")
    tables.run("UPDATE alert_outbox SET entry_id = '5-1', published_at = now() WHERE alert_id = 'b'")
    await apply(store, post_event("delete", "17"))
    assert tables.rows(
        "SELECT alert_id, action, revision, reason, payload, entry_id, published_at "
        "FROM alert_outbox ORDER BY 1"
    ) == [
        ("a", "retract", 2, "deleted", {}, "1782864000000", None),
        ("b", "retract", 2, "deleted", {}, "5-1", None),
    ]


async def test_a_post_that_comes_after_its_deletion_is_never_stored(store: Store, tables: Tables) -> None:
    await apply(store, post_event("delete", "17"))
    written = await write(store, [positive_tweet("17"), positive_tweet("18")], alerts=[alert("a", "17")])
    assert (written.new_predictions, written.removed, written.new_alerts) == (1, 1, 0)
    assert tables.rows("SELECT tweet_id FROM tweets") == [("18",)]
    assert tables.content()["counts"] == tables.recounted()


async def test_a_removed_post_that_comes_again_is_not_stored_again(store: Store, tables: Tables) -> None:
    await write(store, [positive_tweet("17")])
    await apply(store, post_event("delete", "17"))
    for bundle in ("old", "new"):
        assert (await write(store, [positive_tweet("17")], bundle=bundle)).removed == 1
    assert tables.sizes()["tweets"] == 1
    assert SECRET not in everything(tables)


async def test_the_same_event_again_changes_nothing_and_has_one_audit_row(
    store: Store, tables: Tables
) -> None:
    await write(store, [positive_tweet("17")])
    event = post_event("delete", "17")
    assert [applied.event_id is None for applied in await apply(store, event, event)] == [False, True]
    before = everything(tables)
    assert [applied.event_id for applied in await apply(store, event)] == [None]
    assert everything(tables) == before
    assert tables.rows("SELECT count(*) FROM compliance_events") == [(1,)]


async def test_an_audit_row_has_the_times_and_the_numbers_of_rows_but_no_id(
    store: Store, tables: Tables
) -> None:
    await write(store, [positive_tweet("1234567890123456789")], alerts=[alert("a", "1234567890123456789")])
    await apply(store, post_event("delete", "1234567890123456789", at=POSTED))
    [(event, source, event_at, received_at, is_done, touched)] = tables.rows(
        "SELECT event, source, event_at, received_at, done_at > received_at, touched FROM compliance_events"
    )
    assert (event, event_at, received_at, is_done) == ("delete", POSTED, LATER, True)
    assert source.startswith("tweets/0/")
    assert touched == {"tweets": 1, "predictions": 1, "mentions": 1, "alert_outbox": 1}
    assert "1234567890123456789" not in everything(tables)


async def test_all_versions_of_a_post_are_removed_by_any_of_its_ids(store: Store, tables: Tables) -> None:
    for name in ("first", "second", "alias"):
        tables.run("TRUNCATE tweets, tombstones CASCADE")
        await write(store, [positive_tweet("first", aliases=("second", "alias"))])
        await apply(store, post_event("delete", name))
        assert SECRET not in everything(tables)
        assert tables.rows("SELECT count(*) FROM post_aliases") == [(0,)]
        for comes_again in ("first", "second", "alias"):
            assert (await write(store, [positive_tweet(comes_again)])).removed == 1


async def test_a_deletion_under_an_alias_may_come_before_the_post(store: Store, tables: Tables) -> None:
    await apply(store, post_event("delete", "second"))
    assert (await write(store, [positive_tweet("first", aliases=("second",))])).removed == 1
    await apply(store, post_event("delete", "x", "y"))
    assert (await write(store, [positive_tweet("y")])).removed == 1
    assert tables.sizes()["tweets"] == 0


async def test_a_post_that_comes_with_a_removed_alias_takes_its_older_version_away(
    store: Store, tables: Tables
) -> None:
    await write(store, [positive_tweet("17")], alerts=[alert("a", "17")])
    [event] = await apply(store, post_event("delete", "18"))  # nobody knows yet that 18 is an edit of 17
    assert not +event.touched
    written = await write(store, [positive_tweet("17", aliases=("18",), edited_at=LATER)])
    assert (written.removed, written.late, written.changed_alerts) == (1, 1, 1)
    assert SECRET not in everything(tables)
    assert tables.rows("SELECT touched ->> 'tweets', letters_done_at FROM compliance_events") == [("1", None)]
    again = await write(store, [positive_tweet("17")])
    assert (again.removed, again.late) == (1, 0)


async def test_reposts_of_a_removed_post_are_removed_also_if_they_come_later(
    store: Store, tables: Tables
) -> None:
    await write(store, [positive_tweet("17"), _repost("20"), _repost("21", of="99")])
    [event] = await apply(store, post_event("delete", "17"))
    assert event.touched["tweets"] == 2
    written = await write(store, [_repost("22")])
    assert (written.removed, written.late) == (1, 0)
    assert tables.rows("SELECT tweet_id FROM tweets WHERE erased_at IS NULL") == [("21",)]
    assert tables.content()["counts"] == tables.recounted()


async def test_reposts_are_removed_even_if_the_original_was_never_stored(
    store: Store, tables: Tables
) -> None:
    await write(store, [_repost("20")])
    await apply(store, post_event("delete", "17"))
    assert SECRET not in everything(tables)


async def test_what_other_posts_quote_of_a_removed_post_is_removed(store: Store, tables: Tables) -> None:
    await write(store, [_quote("20")])
    assert "he said shaking" in everything(tables)
    [event] = await apply(store, post_event("delete", "17"))
    assert +event.touched == {"contexts": 1}
    await write(store, [_quote("21")])
    assert tables.rows("SELECT tweet_id, text, context, referenced_id FROM tweets ORDER BY 1") == [
        ("20", "so sick of it", None, None),
        ("21", "so sick of it", None, None),
    ]
    assert "he said" not in everything(tables)


AUTHOR_EVENTS = ["user_delete", "user_protect", "user_suspend", "user_withheld"]


@pytest.mark.parametrize("kind", AUTHOR_EVENTS)
async def test_an_event_about_an_author_removes_all_posts_of_the_author(
    store: Store, tables: Tables, kind: str
) -> None:
    others = positive_tweet("3", author="somebody else")
    await write(store, [positive_tweet("1"), positive_tweet("2"), others])
    [event] = await apply(store, author_event(kind))
    assert event.touched["tweets"] == 2
    assert not event.unmatched
    assert (
        await write(store, [positive_tweet("4"), positive_tweet("5", author="somebody else")])
    ).removed == 1
    assert tables.rows("SELECT tweet_id FROM tweets WHERE erased_at IS NULL ORDER BY 1") == [("3",), ("5",)]
    assert tables.content()["counts"] == tables.recounted()
    assert "author 7" not in everything(tables)


async def test_reposts_of_a_removed_author_are_removed_in_any_order(store: Store, tables: Tables) -> None:
    steps = {
        "post": lambda: write(store, [positive_tweet("17")]),
        "repost": lambda: write(store, [_repost("20")]),
        "quote": lambda: write(store, [_quote("21")]),
        "event": lambda: apply(store, author_event("user_delete")),
    }
    for order in permutations(steps):
        tables.run("TRUNCATE tweets, tombstones, hourly_counts, counted_offsets CASCADE")
        for name in order:
            await steps[name]()
        assert SECRET not in everything(tables), order
        assert tables.rows("SELECT text FROM tweets WHERE erased_at IS NULL") == [("so sick of it",)], order
        assert tables.content()["counts"] == tables.recounted()
        await apply(store, author_event("user_undelete"))
        assert tables.rows("SELECT count(*) FROM tombstones") == [(0,)], order


async def test_posts_after_the_event_are_of_an_author_who_is_back(store: Store, tables: Tables) -> None:
    await apply(store, author_event("user_protect", at=POSTED - timedelta(seconds=1)))
    earlier = positive_tweet("1", posted_at=POSTED - timedelta(seconds=1))
    await write(store, [earlier, positive_tweet("2", posted_at=POSTED + timedelta(seconds=1))])
    assert tables.rows("SELECT tweet_id FROM tweets") == [("2",)]


async def test_a_post_with_a_date_in_the_future_is_removed_with_its_author(
    store: Store, tables: Tables
) -> None:
    future = datetime(2099, 1, 1, tzinfo=UTC)
    await write(store, [positive_tweet("1", posted_at=future)])
    await apply(store, author_event("user_delete", at=datetime.now(UTC)))
    assert (await write(store, [positive_tweet("2", posted_at=future)])).removed == 1
    assert SECRET not in everything(tables)


async def test_only_the_parts_of_removed_posts_leave_a_context(store: Store, tables: Tables) -> None:
    parts = (
        ContextPart(ContextKind.PARENT, "the parent", "16"),
        ContextPart(ContextKind.QUOTED, "the quote", "17"),
        ContextPart(ContextKind.PLACE, "the group"),
    )
    stored = _quote("20", of="16", context=parts)
    await write(store, [stored])
    [event] = await apply(store, post_event("delete", "17"))
    assert event.touched == {"contexts": 1}
    await write(store, [_quote("21", of="16", context=parts)])
    rest = [{"kind": "parent", "text": "the parent", "id": "16"}, {"kind": "place", "text": "the group"}]
    assert tables.rows("SELECT context, referenced_id FROM tweets ORDER BY 1") == [(rest, "16")] * 2
    await apply(store, post_event("delete", "16"))
    assert tables.rows("SELECT context, referenced_id FROM tweets") == [(None, None)] * 2


async def test_without_a_key_posts_of_an_author_are_unmatched_and_later_ones_are_left_out(
    migrated: Settings, tables: Tables
) -> None:
    store = Store(migrated.model_copy(update={"privacy": PrivacySettings()}))
    await write(store, [positive_tweet("1")])
    [event] = await apply(store, author_event("user_delete"))
    assert event.unmatched
    assert tables.rows("SELECT unmatched FROM compliance_events") == [(True,)]
    assert (await write(store, [positive_tweet("2")])).removed == 1
    await store.close()


@pytest.mark.parametrize(
    ("removal", "lift"),
    [
        (post_event("delete", "17"), post_event("undelete", "17")),
        (author_event("user_delete"), author_event("user_undelete")),
        (author_event("user_protect"), author_event("user_unprotect")),
        (author_event("user_suspend"), author_event("user_unsuspend")),
    ],
    ids=lambda event: event.name,
)
async def test_a_lifted_removal_lets_the_post_be_stored_again(
    store: Store, tables: Tables, removal, lift
) -> None:
    post = positive_tweet("17")
    await write(store, [post], alerts=[alert("a", "17")])
    await apply(store, removal)
    await apply(store, lift)
    assert tables.rows("SELECT count(*) FROM tombstones") == [(0,)]
    assert SECRET not in everything(tables)
    assert (await write(store, [post], alerts=[alert("a", "17")])).changed_alerts == 1
    assert tables.rows("SELECT text FROM tweets WHERE erased_at IS NULL") == [(TEXT,)]
    assert tables.rows("SELECT action, revision, reason, published_at FROM alert_outbox") == [
        ("publish", 3, None, None)
    ]
    assert tables.content()["counts"] == tables.recounted()


async def test_lifting_one_removal_leaves_the_others(store: Store) -> None:
    await apply(store, author_event("user_suspend"), author_event("user_delete"))
    await apply(store, author_event("user_unsuspend"))
    assert (await write(store, [positive_tweet("17")])).removed == 1


async def test_no_platform_takes_back_what_a_person_has_erased(store: Store, tables: Tables) -> None:
    for event in (post_event("delete", "17"), author_event("user_delete")):
        await apply(store, replace(event, by_hand=True))
    await apply(store, post_event("undelete", "17"), author_event("user_undelete"))
    assert (await write(store, [positive_tweet("17")])).removed == 1
    names = tables.rows("SELECT event FROM tombstones WHERE event LIKE '%erase' ORDER BY 1")
    assert names == [("erase",), ("user_erase",)]


async def test_an_undelete_from_before_the_deletion_lifts_nothing(store: Store) -> None:
    await apply(store, post_event("delete", "17"), post_event("undelete", "17", at=POSTED))
    assert (await write(store, [positive_tweet("17")])).removed == 1


async def test_events_of_a_batch_are_applied_in_their_order(store: Store) -> None:
    await apply(store, post_event("delete", "17"), post_event("undelete", "17"), post_event("delete", "18"))
    assert (await write(store, [positive_tweet("17"), positive_tweet("18")])).removed == 1


async def test_an_undelete_lifts_all_ids_that_the_deletion_had_removed(store: Store) -> None:
    await write(store, [positive_tweet("first", aliases=("second",))])
    await apply(store, post_event("delete", "second"))
    await apply(store, post_event("undelete", "second"))
    assert (await write(store, [positive_tweet("first", aliases=("second",))])).removed == 0


async def test_a_deletion_that_was_lifted_does_not_return_with_its_message(store: Store) -> None:
    removal = post_event("delete", "17")
    await apply(store, removal, post_event("undelete", "17"))
    await write(store, [positive_tweet("17")])
    await apply(store, removal)
    assert (await write(store, [positive_tweet("17")], bundle="new")).new_predictions == 1


async def test_scrubbed_places_are_audited_and_nothing_else_changes(store: Store, tables: Tables) -> None:
    await write(store, [positive_tweet("17")])
    before = tables.content()
    [event] = await apply(store, author_event("scrub_geo"))
    assert +event.touched == {}
    assert tables.content() == before
    assert tables.rows("SELECT event, done_at IS NOT NULL FROM compliance_events") == [("scrub_geo", True)]


async def test_an_announced_edit_removes_the_old_text_until_the_new_one_comes(
    store: Store, tables: Tables
) -> None:
    await write(store, [positive_tweet("first")], alerts=[alert("a", "first")])
    [event] = await apply(store, post_event("tweet_edit", "first", "second"))
    assert +event.touched == {"tweets": 1, "alert_outbox": 1}
    assert tables.rows("SELECT text, version FROM tweets") == [(None, 2)]
    assert tables.rows("SELECT * FROM ade_report") == []
    assert tables.rows("SELECT action, reason FROM alert_outbox") == [("retract", "edited")]
    assert (await write(store, [positive_tweet("first")])).new_predictions == 0
    assert tables.rows("SELECT text FROM tweets") == [(None,)]
    text = "zoloft update: still shaking"
    edit = scored("first", text, mention_of(text, SECRET), aliases=("second",), edited_at=LATER)
    assert (await write(store, [edit], alerts=[alert("a", "first")])).changed_alerts == 1
    assert tables.rows("SELECT text, version FROM ade_report") == [(text, 2)]
    assert tables.rows("SELECT action, revision FROM alert_outbox") == [("publish", 3)]
    assert tables.content()["counts"] == tables.recounted()


async def test_an_announced_edit_that_is_stored_already_changes_nothing(store: Store, tables: Tables) -> None:
    await write(store, [positive_tweet("first", aliases=("second",), edited_at=LATER)])
    [event] = await apply(store, post_event("tweet_edit", "first", "second"))
    assert +event.touched == {}
    assert tables.rows("SELECT text, version FROM tweets") == [(TEXT, 1)]


async def test_an_announced_edit_of_a_post_that_is_not_stored_changes_nothing(
    store: Store, tables: Tables
) -> None:
    [event] = await apply(store, post_event("tweet_edit", "17", "18"))
    assert event.event_id is not None
    assert not +event.touched
    assert tables.rows("SELECT alias FROM post_aliases") == []


async def test_a_dry_run_reports_what_would_change_and_changes_nothing(store: Store, tables: Tables) -> None:
    await write(store, [positive_tweet("17")])
    before = everything(tables)
    [event] = await apply(store, post_event("delete", "17"), dry_run=True)
    assert event.touched["tweets"] == 1
    assert everything(tables) == before


async def test_an_author_of_many_posts_is_removed_a_few_at_a_time(
    store: Store, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing, "NAMES_AT_ONCE", 2)
    monkeypatch.setattr(tombstones, "AT_ONCE", 2)
    posts = [positive_tweet(str(number)) for number in range(7)]
    reposts = [
        positive_tweet(f"9{number}", kind=PostKind.REPOST, referenced_id=str(number), author="author 8")
        for number in range(7)
    ]
    await write(store, posts + reposts)
    [event] = await apply(store, author_event("user_delete"))
    assert event.touched["tweets"] == 14
    assert SECRET not in everything(tables)
    assert (await write(store, posts + reposts)).removed == 14


ROWS = {"old": ["17"], "new": ["x"], "reason": ["deleted"]}
LOOK_UPS = {
    "KNOWN_NAMES": {"names": ["17", "18"]},
    "ALIASES_OF": {"names": ["17", "18"]},
    "POSTS_OF_AUTHOR": {"author_hashes": ["a"], "at": LATER},
    "POSTS_AND_REFERENCES": {"names": ["17", "18"]},
    "FORGET_REFERENCES": {"tweet_ids": ["17", "18"], "names": ["17"]},
    "DELETE_MENTIONS": ROWS,
    "DELETE_ALIASES": ROWS,
    "RETRACT_ALERTS": ROWS,
    "ERASE_TWEETS": ROWS,
    "ERASE_PREDICTIONS": ROWS,
}


@pytest.mark.parametrize("name", LOOK_UPS)
async def test_deletions_find_their_rows_by_indexes(store: Store, name: str) -> None:
    statement = getattr(erasing_statements, name)
    async with store.engine.connect() as connection:
        await connection.execute(sql("SET enable_seqscan = off"))
        plan = await connection.execute(sql(f"EXPLAIN {statement.text}"), LOOK_UPS[name])
        assert "Seq Scan" not in "".join(plan.scalars()), name


def _repost(tweet_id: str, *, of: str = "17"):
    text = f"RT @somebody: {TEXT}"
    return scored(
        tweet_id,
        text,
        mention_of(text, SECRET),
        author="somebody else",
        kind=PostKind.REPOST,
        referenced_id=of,
    )


def _quote(tweet_id: str, *, of: str = "17", context: tuple[ContextPart, ...] = QUOTED) -> ScoredPost:
    text = "so sick of it"
    mention = mention_of(text, "sick")
    fields = {"kind": PostKind.QUOTE, "referenced_id": of, "context": context}
    return scored(tweet_id, text, mention, author="somebody else", **fields)
