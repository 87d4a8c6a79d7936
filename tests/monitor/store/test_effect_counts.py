"""The roll-ups equal a count over the mentions, whatever is written again, edited or scored by others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from monitor.findings import DrugMention, DrugNaming
from monitor.records import ScoredPost
from monitor.settings import Settings
from monitor.store import Store, reading_engine
from monitor.store.effect_counts import EffectCount, read_effect_counts
from tests.monitor.store.batches import (
    POSTED,
    TEXT,
    Tables,
    linked_to,
    mention_of,
    negative_tweet,
    positive_tweet,
    scored,
    write,
)

HOUR = datetime(2026, 7, 1, 12, tzinfo=UTC)
ZOLOFT = DrugMention(9, 15, "zoloft", "sertraline", DrugNaming.BRAND)
RECOUNT = (
    "SELECT date_trunc('hour', t.posted_at, 'UTC'), m.bundle, coalesce(m.drug, ''), coalesce(m.ptid, ''), "
    "coalesce(t.platform, ''), count(DISTINCT m.tweet_id) FROM mentions m JOIN tweets t USING (tweet_id) "
    "WHERE m.version = (SELECT max(version) FROM predictions p WHERE p.tweet_id = m.tweet_id "
    "AND p.bundle = m.bundle) GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5"
)
STORED = (
    "SELECT hour, bundle, drug, ptid, platform, posts FROM hourly_effect_counts WHERE posts > 0 "
    "ORDER BY 1, 2, 3, 4, 5"
)


def two_effects(tweet_id: str, minute: int | None = None) -> ScoredPost:
    """Return a post with a coded effect that is mentioned twice, and an uncoded one."""
    text = f"{TEXT}, shaking and so tired"
    tremor = ("10044565", "Tremor")
    first = mention_of(text, "shaking", pt=tremor)
    again = mention_of(text, "shaking and", pt=tremor)
    edited_at = None if minute is None else POSTED + timedelta(minutes=minute)
    return scored(tweet_id, text, first, again, mention_of(text, "tired"), edited_at=edited_at)


async def test_a_post_counts_once_for_each_drug_and_pt(store: Store, tables: Tables) -> None:
    batch = [linked_to(ZOLOFT, positive_tweet("1", platform="x")), two_effects("2"), negative_tweet("3")]
    for _ in range(2):
        await write(store, batch)
    assert [row[2:] for row in tables.rows(STORED)] == [
        ("", "", "", 1),
        ("", "10044565", "", 1),
        ("sertraline", "10044565", "x", 1),
    ]
    assert tables.rows(STORED) == tables.rows(RECOUNT)


async def test_edits_take_back_what_they_replace(store: Store, tables: Tables) -> None:
    await write(store, [positive_tweet("1", platform="x"), two_effects("2"), two_effects("3")])
    steps = [
        [two_effects("1", minute=1), negative_tweet("2", edited_at=POSTED + timedelta(minutes=1))],
        [
            positive_tweet("3", edited_at=POSTED + timedelta(minutes=1), posted_at=None),
            two_effects("2", minute=2),
        ],
        [linked_to(ZOLOFT, two_effects("2", minute=3))],
    ]
    for batch in steps:
        for _ in range(2):
            await write(store, batch)
        await write(store, batch, bundle="new")
        assert tables.rows(STORED) == tables.rows(RECOUNT)


async def test_roll_ups_can_be_read_by_drug_and_by_pt(
    migrated: Settings, store: Store, tables: Tables
) -> None:
    await write(store, [linked_to(ZOLOFT, positive_tweet("1", platform="x")), two_effects("2")])
    hours = {"since": HOUR, "until": HOUR + timedelta(hours=1), "bundle": "old"}
    with reading_engine(migrated.database).connect() as connection:
        zoloft = read_effect_counts(connection, **hours, drug="sertraline")  # type: ignore[arg-type]
        tremor = read_effect_counts(connection, **hours, ptid="10044565")  # type: ignore[arg-type]
        hours["until"] = HOUR
        assert read_effect_counts(connection, **hours) == []  # type: ignore[arg-type]
    assert zoloft == [EffectCount(HOUR, "sertraline", "10044565", "x", 1)]
    assert [row.posts for row in tremor] == [1, 1]
