"""Samples are drawn by strata, are the same for the same seed, and survive what happens to their posts."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from monitor.findings import DrugMention, DrugNaming, Findings
from monitor.review import read_stratum_verdicts, sampling, take_sample
from monitor.settings import Settings, StoreSettings
from monitor.signals.verdict_strata import Stratum
from monitor.store import Store, reading_engine
from monitor.store.audit import AuditEntry, record_audit
from monitor.store.reviews import (
    ChosenPost,
    ReviewDecision,
    ReviewError,
    ReviewVerdict,
    SampleRequest,
    Strategy,
    StratumReview,
    decide_item,
    read_verdicts,
)
from tests.monitor.store.batches import Tables, negative_tweet
from tests.monitor.store.events import apply, post_event
from tests.monitor.store.reviews.review_items import SINCE, TEXT, UNTIL, draw, fill, reported

CORRECT = ReviewVerdict(ReviewDecision.CORRECT)


async def fill_week(settings: Settings) -> None:
    """Write 40 posts: 30 about one drug, six about another, four in another band."""
    posts = [reported(f"a{number}", probability=0.99) for number in range(30)]
    posts += [reported(f"b{number}", drug="warfarin", probability=0.99) for number in range(6)]
    posts += [
        reported(f"c{number}", "shaky", "cannot sleep", probability=0.6, lang=None) for number in range(4)
    ]
    await fill(settings, posts)


def add_negatives(tables: Tables, ids: Sequence[str], inclusion: float) -> None:
    """Make stored posts negative ones, as `store.negatives = sample` leaves them."""
    names = ", ".join(f"'{name}'" for name in ids)
    tables.run(
        f"UPDATE predictions SET label = 'NoADE', probability = 0.01, inclusion = {inclusion} "
        f"WHERE tweet_id IN ({names})"
    )
    tables.run(f"DELETE FROM mentions WHERE tweet_id IN ({names})")


def strata(settings: Settings) -> list[StratumReview]:
    with reading_engine(settings.database).connect() as connection:
        return read_verdicts(connection, SINCE, UNTIL)


async def test_a_sample_is_stratified_and_its_probabilities_are_known(
    migrated: Settings, tables: Tables
) -> None:
    await fill_week(migrated)
    await fill(migrated, [reported(f"n{number}") for number in range(5)])
    add_negatives(tables, [f"n{number}" for number in range(5)], 0.01)
    sample = draw(migrated, size=50)
    rows = {(each.label, each.band, each.drug, each.lang): each for each in strata(migrated)}
    assert {key: (each.stored, each.size) for key, each in rows.items()} == {
        ("ADE", "0.50-0.65", "sertraline", "und"): (4, 4.0),
        ("ADE", "0.95-1.00", "sertraline", "en"): (30, 30.0),
        ("ADE", "0.95-1.00", "warfarin", "en"): (6, 6.0),
        ("NoADE", "0.00-0.05", "sertraline", "en"): (5, 500.0),
    }
    assert sum(each.drawn for each in rows.values()) == sample.posts
    inclusion = (
        "SELECT stratum, min(inclusion), max(inclusion) FROM review_sample_items GROUP BY 1 ORDER BY 1"
    )
    for (_, lowest, highest), each in zip(tables.rows(inclusion), rows.values(), strict=True):
        assert lowest == pytest.approx(each.drawn / each.size)
        assert lowest == pytest.approx(highest)
    # Every mention of a post is an item.
    spans = tables.rows("SELECT tweet_id, count(*) FROM review_items WHERE tweet_id LIKE 'c%' GROUP BY 1")
    assert {count for _, count in spans} == {2}
    assert tables.rows("SELECT count(*) FROM review_items WHERE label = 'NoADE' AND start IS NULL") == [
        (rows["NoADE", "0.00-0.05", "sertraline", "en"].drawn,)
    ]


async def test_a_seed_draws_the_same_posts_and_a_second_run_changes_nothing(
    migrated: Settings, tables: Tables
) -> None:
    await fill_week(migrated)
    chosen = "SELECT array_agg(tweet_id ORDER BY tweet_id) FROM review_items"

    def drawn(seed: int) -> object:
        tables.run("TRUNCATE review_samples, review_items CASCADE")
        assert draw(migrated, size=12, seed=seed).is_new
        return tables.rows(chosen)

    with ThreadPoolExecutor() as pool:
        at_once = list(pool.map(lambda _: draw(migrated, size=12), range(3)))
    assert sorted(sample.is_new for sample in at_once) == [False, False, True]
    first = drawn(1)
    assert drawn(2) != first
    assert drawn(1) == first
    await fill(migrated, [reported(f"late{number}", probability=0.99) for number in range(9)])
    before = tables.rows("SELECT * FROM review_items ORDER BY item_id")
    again = draw(migrated, size=12, seed=1)
    assert not again.is_new
    assert tables.rows("SELECT * FROM review_items ORDER BY item_id") == before
    with pytest.raises(ReviewError, match="seed 1"):
        draw(migrated, size=12, seed=2)
    with pytest.raises(ReviewError, match="drawn already"):
        take_sample(migrated, SampleRequest(Strategy.RANDOM, SINCE + timedelta(days=1), UNTIL))


def test_a_window_without_posts_or_with_an_end_in_the_future_stays_free(
    migrated: Settings, tables: Tables
) -> None:
    later = datetime.now(UTC) + timedelta(hours=1)
    for since, until in ((SINCE, UNTIL), (SINCE, later)):
        with pytest.raises(ReviewError):
            take_sample(migrated, SampleRequest(Strategy.RANDOM, since, until))
    assert tables.rows("SELECT count(*) FROM review_samples") == [(0,)]


async def test_an_entry_of_the_audit_meanwhile_does_not_stop_a_draw(
    migrated: Settings, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(migrated, [reported("1"), reported("2")])
    draw_really = sampling.draw_posts

    def draw_slowly(*args: Any, **options: Any) -> list[ChosenPost]:
        chosen = draw_really(*args, **options)
        record_audit(migrated, AuditEntry("query", "somebody else"))
        tables.run("DELETE FROM tweets WHERE tweet_id = '2'")
        return chosen

    monkeypatch.setattr(sampling, "draw_posts", draw_slowly)
    sample = draw(migrated)
    # The post that was removed after the draw counts in its stratum, but nobody can review it.
    assert (sample.is_new, sample.posts, sample.items) == (True, 1, 1)
    assert [(each.stored, each.drawn) for each in strata(migrated)] == [(2, 2)]
    subjects = [subject for (subject,) in tables.rows("SELECT subject FROM audit_entries ORDER BY number")]
    assert subjects == ["somebody else", f"sample {sample.sample_id}"]


async def test_queues_have_the_mentions_that_they_are_named_after(migrated: Settings, tables: Tables) -> None:
    posts = [
        reported("serious", serious=True, probability=0.99),
        reported("uncertain", probability=0.51),
        reported("plain", probability=0.99),
        reported("unlisted", drug="warfarin", probability=0.99),
    ]
    await fill(migrated, posts)
    tables.run("INSERT INTO drug_labels (label_id, drug, source) VALUES ('1', 'warfarin', 'spl')")
    tables.run("INSERT INTO post_copies VALUES ('plain', 'serious', 'exact', 1)")

    def chosen(strategy: Strategy, size: int = 1) -> list[str]:
        sample = draw(migrated, strategy, size=size)
        ids = (
            "SELECT tweet_id FROM review_items JOIN review_sample_items USING (item_id) WHERE sample_id = %s"
        )
        return sorted(name for (name,) in tables.rows(ids, sample.sample_id))

    assert chosen(Strategy.SERIOUS, 9) == ["serious"]
    assert chosen(Strategy.UNLISTED, 9) == ["unlisted"]
    assert chosen(Strategy.UNCERTAIN) == ["uncertain"]
    assert chosen(Strategy.ACTIVE, 9) == ["serious", "uncertain", "unlisted"]
    reasons = "SELECT reasons, priority FROM review_items WHERE tweet_id = 'serious'"
    assert tables.rows(reasons) == [(["serious", "active"], 40)]
    [(item,)] = tables.rows("SELECT item_id FROM review_items WHERE tweet_id = 'uncertain'")
    decide_item(migrated, item, CORRECT)
    draw(migrated, Strategy.ACTIVE, size=9, seed=7)
    assert tables.rows("SELECT max(seed) FROM review_samples") == [(7,)]
    assert tables.rows(
        "SELECT count(*) FROM review_sample_items JOIN review_samples USING (sample_id) WHERE seed = 7"
    ) == [(2,)]


async def test_verdicts_are_counted_by_stratum(migrated: Settings, tables: Tables) -> None:
    await fill_week(migrated)
    draw(migrated, size=40)
    verdicts = {
        "a": CORRECT,
        "b": ReviewVerdict(ReviewDecision.WRONG_DRUG, right_drug="none"),
        "c": ReviewVerdict(ReviewDecision.CANNOT_TELL),
    }
    for item, name, start in tables.rows(
        "SELECT item_id, tweet_id, start FROM review_items ORDER BY item_id"
    ):
        if name in ("a0", "c1"):
            continue  # it waits
        refused = name == "a1" or (name == "c0" and start == TEXT.index("shaky"))
        decide_item(
            migrated, item, ReviewVerdict(ReviewDecision.NOT_AN_ADE) if refused else verdicts[name[0]]
        )
    counts = {(each.drug, each.band): (each.decided, each.positives) for each in strata(migrated)}
    drawn = {(each.drug, each.band): each.drawn for each in strata(migrated)}
    assert counts["warfarin", "0.95-1.00"] == (drawn["warfarin", "0.95-1.00"], 0)
    assert counts["sertraline", "0.50-0.65"] == (0, 0)
    [[waiting, refused]] = tables.rows(
        "SELECT count(*) FILTER (WHERE tweet_id = 'a0'), count(*) FILTER (WHERE tweet_id = 'a1') "
        "FROM review_items"
    )
    decided = drawn["sertraline", "0.95-1.00"] - waiting
    assert counts["sertraline", "0.95-1.00"] == (decided, decided - refused)
    by_stratum = {each.stratum: each for each in read_stratum_verdicts(migrated, SINCE, UNTIL)}
    stratum = by_stratum[Stratum("sertraline", "en", "0.95-1.00", True)]
    assert (stratum.population, stratum.sampled, stratum.kept) == (30, decided, 1.0)


async def test_a_review_keeps_no_text_of_an_erased_post_and_still_counts(
    migrated: Settings, store: Store, tables: Tables
) -> None:
    text = "tremendous shaky hands since zoloft"
    await fill(migrated, [reported("1", text=text), reported("2", text=text)])
    draw(migrated)
    items = dict(tables.rows("SELECT tweet_id, item_id FROM review_items"))
    decide_item(migrated, items["1"], ReviewVerdict(ReviewDecision.WRONG_SPAN, right_span=(0, 16)))
    await apply(store, post_event("delete", "1"), post_event("delete", "2"))
    for table in ("review_items", "review_verdicts", "review_sample_items", "review_strata", "review_leases"):
        content = str(tables.rows(f"SELECT * FROM {table}"))
        assert not {"tremendous", "hands", "zoloft"} & set(content.replace("'", " ").split()), table
    assert all(name.startswith("erased:") for (name,) in tables.rows("SELECT tweet_id FROM review_items"))
    assert [(each.decided, each.positives) for each in strata(migrated)] == [(1, 1)]
    with pytest.raises(ReviewError, match="cannot be reviewed"):
        decide_item(migrated, items["2"], CORRECT)


async def test_retention_leaves_the_verdicts_without_the_post(
    migrated: Settings, store: Store, tables: Tables
) -> None:
    await fill(migrated, [reported("1"), reported("2")])
    draw(migrated)
    [item, _] = [item for (item,) in tables.rows("SELECT item_id FROM review_items ORDER BY item_id")]
    decide_item(migrated, item, CORRECT)
    tables.run("DELETE FROM tweets")
    assert tables.rows("SELECT tweet_id, state FROM review_items ORDER BY item_id") == [
        (None, "done"),
        (None, "open"),
    ]
    assert [(each.drawn, each.decided, each.positives) for each in strata(migrated)] == [(2, 1, 1)]
    with pytest.raises(ReviewError, match="cannot be reviewed"):
        decide_item(migrated, item + 1, CORRECT)


async def test_negatives_that_are_stored_for_review_have_their_text_and_their_drug(
    migrated: Settings, tables: Tables
) -> None:
    named = DrugMention(20, 26, "zoloft", "sertraline", DrugNaming.BRAND)
    posts = [replace(negative_tweet(str(number)), findings=Findings((named,))) for number in range(40)]
    await fill(migrated.model_copy(update={"store": StoreSettings()}), posts[:5])
    sampling = StoreSettings(negatives="sample", negatives_share=0.5)
    await fill(migrated.model_copy(update={"store": sampling}), posts)
    stored = tables.rows("SELECT count(*), min(inclusion), max(inclusion) FROM predictions")
    [(count, lowest, highest)] = stored
    assert 5 < count < 35
    assert (lowest, highest) == (0.5, 0.5)
    assert tables.rows("SELECT count(*) FROM tweets WHERE text IS NULL OR text = ''") == [(0,)]
    draw(migrated, size=4)
    [stratum] = strata(migrated)
    assert (stratum.label, stratum.drug, stratum.stored, stratum.size) == (
        "NoADE",
        "sertraline",
        count,
        2.0 * count,
    )
    inclusion = 0.5 * stratum.drawn / count
    assert tables.rows("SELECT DISTINCT inclusion FROM review_sample_items") == [(pytest.approx(inclusion),)]
