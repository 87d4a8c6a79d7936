"""Which posts form a case, in the database: by author, drug and effect, whatever the order of the batches."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from pydantic import SecretStr
from sqlalchemy import text

from monitor.effect_reports import EffectReport
from monitor.findings import DrugLink, DrugMention, DrugNaming, Findings
from monitor.records import PostKind, ScoredPost
from monitor.settings import EnrichSettings, PrivacySettings, Settings
from monitor.store import Store
from tests.monitor.store.batches import (
    POSTED,
    GivenAlerts,
    Tables,
    mention_of,
    negative_tweet,
    raised,
    scored,
    write,
)
from tests.monitor.store.events import apply, post_event

TREMOR = ("10044565", "Tremor")
INSOMNIA = ("10022437", "Insomnia")
CASES = "SELECT case_id, drug, ptid, first_at, last_at, status FROM cases ORDER BY opened_at, case_id"
POSTS = "SELECT tweet_id, role, case_id FROM case_posts ORDER BY tweet_id, case_id"


def keyed(settings: Settings) -> Settings:
    privacy = PrivacySettings(author_key=SecretStr("k" * 32))
    return settings.model_copy(update={"privacy": privacy, "enrich": EnrichSettings()})


def report(
    tweet_id: str,
    *,
    author: str | None = "ann",
    drug: str | None = "sertraline",
    pt: tuple[str, str] | None = TREMOR,
    days: int = 0,
    text: str = "post",
    keys: tuple[bytes, ...] = (),
    **fields: Any,
) -> ScoredPost:
    """Return a post of `author` that links `pt` to `drug`."""
    text = f"{text} {tweet_id}: still shaking"
    mention = mention_of(text, "shaking", pt=pt)
    links = {}
    if drug is not None:
        named = DrugMention(0, 4, "post", drug, DrugNaming.GENERIC)
        links = {(mention.start, mention.end): DrugLink(named, 0.9)}
    row = scored(tweet_id, text, mention, author=author, posted_at=POSTED + timedelta(days=days), **fields)
    return replace(row, findings=Findings(links=links, copy_keys=keys))


async def test_later_posts_of_an_author_about_the_same_pair_join_the_case(
    migrated: Settings, tables: Tables
) -> None:
    store = Store(keyed(migrated))
    await write(store, [report("1"), report("2", days=1)])
    await write(store, [report("3", days=3)])
    await store.close()
    [(case_id, drug, ptid, first_at, last_at, status)] = tables.rows(CASES)
    assert (drug, ptid, status) == ("sertraline", TREMOR[0], "new")
    assert (first_at, last_at) == (POSTED, POSTED + timedelta(days=3))
    roles = {"1": "report", "2": "follow-up", "3": "follow-up"}
    assert tables.rows(POSTS) == [(tweet_id, role, case_id) for tweet_id, role in roles.items()]
    assert tables.rows("SELECT DISTINCT case_id FROM mentions") == [(case_id,)]


async def test_another_author_drug_or_effect_is_another_case(migrated: Settings, tables: Tables) -> None:
    store = Store(keyed(migrated))
    rows = [
        report("1"),
        report("2", author="bob"),
        report("3", drug="fluoxetine"),
        report("4", pt=INSOMNIA),
        report("5", drug=None),
    ]
    await write(store, rows)
    await store.close()
    assert len(tables.rows(CASES)) == len(rows)


async def test_without_an_author_each_post_is_a_case(store: Store, tables: Tables) -> None:
    await write(store, [report("1", author=None), report("2", author=None)])
    assert len(tables.rows(CASES)) == 2


async def test_writing_the_same_posts_again_changes_nothing(migrated: Settings, tables: Tables) -> None:
    store = Store(keyed(migrated))
    rows = [report("1"), report("2", author="bob"), report("3", days=1)]
    await write(store, rows)
    before = [tables.rows(CASES), tables.rows(POSTS), tables.rows("SELECT * FROM seen_pairs")]
    await write(store, rows)
    await write(store, rows, bundle="new")  # another bundle finds the same
    await store.close()
    assert [tables.rows(CASES), tables.rows(POSTS), tables.rows("SELECT * FROM seen_pairs")] == before
    assert len(tables.rows("SELECT DISTINCT case_id FROM mentions")) == 2


async def test_a_reply_of_the_author_without_a_drug_continues_the_thread(
    migrated: Settings, tables: Tables
) -> None:
    store = Store(keyed(migrated))
    await write(store, [report("1")])
    reply = {"kind": PostKind.REPLY, "referenced_id": "1", "drug": None, "days": 1}
    await write(store, [report("2", **reply), report("3", author="bob", **reply)])
    await store.close()
    roles = {tweet_id: role for tweet_id, role, _ in tables.rows(POSTS)}
    assert roles == {"1": "report", "2": "thread", "3": "report"}
    assert len(tables.rows(CASES)) == 2


async def test_a_copy_has_the_case_of_its_first_post_and_makes_none(
    migrated: Settings, tables: Tables
) -> None:
    store = Store(keyed(migrated))
    await write(store, [report("1")])
    repost = {"kind": PostKind.REPOST, "referenced_id": "1"}
    await write(store, [report("2", author="bob", **repost)])
    await store.close()
    assert [row[:2] for row in tables.rows(POSTS)] == [("1", "report")]
    assert len(tables.rows("SELECT DISTINCT case_id FROM mentions WHERE case_id IS NOT NULL")) == 1


async def test_an_edit_that_takes_the_effect_back_leaves_the_case(migrated: Settings, tables: Tables) -> None:
    store = Store(keyed(migrated))
    await write(store, [report("1"), report("2", days=1), report("3", author="bob")])
    tables.run(
        "UPDATE cases SET status = 'open' WHERE case_id IN (SELECT case_id FROM case_posts "
        "WHERE tweet_id = '3')"
    )
    edited = POSTED + timedelta(days=2)
    await write(store, [negative_tweet("2", edited_at=edited), negative_tweet("3", edited_at=edited)])
    await store.close()
    assert [row[:2] for row in tables.rows(POSTS)] == [("1", "report")]
    # A person works on the case of the third post, so it stays.
    assert sorted(row[-1] for row in tables.rows(CASES)) == ["new", "open"]


async def test_a_case_that_gets_a_post_while_its_last_one_leaves_is_kept(
    migrated: Settings, tables: Tables
) -> None:
    first, second = Store(keyed(migrated)), Store(keyed(migrated))
    await write(first, [report("1"), report("2", author="bob")])
    [(case_id,)] = tables.rows("SELECT case_id FROM case_posts WHERE tweet_id = '1'")
    async with second.engine.begin() as connection:
        await connection.execute(
            text("INSERT INTO case_posts (case_id, tweet_id, role) VALUES (:case_id, '2', 'follow-up')"),
            {"case_id": case_id},
        )
        edit = negative_tweet("1", edited_at=POSTED + timedelta(days=2))
        leaving = asyncio.create_task(write(first, [edit]))
        await asyncio.to_thread(wait_for_a_lock, tables)
    await leaving
    await first.close()
    await second.close()
    assert tables.rows("SELECT tweet_id FROM case_posts WHERE case_id = %s", case_id) == [("2",)]


def wait_for_a_lock(tables: Tables) -> None:
    """Wait until a transaction waits for the end of another one."""
    while not tables.rows("SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'"):
        time.sleep(0.01)


async def test_a_follow_up_opens_a_closed_case_again(migrated: Settings, tables: Tables) -> None:
    store = Store(keyed(migrated))
    await write(store, [report("1"), report("2", author="bob")])
    tables.run("UPDATE cases SET status = CASE drug WHEN 'sertraline' THEN 'closed' END")
    await write(store, [report("3", days=1)])
    await store.close()
    assert sorted(row[-1] for row in tables.rows(CASES)) == ["closed", "open"]


class NewPairs:
    """Notes which reports had a new pair."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, bool]] = []

    def __call__(self, reports: Sequence[EffectReport]) -> GivenAlerts:
        self.seen.extend((report.key[0], report.is_new_pair) for report in reports)
        return raised()


async def ask(store: Store, pairs: NewPairs, *rows: ScoredPost) -> None:
    await store.write_batch(rows, bundle="b", raise_alerts=pairs, progress=[], group="g")


async def test_a_pair_is_new_once(migrated: Settings) -> None:
    store, pairs = Store(keyed(migrated)), NewPairs()
    await ask(store, pairs, report("1", author="1"), report("2", author="2"))
    await ask(store, pairs, report("3", author="3"))
    await store.close()
    assert pairs.seen == [("1", True), ("2", False), ("3", False)]


async def test_an_edit_of_the_post_that_brought_a_pair_brings_it_again(migrated: Settings) -> None:
    store, pairs = Store(keyed(migrated)), NewPairs()
    await ask(store, pairs, report("1", author="1"))
    await ask(store, pairs, report("2", author="2", days=1))
    edited = POSTED + timedelta(days=2)
    await ask(store, pairs, report("1", author="1", text="corrected", edited_at=edited))
    await ask(store, pairs, report("2", author="2", days=1, text="corrected", edited_at=edited))
    await store.close()
    assert pairs.seen == [("1", True), ("2", False), ("1", True), ("2", False)]


async def test_words_of_uncoded_effects_are_not_kept_as_pairs(migrated: Settings, tables: Tables) -> None:
    store, pairs = Store(keyed(migrated)), NewPairs()
    await ask(store, pairs, report("1", pt=None))
    await store.close()
    assert pairs.seen == [("1", False)]
    assert tables.rows("SELECT * FROM seen_pairs") == []


async def test_a_copy_that_comes_before_its_first_post_in_a_batch_has_its_case(
    migrated: Settings, tables: Tables
) -> None:
    store = Store(keyed(migrated))
    repost = {"kind": PostKind.REPOST, "referenced_id": "1", "days": 1}
    await write(store, [report("2", author="bob", **repost), report("1")])
    await store.close()
    assert len(tables.rows("SELECT case_id FROM mentions WHERE case_id IS NOT NULL")) == 2
    assert len(tables.rows(CASES)) == 1


async def test_the_account_of_a_repost_is_not_the_author_of_its_report(
    migrated: Settings, tables: Tables
) -> None:
    store = Store(keyed(migrated))
    reposts = [
        report(tweet_id, author="news", kind=PostKind.REPOST, referenced_id=f"unseen {tweet_id}")
        for tweet_id in ("1", "2")
    ]
    await write(store, reposts)
    await write(store, [report("3", author="news")])
    await store.close()
    assert [role for _, role, _ in tables.rows(POSTS)] == ["report"] * 3


async def test_two_workers_make_one_case_of_one_author(migrated: Settings, tables: Tables) -> None:
    first, second = Store(keyed(migrated)), Store(keyed(migrated))
    for number in range(8):
        rows = [report(f"{number}-{side}", author=f"author {number}") for side in ("a", "b")]
        await asyncio.gather(write(first, rows[:1]), write(second, rows[1:]))
    await first.close()
    await second.close()
    assert len(tables.rows(CASES)) == 8


async def test_a_case_that_nobody_worked_on_goes_with_its_erased_post(
    migrated: Settings, tables: Tables
) -> None:
    store = Store(keyed(migrated))
    await write(store, [report("17")])
    await apply(store, post_event("delete", "17"))
    await store.close()
    assert tables.rows(CASES) == tables.rows(POSTS) == []
    assert tables.rows("SELECT * FROM mentions") == tables.rows("SELECT * FROM post_drugs") == []


async def test_a_case_of_erased_posts_keeps_neither_words_nor_exact_times(
    migrated: Settings, tables: Tables
) -> None:
    store = Store(keyed(migrated))
    await write(store, [report("17", pt=None), report("18", pt=None, days=1)])
    tables.run("UPDATE cases SET status = 'open'")
    await apply(store, post_event("delete", "17"))
    [(effect, first_at, last_at)] = tables.rows("SELECT effect, first_at, last_at FROM cases")
    hour = POSTED.replace(minute=0, second=0)
    assert (effect, first_at, last_at) == ("words:shaking", hour, POSTED + timedelta(days=1))
    await apply(store, post_event("delete", "18"))
    await store.close()
    [(effect, first_at, last_at)] = tables.rows("SELECT effect, first_at, last_at FROM cases")
    assert (effect, first_at, last_at) == ("words:", hour, hour + timedelta(days=1))
    assert {row[0].minute for row in tables.rows("SELECT added_at FROM case_posts")} == {0}
    assert "shaking" not in str(tables.rows("SELECT * FROM cases"))
