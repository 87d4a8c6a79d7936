"""Cases count under the pair that people found, until the verdict is undone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from monitor.records import PostKind
from monitor.settings import Settings
from monitor.store import Store
from monitor.store.reviews import ReviewDecision, ReviewVerdict, decide_item, undo_verdict
from monitor.store.roles import REVIEWER
from monitor.store.signals import Window, read_event_names, read_window, refresh_counts
from tests.monitor.store.batches import POSTED, Tables, write
from tests.monitor.store.logins import login
from tests.monitor.store.signals.linked_posts import (
    ADD_ITEMS,
    NAUSEA,
    TREMOR,
    linked_post,
    post_of_two_drugs,
)

NAUSEA_INSTEAD = ReviewVerdict(ReviewDecision.WRONG_PT, right_ptid=NAUSEA[0], right_pt_name=NAUSEA[1])
IBUPROFEN_INSTEAD = ReviewVerdict(ReviewDecision.WRONG_DRUG, right_drug="ibuprofen")
NOT_AN_ADE = ReviewVerdict(ReviewDecision.NOT_AN_ADE)
CORRECT = ReviewVerdict(ReviewDecision.CORRECT)


def counted(settings: Settings) -> dict[tuple[str, str], int]:
    """Refresh, and return the cases of each drug and PT."""
    refresh_counts(settings)
    window = read_window(settings)
    pairs = zip(window.drug, window.ptid, window.cases, strict=True)
    return {(window.drugs[drug], window.ptids[ptid]): int(cases) for drug, ptid, cases in pairs}


def item_of(tables: Tables, tweet_id: str, **columns: str) -> int:
    conditions = "".join(f" AND {name} = '{value}'" for name, value in columns.items())
    rows: list[Any] = tables.rows(
        f"SELECT item_id FROM review_items WHERE tweet_id = '{tweet_id}'{conditions}"
    )
    [(item,)] = rows
    return int(item)


async def test_a_case_counts_under_the_pair_of_people_until_the_verdict_is_undone(
    store: Store, migrated: Settings, tables: Tables
) -> None:
    await write(store, [linked_post("1", "sertraline"), linked_post("2", "sertraline", NAUSEA)])
    tables.run(ADD_ITEMS)
    before = {("sertraline", TREMOR[0]): 1, ("sertraline", NAUSEA[0]): 1}
    assert counted(migrated) == before
    item = item_of(tables, "1")
    decide_item(migrated, item, NAUSEA_INSTEAD)
    assert counted(migrated) == {("sertraline", NAUSEA[0]): 2}
    undo_verdict(migrated)
    assert counted(migrated) == before
    decide_item(migrated, item, IBUPROFEN_INSTEAD)
    assert counted(migrated) == {("ibuprofen", TREMOR[0]): 1, ("sertraline", NAUSEA[0]): 1}
    # What the model said is still there.
    assert tables.rows("SELECT drug, ptid FROM cases WHERE ptid = '10044565'") == [("sertraline", TREMOR[0])]


async def test_the_adjudicator_decides_which_pair_counts(
    store: Store, migrated: Settings, tables: Tables
) -> None:
    await write(store, [linked_post("1", "sertraline")])
    tables.run(ADD_ITEMS)
    tables.run("UPDATE review_items SET needed = 2")
    item = item_of(tables, "1")
    with login(migrated, REVIEWER) as first, login(migrated, REVIEWER) as second:
        decide_item(first, item, NAUSEA_INSTEAD)
        decide_item(second, item, NOT_AN_ADE)
        assert counted(migrated) == {("sertraline", TREMOR[0]): 1}
        decide_item(migrated, item, IBUPROFEN_INSTEAD)
        assert counted(migrated) == {("ibuprofen", TREMOR[0]): 1}
        undo_verdict(migrated)
        assert counted(migrated) == {("sertraline", TREMOR[0]): 1}
        undo_verdict(second)
        decide_item(second, item, NAUSEA_INSTEAD)
        assert counted(migrated) == {("sertraline", NAUSEA[0]): 1}  # both agree on one case


async def test_a_new_span_with_another_pt_counts_under_that_pt(
    store: Store, migrated: Settings, tables: Tables
) -> None:
    await write(store, [linked_post("1", "sertraline"), linked_post("2", "sertraline")])
    tables.run(ADD_ITEMS)
    unknown = ReviewVerdict(ReviewDecision.WRONG_SPAN, (0, 3), right_ptid="10099999")
    decide_item(migrated, item_of(tables, "1"), unknown)
    decide_item(migrated, item_of(tables, "2"), ReviewVerdict(ReviewDecision.WRONG_SPAN, (0, 3)))
    assert counted(migrated) == {("sertraline", TREMOR[0]): 1, ("sertraline", "10099999"): 1}
    assert read_event_names(migrated)["10099999"] == "10099999"


async def test_a_case_whose_right_drug_or_pt_is_none_is_in_no_pair(
    store: Store, migrated: Settings, tables: Tables
) -> None:
    await write(store, [linked_post("1", "sertraline"), linked_post("2", "sertraline")])
    tables.run(ADD_ITEMS)
    decide_item(migrated, item_of(tables, "1"), ReviewVerdict(ReviewDecision.WRONG_DRUG, right_drug="none"))
    decide_item(migrated, item_of(tables, "2"), ReviewVerdict(ReviewDecision.WRONG_PT, right_ptid="none"))
    assert counted(migrated) == {}
    window = read_window(migrated)
    assert (window.without_drug, window.uncoded) == (1, 1)


async def test_an_author_has_one_case_of_the_right_pair_on_whatever_day(
    store: Store, migrated: Settings, tables: Tables
) -> None:
    later = POSTED + timedelta(days=3)
    await write(store, [linked_post("1", "sertraline", author="ann")])
    tables.run(ADD_ITEMS)
    decide_item(migrated, item_of(tables, "1"), NAUSEA_INSTEAD)
    assert counted(migrated) == {("sertraline", NAUSEA[0]): 1}
    await write(store, [linked_post("2", "sertraline", NAUSEA, author="ann", at=later)])
    assert counted(migrated) == {("sertraline", NAUSEA[0]): 1}
    tables.run(f"{ADD_ITEMS} WHERE tweet_id = '2'")
    decide_item(migrated, item_of(tables, "2"), NOT_AN_ADE)
    assert counted(migrated) == {("sertraline", NAUSEA[0]): 1}  # the one of the first day, counted again
    assert read_window(migrated, Window(since=later.date())).cases.sum() == 0


async def test_two_mentions_of_a_post_with_the_same_right_pair_are_one_case(
    store: Store, migrated: Settings, tables: Tables
) -> None:
    await write(store, [post_of_two_drugs("1", "ibuprofen", "sertraline")])
    tables.run(ADD_ITEMS)
    assert sum(counted(migrated).values()) == 1  # one case for each PT of a post
    decide_item(migrated, item_of(tables, "1", drug="ibuprofen"), NAUSEA_INSTEAD)
    decide_item(migrated, item_of(tables, "1", drug="sertraline"), NAUSEA_INSTEAD)
    assert sum(counted(migrated).values()) == 1


async def test_of_posts_that_disagree_one_that_does_not_object_keeps_the_pair_of_the_model(
    store: Store, migrated: Settings, tables: Tables
) -> None:
    reply = linked_post("2", None, author="author 1", kind=PostKind.REPLY, referenced_id="1")
    await write(store, [linked_post("1", "sertraline"), reply])
    tables.run(ADD_ITEMS)
    first, second = item_of(tables, "1"), item_of(tables, "2")
    decide_item(migrated, first, NAUSEA_INSTEAD)
    assert counted(migrated) == {("sertraline", TREMOR[0]): 1}
    decide_item(migrated, second, CORRECT)
    assert counted(migrated) == {("sertraline", TREMOR[0]): 1}
    undo_verdict(migrated)
    decide_item(migrated, second, IBUPROFEN_INSTEAD)
    assert counted(migrated) == {("sertraline", NAUSEA[0]): 1}  # the report comes first
    undo_verdict(migrated, first)
    decide_item(migrated, first, NOT_AN_ADE)
    assert counted(migrated) == {("ibuprofen", TREMOR[0]): 1}  # the only one that names a pair
