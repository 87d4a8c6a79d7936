"""Items are handed to one reviewer at a time, and verdicts become what holds."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta

import psycopg
import pytest
from psycopg import errors

from monitor.settings import Settings
from monitor.store.connections import checking_engine
from monitor.store.reviews import (
    NextRequest,
    ReviewDecision,
    ReviewError,
    ReviewVerdict,
    decide_item,
    find_items,
    lease_item,
    next_item,
    undo_verdict,
)
from monitor.store.reviews.shown_items import ItemFilters
from monitor.store.roles import READER, REVIEWER
from tests.monitor.store.batches import Tables
from tests.monitor.store.logins import connected, login, name_of
from tests.monitor.store.reviews.review_items import draw, fill, reported

CORRECT = ReviewVerdict(ReviewDecision.CORRECT)
NOT_AN_ADE = ReviewVerdict(ReviewDecision.NOT_AN_ADE)


@pytest.fixture
def reviewers(migrated: Settings):  # type: ignore[no-untyped-def]
    """Settings of three logins with the role of reviewers."""
    with ExitStack() as stack:
        yield [stack.enter_context(login(migrated, REVIEWER)) for _ in range(3)]


async def test_connections_at_once_get_different_items(migrated: Settings, reviewers: list[Settings]) -> None:
    await fill(migrated, [reported(str(number)) for number in range(2)])
    draw(migrated)
    engines = [checking_engine(settings.database, 10) for settings in reviewers]
    with engines[0].begin() as first, engines[1].begin() as second:
        items = [lease_item(first, NextRequest()), lease_item(second, NextRequest())]
        assert len(set(items)) == 2  # neither transaction has ended
    with ThreadPoolExecutor() as pool:
        again = list(pool.map(lambda settings: next_item(settings, NextRequest()), reviewers))
    assert [item and item.item_id for item in again] == [*items, None]


async def test_no_item_is_leased_twice_however_many_ask(
    migrated: Settings, reviewers: list[Settings], tables: Tables
) -> None:
    await fill(migrated, [reported(str(number)) for number in range(12)])
    draw(migrated)

    def work(settings: Settings) -> int:
        count = 0
        while (item := next_item(settings, NextRequest())) is not None:
            decide_item(settings, item.item_id, CORRECT)
            count += 1
        return count

    with ThreadPoolExecutor() as pool:
        assert sum(pool.map(work, reviewers)) == 12
    assert tables.rows("SELECT count(*), count(DISTINCT item_id) FROM review_verdicts") == [(12, 12)]


async def test_a_lease_ends_and_a_reviewer_gets_the_same_item_until_then(
    migrated: Settings, reviewers: list[Settings], tables: Tables
) -> None:
    await fill(migrated, [reported("1")])
    draw(migrated)
    first, second, _ = reviewers
    request = NextRequest(duration=timedelta(minutes=5))
    items = [next_item(first, request), next_item(first, request)]
    assert items[0] is not None
    assert items[0] == items[1]
    assert next_item(second, request) is None
    with pytest.raises(ReviewError, match="somebody else"):
        decide_item(second, items[0].item_id, CORRECT)
    tables.run("UPDATE review_leases SET leased_until = now() - interval '1 s'")
    taken = next_item(second, request)
    assert taken is not None
    assert taken.item_id == items[0].item_id


async def test_two_verdicts_that_differ_need_a_third_person(
    migrated: Settings, reviewers: list[Settings], tables: Tables
) -> None:
    await fill(migrated, [reported("1")])
    draw(migrated, reviewers=2)
    first, second, third = reviewers
    item = next_item(first, NextRequest())
    assert item is not None
    assert decide_item(first, item.item_id, CORRECT).state == "open"
    assert next_item(first, NextRequest()) is None
    assert decide_item(second, item.item_id, NOT_AN_ADE).state == "disputed"
    for settings in (first, second):
        assert next_item(settings, NextRequest(adjudicate=True)) is None
        with pytest.raises(ReviewError, match="already"):
            decide_item(settings, item.item_id, CORRECT)
    shown = next_item(third, NextRequest(adjudicate=True))
    assert shown is not None
    assert [verdict["decision"] for verdict in shown.verdicts] == ["correct", "not-an-ade"]
    assert name_of(first) not in str(shown)
    state = decide_item(third, item.item_id, NOT_AN_ADE)
    assert (state.state, state.holds and state.holds.reviewer) == ("done", name_of(third))
    roles = tables.rows("SELECT reviewer, role FROM review_verdicts ORDER BY id")
    assert roles == [
        (name_of(first), "reviewer"),
        (name_of(second), "reviewer"),
        (name_of(third), "adjudicator"),
    ]
    assert tables.rows("SELECT count(*) FROM audit_entries WHERE action = 'review'") == [(4,)]


async def test_undoing_adds_a_row_and_opens_the_item_again(
    migrated: Settings, reviewers: list[Settings], tables: Tables
) -> None:
    await fill(migrated, [reported("1")])
    draw(migrated)
    first, second, _ = reviewers
    item = next_item(first, NextRequest())
    assert item is not None
    assert decide_item(first, item.item_id, NOT_AN_ADE).state == "done"
    with pytest.raises(ReviewError, match="no verdict"):
        undo_verdict(second)
    number, state = undo_verdict(first)
    assert (number, state.state) == (item.item_id, "open")
    assert decide_item(first, item.item_id, CORRECT).state == "done"
    [row] = tables.rows("SELECT count(*), count(decision), bool_and(seconds >= 0) FROM review_verdicts")
    assert row == (3, 2, True)
    [listed] = find_items(second, ItemFilters(outcome="correct"))
    assert (listed.verdicts, listed.state) == (1, "done")


async def test_nobody_decides_for_others_or_changes_the_history(
    migrated: Settings, reviewers: list[Settings]
) -> None:
    await fill(migrated, [reported("1")])
    draw(migrated)
    forbidden = [
        "INSERT INTO review_verdicts (item_id, reviewer, decision) VALUES (1, 'ann', 'correct')",
        "UPDATE review_verdicts SET decision = 'correct'",
        "DELETE FROM review_verdicts",
        "UPDATE review_items SET label = 'NoADE'",
        "UPDATE review_items SET ptid = NULL",
        "UPDATE mentions SET ptid = NULL",
    ]
    with connected(reviewers[0]) as reviewer:
        for statement in forbidden:
            with pytest.raises(errors.InsufficientPrivilege):
                reviewer.execute(statement)
    with login(migrated, READER) as settings, connected(settings) as reader:
        assert reader.execute("SELECT count(*) FROM review_items").fetchone() == (1,)
        assert len(list(find_items(settings, ItemFilters()))) == 1
        for statement in (
            "INSERT INTO review_verdicts (item_id, decision) VALUES (1, 'correct')",
            "DELETE FROM review_leases",
            *forbidden,
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                reader.execute(statement)
