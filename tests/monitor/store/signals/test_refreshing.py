"""The refresh counts what the cases say, and only the days that changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from monitor.errors import FatalError
from monitor.records import PostKind
from monitor.settings import EnrichSettings, Settings
from monitor.store import START, AgeLimits, AuditedRun, Store, remove_old_posts
from monitor.store.cases import CaseChange, CaseStatus, change_case
from monitor.store.roles import ADMIN, READER
from monitor.store.signals import RefreshRunningError, Window, read_coverage, refresh_counts
from monitor.store.signals.case_strata import CaseStratum, read_case_strata
from tests.monitor.store.batches import POSTED, Tables, write
from tests.monitor.store.events import apply, post_event
from tests.monitor.store.logins import login
from tests.monitor.store.signals.linked_posts import (
    ADD_ITEMS,
    NAUSEA,
    TREMOR,
    linked_post,
    post_of_two_drugs,
)

NEXT_DAY = POSTED + timedelta(days=1)


def counts(tables: Tables) -> list[tuple[Any, ...]]:
    return tables.rows(
        "SELECT CAST(day AS text), drug, ptid, platform, lang, cases, authors FROM signal_counts "
        "WHERE coding = '' ORDER BY 1, 2, 3, 4, 5"
    )


async def test_cases_are_counted_by_day_drug_event_platform_and_language(
    store: Store, migrated: Settings, tables: Tables
) -> None:
    posts = [
        linked_post("1", "sertraline", platform="x"),
        linked_post("2", "sertraline", platform="x"),
        linked_post("3", "sertraline", platform="reddit", lang="de"),
        linked_post("4", "sertraline", NAUSEA, at=NEXT_DAY),
        linked_post("5", "ibuprofen", None),
        linked_post("6", None),
        linked_post("7", "sertraline", platform="x", author="author 1", at=NEXT_DAY),
        linked_post("8", "sertraline", platform="x", author=None),
    ]
    await write(store, posts)
    refreshed = refresh_counts(migrated)
    assert (refreshed.days, refreshed.cases) == (2, 7)
    assert counts(tables) == [
        ("2026-07-01", "", "", "", "en", 1, 1),
        ("2026-07-01", "ibuprofen", "", "", "en", 1, 1),
        ("2026-07-01", "sertraline", TREMOR[0], "reddit", "de", 1, 1),
        ("2026-07-01", "sertraline", TREMOR[0], "x", "en", 3, 2),
        ("2026-07-02", "sertraline", NAUSEA[0], "", "en", 1, 1),
    ]
    assert tables.rows("SELECT ptid, pt_name FROM signal_events ORDER BY 1") == [NAUSEA, TREMOR]


async def test_only_changed_days_are_counted_again(store: Store, migrated: Settings, tables: Tables) -> None:
    await write(store, [linked_post("1", "sertraline"), linked_post("2", "sertraline", at=NEXT_DAY)])
    assert refresh_counts(migrated).days == 2
    assert refresh_counts(migrated).days == 0
    await write(store, [linked_post("3", "sertraline", at=NEXT_DAY)])
    times = tables.rows("SELECT refreshed_at FROM signal_days ORDER BY day")
    assert refresh_counts(migrated).days == 1
    assert [cases for *_, cases, _ in counts(tables)] == [1, 2]
    again = tables.rows("SELECT refreshed_at FROM signal_days ORDER BY day")
    assert (times[0] == again[0], times[1] < again[1]) == (True, True)
    assert refresh_counts(migrated, every_day=True).days == 2
    assert [cases for *_, cases, _ in counts(tables)] == [1, 2]


async def test_an_erased_post_leaves_the_counts(store: Store, migrated: Settings, tables: Tables) -> None:
    await write(store, [linked_post("1", "sertraline"), linked_post("2", "sertraline")])
    refresh_counts(migrated)
    await apply(store, post_event("delete", "1"))
    assert refresh_counts(migrated).days == 1
    assert [row[-2:] for row in counts(tables)] == [(1, 1)]
    await apply(store, post_event("delete", "2"))
    refresh_counts(migrated)
    assert counts(tables) == []


async def test_an_erased_post_whose_author_reports_again_keeps_its_case(
    store: Store, migrated: Settings, tables: Tables
) -> None:
    await write(store, [linked_post("1", "sertraline"), linked_post("2", "sertraline", author="author 1")])
    await apply(store, post_event("delete", "1"))
    refresh_counts(migrated)
    assert [row[-2] for row in counts(tables)] == [1]


async def test_a_case_that_is_none_leaves_and_may_come_back(
    store: Store, migrated: Settings, tables: Tables
) -> None:
    await write(store, [linked_post("1", "sertraline")])
    refresh_counts(migrated)
    ((case_id,),) = tables.rows("SELECT case_id FROM cases")
    change_case(migrated, case_id, CaseChange(status=CaseStatus.NOT_A_CASE), actor="ann")
    assert refresh_counts(migrated).days == 1
    assert counts(tables) == []
    change_case(migrated, case_id, CaseChange(status=CaseStatus.CLOSED), actor="ann")
    refresh_counts(migrated)
    assert [row[-2] for row in counts(tables)] == [1]
    change_case(migrated, case_id, CaseChange(owner="ann"), actor="ann")
    assert refresh_counts(migrated).days == 0


async def test_an_edit_that_takes_an_effect_back_reaches_the_counts(
    store: Store, migrated: Settings, tables: Tables
) -> None:
    await write(store, [linked_post("1", "sertraline")])
    refresh_counts(migrated)
    edited = linked_post("1", "sertraline", NAUSEA)
    post = replace(edited.received.post, text="sertraline did 1 to me, really", edited_at=NEXT_DAY)
    await write(store, [replace(edited, received=replace(edited.received, post=post))])
    refresh_counts(migrated)
    assert [(row[2], row[-2]) for row in counts(tables)] == [(NAUSEA[0], 1)]


async def test_copies_are_not_counted(migrated: Settings, tables: Tables) -> None:
    store = Store(migrated.model_copy(update={"enrich": EnrichSettings()}))
    original = linked_post("1", "sertraline")
    repost = linked_post("2", "sertraline", kind=PostKind.REPOST, referenced_id="1")
    await write(store, [original, repost])
    await store.close()
    refresh_counts(migrated)
    assert [row[-2] for row in counts(tables)] == [1]


async def test_recoded_mentions_are_counted_by_their_new_codes(
    store: Store, migrated: Settings, tables: Tables
) -> None:
    await write(store, [linked_post("1", "sertraline"), linked_post("2", "sertraline")])
    refresh_counts(migrated)
    tables.run(
        "INSERT INTO recoded_mentions (mention_id, release, bundle, ptid, pt_name) SELECT id, '27.0', 'b', "
        "CASE tweet_id WHEN '1' THEN '10028813' END, CASE tweet_id WHEN '1' THEN 'Nausea' END FROM mentions"
    )
    assert refresh_counts(migrated).days == 1
    recoded = "SELECT ptid, cases FROM signal_counts WHERE coding = '27.0' ORDER BY 1"
    assert tables.rows(recoded) == [("", 1), ("10028813", 1)]
    assert [row[-2] for row in counts(tables)] == [2]
    assert tables.rows("SELECT pt_name FROM signal_events WHERE coding = '27.0'") == [("Nausea",)]


async def test_counts_of_days_that_retention_empties_stay(
    store: Store, migrated: Settings, tables: Tables
) -> None:
    await write(store, [linked_post("1", "sertraline"), linked_post("2", "sertraline", at=NEXT_DAY)])
    refresh_counts(migrated)
    before = counts(tables)
    run = AuditedRun("retention", "retention 1", "posts_days=90")
    async with store.engine.begin() as connection:
        limits = AgeLimits(datetime(2999, 1, 1, tzinfo=UTC), None)
        assert (await remove_old_posts(connection, limits, START, run=run)).due == 2
    assert (refresh_counts(migrated).days, refresh_counts(migrated, every_day=True).days) == (0, 0)
    assert counts(tables) == before
    assert tables.rows("SELECT count(*) FROM signal_changes") == [(0,)]
    assert read_coverage(migrated).late_days == 0
    # An archive that is fed now comes too late for these days, and the refresh says so each time.
    await write(store, [linked_post("3", "sertraline"), linked_post("4", "ibuprofen")])
    assert read_coverage(migrated).late_days == 1
    for _ in range(2):
        refreshed = refresh_counts(migrated)
        assert (refreshed.days, refreshed.late_cases, refreshed.late_days) == (0, 2, 1)
    assert counts(tables) == before


async def test_what_review_rejects_leaves_the_counts(
    store: Store, migrated: Settings, tables: Tables
) -> None:
    await write(store, [linked_post("1", "sertraline"), linked_post("2", "sertraline")])
    tables.run(ADD_ITEMS)
    refresh_counts(migrated)
    for outcome, cases in (("not-an-ade", [1]), ("correct", [2]), ("wrong-pt", [1])):
        tables.run(f"UPDATE review_items SET outcome = '{outcome}', state = 'done' WHERE tweet_id = '1'")
        assert refresh_counts(migrated).days == 1
        assert [row[-2] for row in counts(tables)] == cases, outcome


async def test_a_verdict_is_about_one_drug_of_a_post(
    store: Store, migrated: Settings, tables: Tables
) -> None:
    # A post has one case for each PT, with the drug of its surest mention.
    await write(store, [post_of_two_drugs("1", "ibuprofen", "sertraline")])
    tables.run(ADD_ITEMS)
    for drug, outcome, expected in (
        ("sertraline", "wrong-drug", ["ibuprofen"]),
        ("sertraline", "correct", ["ibuprofen"]),
        ("ibuprofen", "wrong-drug", []),
    ):
        tables.run(f"UPDATE review_items SET outcome = '{outcome}', state = 'done' WHERE drug = '{drug}'")
        refresh_counts(migrated)
        assert [row[1] for row in counts(tables)] == expected, (drug, outcome)


async def test_a_verdict_on_a_reply_without_a_drug_is_about_the_case_of_its_thread(
    store: Store, migrated: Settings, tables: Tables
) -> None:
    reply = linked_post("2", None, author="author 1", kind=PostKind.REPLY, referenced_id="1")
    await write(store, [linked_post("1", "sertraline"), reply])
    assert tables.rows("SELECT role FROM case_posts ORDER BY tweet_id") == [("report",), ("thread",)]
    tables.run(ADD_ITEMS)
    for post, expected in (("1", ["sertraline"]), ("2", [])):
        tables.run(
            f"UPDATE review_items SET outcome = 'not-an-ade', state = 'done' WHERE tweet_id = '{post}'"
        )
        refresh_counts(migrated)
        assert [row[1] for row in counts(tables)] == expected


async def test_corrections_read_what_review_has_rejected_as_well(
    store: Store, migrated: Settings, tables: Tables
) -> None:
    await write(store, [linked_post("1", "sertraline"), linked_post("2", "sertraline", lang="de-CH")])
    tables.run(ADD_ITEMS)
    tables.run("UPDATE review_items SET outcome = 'not-an-ade', state = 'done' WHERE tweet_id = '1'")
    assert read_case_strata(migrated, Window()) == {
        CaseStratum("sertraline", TREMOR[0], "en", "0.80-0.95"): 1,
        CaseStratum("sertraline", TREMOR[0], "de", "0.80-0.95"): 1,
    }


async def test_an_admin_refreshes_and_a_reader_may_not(store: Store, migrated: Settings) -> None:
    await write(store, [linked_post("1", "sertraline")])
    with login(migrated, ADMIN) as settings:
        assert refresh_counts(settings).cases == 1
    with login(migrated, READER) as settings, pytest.raises(FatalError):
        refresh_counts(settings, every_day=True)


async def test_two_refreshes_do_not_run_at_once(migrated: Settings, tables: Tables) -> None:
    other: psycopg.Connection[Any] = tables.connection
    other.execute("SELECT pg_advisory_lock(hashtextextended('ade signals', 0))")
    with pytest.raises(RefreshRunningError, match="another refresh"):
        refresh_counts(migrated)
