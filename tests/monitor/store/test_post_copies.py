"""Copies: exactly one first post for a text, whichever worker writes it, and whatever happens to it later."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from monitor import metrics
from monitor.effect_reports import CopyKind
from monitor.enrich.copies import NormalText, copy_keys, normalize
from monitor.findings import DrugMention, DrugNaming, DrugPlace, Findings
from monitor.records import PostKind, ScoredPost
from monitor.settings import Settings
from monitor.store import START, AgeLimits, AuditedRun, Store, post_copies, remove_old_posts
from monitor.store.post_copies import expire_copy_keys, forget_copies
from tests.monitor.store.batches import POSTED, Tables, mention_of, negative_tweet, scored, write
from tests.monitor.store.events import apply, post_event

TEXT = "Day 3 on zoloft and I cannot stop shaking, is this normal or should I call my doctor about it?"
NEAR = "Day 3 on zoloft and I just cannot stop shaking, is that normal or should I call the doctor about it?"
OTHER = (
    "Week 6 on zoloft: the mood is fine but I cannot stop shaking, so tomorrow I will ask for something else"
)
TREMOR = ("10044565", "Tremor")


def report(tweet_id: str, text: str = TEXT, *, context_drug: str | None = None, **fields: Any) -> ScoredPost:
    """Return a positive post with its findings; its effect is "shaking" if it has that word."""
    mentions = [mention_of(text, "shaking", pt=TREMOR)] if "shaking" in text else []
    row = scored(tweet_id, text, *mentions, positive=True, **fields)
    drugs = []
    if "zoloft" in text:
        start = text.index("zoloft")
        drugs.append(DrugMention(start, start + 6, "zoloft", "sertraline", DrugNaming.BRAND))
    if context_drug is not None:
        end = len(context_drug)
        drugs.append(
            DrugMention(0, end, context_drug, context_drug, DrugNaming.GENERIC, None, DrugPlace.QUOTED, 0)
        )
    return replace(row, findings=Findings(tuple(drugs), copy_keys=copy_keys(text, drugs)))


def repost(tweet_id: str, of: str, text: str = TEXT, **fields: Any) -> ScoredPost:
    """Return a repost by reference."""
    return report(tweet_id, text, kind=PostKind.REPOST, referenced_id=of, **fields)


def copies(tables: Tables) -> dict[str, tuple[str, str]]:
    """Return the first post and the kind of each copy."""
    rows = tables.rows("SELECT tweet_id, first_id, kind FROM post_copies")
    return {tweet_id: (first_id, kind) for tweet_id, first_id, kind in rows}


def age(tables: Tables, days: int) -> None:
    """Make all keys older."""
    tables.run(f"UPDATE copy_keys SET seen_at = seen_at - interval '{days} days'")


@pytest.fixture
async def other_store(migrated: Settings) -> AsyncIterator[Store]:
    """The store of another worker."""
    store = Store(migrated)
    yield store
    await store.close()


async def test_a_copy_in_a_later_batch_belongs_to_the_first_post(store: Store, tables: Tables) -> None:
    await write(store, [report("1")])
    await write(store, [report("2", f"RT @someone: {TEXT.upper()} https://t.co/1"), report("3", NEAR)])
    assert copies(tables) == {"2": ("1", "exact"), "3": ("1", "near")}
    [(similarity,)] = tables.rows("SELECT similarity FROM post_copies WHERE tweet_id = '3'")
    assert 0.7 <= similarity < 1.0


async def test_copies_in_one_batch_belong_to_the_earliest(store: Store, tables: Tables) -> None:
    later = POSTED + timedelta(minutes=1)
    await write(store, [report("1", posted_at=later), report("3", NEAR, posted_at=later), report("2")])
    assert copies(tables) == {"1": ("2", "exact"), "3": ("2", "near")}


@pytest.mark.parametrize(
    "other",
    [
        report("2", OTHER),
        report("2", TEXT.replace("zoloft", "xanax")),
        report("2", TEXT.replace("shaking", "crying")),
        report("2", TEXT.replace("Day 3", "Day 9")),
        report("2", TEXT, kind=PostKind.QUOTE, referenced_id="3"),
    ],
)
@pytest.mark.parametrize("together", [True, False])
async def test_another_report_is_not_a_copy(
    store: Store, tables: Tables, other: ScoredPost, together: bool
) -> None:
    same = other.received.post.text == TEXT
    first = report("1", OTHER if same else TEXT)
    for batch in [[first, other]] if together else [[first], [other]]:
        await write(store, batch)
    assert copies(tables) == {}


async def test_short_texts_are_not_copies(store: Store, tables: Tables) -> None:
    await write(store, [report(str(n), "zoloft has me shaking so bad") for n in range(3)])
    assert copies(tables) == {}


async def test_the_same_words_about_another_drug_of_the_thread_are_not_a_copy(
    store: Store, tables: Tables
) -> None:
    text = "this stuff has me shaking every single night and nobody believes me"
    await write(store, [report("1", text, context_drug="sertraline")])
    await write(store, [report("2", text, context_drug="quetiapine")])
    await write(store, [report("3", text, context_drug="sertraline")])
    assert copies(tables) == {"3": ("1", "exact")}


async def test_a_repost_is_a_copy_of_its_original_or_of_what_that_copies(
    store: Store, tables: Tables
) -> None:
    await write(store, [report("1"), report("2"), report("9", "short words, shaking")])
    await write(
        store, [repost("3", "1", "RT, shaking"), repost("4", "2", "…"), repost("5", "9", "so, shaking")]
    )
    assert copies(tables)["3"] == ("1", "repost")
    assert copies(tables)["4"] == ("1", "repost")
    assert copies(tables)["5"] == ("9", "repost")


async def test_an_original_and_its_reposts_in_one_batch(store: Store, tables: Tables) -> None:
    later = POSTED + timedelta(hours=1)
    await write(store, [repost("3", "1"), repost("2", "1"), report("1", posted_at=later)])
    assert copies(tables) == {"2": ("1", "repost"), "3": ("1", "repost")}


async def test_the_first_repost_stands_in_for_an_original_that_was_never_seen(
    store: Store, tables: Tables
) -> None:
    await write(store, [repost("2", "1", "short, shaking")])
    await write(store, [repost("3", "1", "short, shaking too")])
    await write(store, [report("1", OTHER)])
    assert copies(tables) == {"3": ("2", "repost"), "1": ("2", "repost")}


async def test_a_repost_of_a_negative_original_is_a_report(store: Store, tables: Tables) -> None:
    await write(store, [negative_tweet("1")])
    await write(store, [repost("2", "1", "short, shaking")])
    assert copies(tables) == {}


async def test_an_original_is_found_after_its_keys_are_gone(store: Store, tables: Tables) -> None:
    await write(store, [report("1")])
    tables.run("DELETE FROM copy_keys")
    await write(store, [repost("2", "1", "short, shaking")])
    assert copies(tables) == {"2": ("1", "repost")}


@pytest.mark.parametrize("text", [TEXT, OTHER])
async def test_reposts_that_refer_to_each_other_have_one_first_post(
    store: Store, tables: Tables, text: str
) -> None:
    await write(store, [repost("1", "2", text), repost("2", "1"), repost("3", "3")])
    assert {first for first, _ in copies(tables).values()} <= {"1", "2", "3"} - set(copies(tables))


async def test_writing_a_batch_twice_changes_nothing(store: Store, tables: Tables) -> None:
    batch = [report("1"), report("2"), report("3", NEAR), repost("4", "7", "short, shaking")]
    await write(store, batch)
    keys = tables.rows("SELECT * FROM copy_keys ORDER BY key")
    assert copies(tables) == {"2": ("1", "exact"), "3": ("1", "near")}
    for bundle in ("old", "new"):
        await write(store, batch, bundle=bundle)
        assert copies(tables) == {"2": ("1", "exact"), "3": ("1", "near")}
        assert tables.rows("SELECT * FROM copy_keys ORDER BY key") == keys


async def test_a_first_post_stays_first_when_it_is_edited(store: Store, tables: Tables) -> None:
    await write(store, [report("1"), report("2"), report("5", OTHER)])
    edited = {"edited_at": POSTED + timedelta(minutes=5)}
    await write(store, [report("1", OTHER, **edited)])
    assert copies(tables) == {"2": ("1", "exact")}
    await write(store, [report("6", OTHER)])
    assert copies(tables)["6"] == ("5", "exact")
    # The old words are a report of the next author, since the edited post does not say them any more.
    await write(store, [report("3")])
    assert "3" not in copies(tables)


async def test_the_words_that_an_edit_took_back_are_a_report_of_the_next_author(
    store: Store, tables: Tables
) -> None:
    await write(store, [report("1")])
    await write(store, [negative_tweet("1", edited_at=POSTED + timedelta(minutes=5))])
    await write(store, [report("2"), repost("3", "2")])
    assert copies(tables) == {"3": ("2", "repost")}


async def test_a_copy_that_is_edited_into_a_report_of_its_own_is_a_first_post(
    store: Store, tables: Tables
) -> None:
    await write(store, [report("1"), report("2")])
    await write(store, [report("2", OTHER, edited_at=POSTED + timedelta(minutes=5))])
    await write(store, [report("3", OTHER)])
    assert copies(tables) == {"3": ("2", "exact")}


async def test_after_the_window_a_text_has_a_new_first_post(store: Store, tables: Tables) -> None:
    await write(store, [report("1")])
    age(tables, 31)
    await write(store, [report("2")])
    await write(store, [report("3"), report("4", NEAR)])
    assert copies(tables) == {"3": ("2", "exact"), "4": ("2", "near")}


async def test_old_keys_are_removed(store: Store, tables: Tables) -> None:
    await write(store, [report("1")])
    age(tables, 31)
    await write(store, [report("2", OTHER)])
    async with store.engine.begin() as connection:
        assert await expire_copy_keys(connection, days=30) > 0
        assert await expire_copy_keys(connection, days=30) == 0
    assert tables.rows("SELECT DISTINCT first_id FROM copy_keys") == [("2",)]


async def test_an_erased_first_post_loses_its_keys_and_its_earliest_copy_inherits(
    store: Store, tables: Tables
) -> None:
    await write(store, [report("1"), repost("9", "1")])
    for tweet_id in ("2", "3", "4"):
        await write(store, [report(tweet_id)])
    await apply(store, post_event("delete", "1"))
    # The repost is erased, too. The others have their own authors, and are about each other now.
    assert copies(tables) == {"3": ("2", "exact"), "4": ("2", "exact")}
    assert tables.rows("SELECT count(*) FROM copy_keys WHERE first_id = '1'") == [(0,)]
    # A wave of copies that is deleted account by account makes no first posts again and again.
    for number in range(2, 4):
        await apply(store, post_event("delete", str(number)))
        await write(store, [report(str(number + 10))])
    assert copies(tables) == {"12": ("4", "exact"), "13": ("4", "exact")}


async def test_an_erased_first_post_without_exact_copies_loses_its_keys(store: Store, tables: Tables) -> None:
    await write(store, [report("1")])
    await write(store, [report("2", NEAR)])
    await apply(store, post_event("delete", "1"))
    await write(store, [report("3")])
    assert "3" not in copies(tables)
    assert tables.rows("SELECT DISTINCT first_id FROM copy_keys") == [("3",)]


async def test_copies_of_a_first_post_that_retention_removes_are_about_the_earliest_of_them(
    store: Store, tables: Tables
) -> None:
    for tweet_id, days in (("1", 100), ("2", 0), ("3", 0)):
        await write(store, [report(tweet_id, posted_at=POSTED + timedelta(days=-days))])
    tables.run("UPDATE tweets SET first_seen_at = posted_at")
    limits = AgeLimits(POSTED - timedelta(days=90), None)
    async with store.engine.begin() as connection:
        page = await remove_old_posts(
            connection, limits, START, run=AuditedRun("retention", "1", "posts_days=90")
        )
    assert page.due == 1
    assert copies(tables) == {"3": ("2", "exact")}
    assert tables.rows("SELECT DISTINCT first_id FROM copy_keys") == [("2",)]


async def test_copies_are_counted_by_kind(store: Store) -> None:
    def counts() -> list[float]:
        values = ({"kind": kind.value} for kind in CopyKind)
        return [metrics.WORKER.get_sample_value("ade_copies_found_total", labels) or 0 for labels in values]

    before = counts()
    await write(store, [report("1")])
    await write(store, [report("2"), report("3"), report("4", NEAR), repost("5", "1"), report("6", OTHER)])
    assert [after - number for after, number in zip(counts(), before, strict=True)] == [1, 2, 1]


async def test_forgotten_posts_leave_copies_and_keys_to_an_heir(store: Store, tables: Tables) -> None:
    for tweet_id in ("1", "2", "3"):
        await write(store, [report(tweet_id)])
    await write(store, [report("4", OTHER)])
    async with store.engine.begin() as connection:
        await forget_copies(connection, [])
    assert copies(tables) == {"2": ("1", "exact"), "3": ("1", "exact")}
    async with store.engine.begin() as connection:
        await forget_copies(connection, {"1", "4"})
    assert copies(tables) == {"3": ("2", "exact")}
    assert tables.rows("SELECT DISTINCT first_id FROM copy_keys") == [("2",)]


async def test_stored_texts_are_normalized_outside_of_the_event_loop(
    store: Store, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = set()

    def noting(text: str) -> NormalText:
        threads.add(threading.current_thread())
        return normalize(text)

    monkeypatch.setattr(post_copies, "normalize", noting)
    await write(store, [report("1")])
    await write(store, [report("2", NEAR)])
    assert copies(tables) == {"2": ("1", "near")}
    assert threads
    assert threading.current_thread() not in threads


async def test_nothing_shows_whose_words_an_erased_copy_had(store: Store, tables: Tables) -> None:
    await write(store, [report("1"), report("2")])
    await apply(store, post_event("delete", "2"))
    assert copies(tables) == {}
    await write(store, [report("3")])
    assert copies(tables) == {"3": ("1", "exact")}


async def test_a_batch_costs_at_most_three_statements_and_none_without_effects(
    store: Store, tables: Tables
) -> None:
    statements: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        if "copy_keys" in statement or "post_copies" in statement:
            statements.append(statement)

    await write(store, [report("1")])
    event.listen(store.engine.sync_engine, "before_cursor_execute", note)
    await write(store, [negative_tweet("2")])
    assert statements == []
    batch = [report(str(n)) for n in range(10, 30)] + [report("31", OTHER), report("32", NEAR)]
    await write(store, batch)
    assert len(statements) == 3
    assert len(copies(tables)) == 21


@pytest.mark.parametrize("texts", [(TEXT, TEXT), (TEXT, NEAR)], ids=["equal", "similar"])
async def test_of_two_workers_at_the_same_moment_one_has_the_first_post(
    store: Store, other_store: Store, tables: Tables, texts: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have looked, and seen no first post, before either of them claims the text."""
    from monitor.store import post_copies

    looked_up, look_up = asyncio.Barrier(2), post_copies._look_up
    waits = {"a", "b"}

    async def look_up_together(*arguments: Any) -> Any:
        known = await look_up(*arguments)
        name = arguments[1][0].id
        if name in waits:
            waits.remove(name)
            await looked_up.wait()
        return known

    await write(store, [negative_tweet("9")])  # with the id of the author key, which is written once
    monkeypatch.setattr(post_copies, "_look_up", look_up_together)
    await asyncio.gather(write(store, [report("a", texts[0])]), write(other_store, [report("b", texts[1])]))
    [(copy, (first, _))] = copies(tables).items()
    assert {copy, first} == {"a", "b"}
    assert tables.rows("SELECT DISTINCT first_id FROM copy_keys") == [(first,)]


async def test_workers_that_write_the_same_texts_in_any_order_never_block_each_other(
    store: Store, other_store: Store, tables: Tables
) -> None:
    random_ = random.Random(3)
    words = ["left", "right", "up", "down", "here", "there", "north", "south", "east", "west"]
    texts = [
        f"{a} and {b} on zoloft and I cannot stop shaking since then, {b} again" for a in words for b in words
    ]

    async def write_all(name: str, store: Store, texts: Sequence[str]) -> None:
        for start in range(0, len(texts), 20):
            batch = [report(f"{name}{start + n}", text) for n, text in enumerate(texts[start : start + 20])]
            await write(store, batch)

    orders = [random_.sample(texts, len(texts)) for _ in range(2)]
    await asyncio.gather(write_all("a", store, orders[0]), write_all("b", other_store, orders[1]))
    first_of = copies(tables)
    firsts = {name for (name,) in tables.rows("SELECT tweet_id FROM tweets")} - set(first_of)
    assert {first for first, _ in first_of.values()} <= firsts
    text_of = dict(tables.rows("SELECT tweet_id, text FROM tweets"))
    assert len({text_of[name] for name in firsts}) == len(firsts)
