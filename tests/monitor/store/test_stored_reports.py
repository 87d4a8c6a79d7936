"""Stored posts come back as the reports that rules were asked about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.effect_reports import EffectReport
from monitor.findings import DrugLink, DrugMention, DrugNaming, DrugPlace, Fact, FactKind, Findings
from monitor.records import PostKind, Progress, ScoredPost
from monitor.settings import Settings
from monitor.store import Store
from monitor.store.stored_reports import stored_reports
from tests.monitor.store.batches import POSTED, TEXT, mention_of, negative_tweet, raised, scored, write

TREMOR = ("10044565", "Tremor")
DRUG = DrugMention(9, 15, "zoloft", "sertraline", DrugNaming.BRAND, "N06AB06", DrugPlace.POST)
HOSPITAL = Fact(FactKind.HOSPITAL, 0, 5, "day 3", "3")


def enriched(tweet: ScoredPost, *facts: Fact, drug: DrugMention = DRUG) -> ScoredPost:
    """Return a tweet whose mentions are all linked to a drug."""
    spans = [(mention.start, mention.end) for mention in tweet.prediction.mentions]
    links = {span: DrugLink(drug, 0.75) for span in spans}
    return replace(tweet, findings=Findings((drug,), links, facts))


def tweet(tweet_id: str = "1", **fields: object) -> ScoredPost:
    coded, uncoded = mention_of(TEXT, "shaking", pt=TREMOR), mention_of(TEXT, "can't stop")
    return scored(tweet_id, TEXT, coded, uncoded, **fields)  # type: ignore[arg-type]


async def written(store: Store, tweets: Sequence[ScoredPost]) -> list[EffectReport]:
    """Write tweets in one batch, and return the reports that rules were asked about."""
    reports: list[EffectReport] = []

    def decide(batch: Sequence[EffectReport]) -> object:
        reports.extend(batch)
        return raised()

    progress = [Progress("tweets", 2, 1)]
    await store.write_batch(tweets, bundle="b", raise_alerts=decide, progress=progress, group="g")  # type: ignore[arg-type]
    return reports


def essence(report: EffectReport) -> tuple[object, ...]:
    """Return what rules ask about."""
    post, drug = report.scored.received.post, report.drug
    return (
        *report.key,
        replace(report.mention, runners_up=()),
        drug and (drug.drug.drug, drug.drug.atc, drug.drug.text, drug.drug.place, drug.score),
        report.copy_of,
        report.case_id,
        report.is_new_pair,
        report.scored.findings.facts,
        report.scored.prediction.probability,
        (post.text, post.lang, post.platform, post.kind, post.url, post.context, post.edited_at),
    )


@pytest.fixture
def with_copies(migrated: Settings) -> Settings:
    """Settings with which copies are recognized."""
    enrich = migrated.enrich.model_copy(update={"enabled": True, "duplicates": True})
    return migrated.model_copy(update={"enrich": enrich})


async def test_reports_come_back_as_they_were(with_copies: Settings) -> None:
    store = Store(with_copies)
    try:
        first = enriched(tweet("1", platform="x", url="https://x.example/1"), HOSPITAL)
        repost = enriched(tweet("2", kind=PostKind.REPOST, referenced_id="1"))
        other = tweet("3", lang="de", posted_at=POSTED + timedelta(hours=1))
        reports = await written(store, [first])
        reports += await written(store, [repost, other, negative_tweet("4")])
    finally:
        await store.close()
    stored = list(stored_reports(with_copies, oldest_first=True))
    assert sorted(map(essence, reports), key=str) == sorted((essence(row.report) for row in stored), key=str)
    assert {row.bundle for row in stored} == {"b"}


async def test_reports_are_newest_first_and_within_a_time(store: Store, migrated: Settings) -> None:
    hours = [POSTED + timedelta(hours=number) for number in range(4)]
    await write(store, [tweet(str(number), posted_at=at) for number, at in enumerate(hours)])

    def ids(**options: object) -> list[str]:
        rows = stored_reports(migrated, **options)  # type: ignore[arg-type]
        return list(dict.fromkeys(row.report.key[0] for row in rows))

    assert ids() == ["3", "2", "1", "0"]
    assert ids(oldest_first=True, since=hours[1], until=hours[3]) == ["1", "2"]
    assert ids(tweet_id="2") == ["2"]


async def test_the_latest_prediction_of_the_current_version_counts(store: Store, migrated: Settings) -> None:
    await write(store, [tweet()], bundle="old")
    newer = scored("1", TEXT, mention_of(TEXT, "shaking", pt=("10040984", "Shaking")))
    await write(store, [newer], bundle="new")
    [row] = stored_reports(migrated)
    assert (row.report.effect, row.bundle) == ("pt:10040984", "new")
    edited_at = POSTED + timedelta(minutes=5)
    await write(store, [scored("1", "no more shaking", edited_at=edited_at)], bundle="new")
    assert list(stored_reports(migrated)) == []
