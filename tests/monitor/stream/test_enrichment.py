"""The stage that adds findings: every post gets its own, and a fault in one stops no other one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
import structlog

from models import TweetPrediction
from monitor import metrics
from monitor.enrich.enriching import Enricher
from monitor.findings import NO_FINDINGS, FactKind
from monitor.ingest import Batch
from monitor.records import ScoredPost
from monitor.settings import EnrichSettings
from monitor.stream.enrichment import EnrichPosts
from tests.monitor.kafka_events import batch_of_texts
from tests.monitor.store.batches import mention_of

SERIOUS = "zoloft gave me a seizure and i ended up in the hospital last night"


@pytest.fixture(scope="module")
def enricher() -> Enricher:
    return Enricher(EnrichSettings())


@pytest.fixture
def stage(enricher: Enricher) -> Iterator[EnrichPosts]:
    made = EnrichPosts(enricher)
    yield made
    made.close()


class FailingEnricher(Enricher):
    """Fails on the posts that have a word."""

    def __init__(self, word: str, enricher: Enricher) -> None:
        self._word = word
        self._enricher = enricher

    def enrich(self, scored: Sequence[ScoredPost]) -> tuple[ScoredPost, ...]:
        if any(self._word in row.received.post.text for row in scored):
            raise ValueError(self._word)
        return self._enricher.enrich(scored)


def failures() -> float:
    return metrics.WORKER.get_sample_value("ade_enrichment_failed_total") or 0.0


def scored_batch(*texts: str, effects: Sequence[str | None]) -> Batch:
    batch = batch_of_texts(*texts)
    rows = [
        ScoredPost(
            received,
            TweetPrediction("NoADE", 0.1)
            if effect is None
            else TweetPrediction("ADE", 0.9, (mention_of(received.post.text, effect),)),
        )
        for received, effect in zip(batch.posts, effects, strict=True)
    ]
    return replace(batch, scored=tuple(rows))


async def test_positive_posts_get_all_findings_and_negative_ones_their_drugs(stage: EnrichPosts) -> None:
    batch = scored_batch(SERIOUS, "picked up my prozac today", effects=["seizure", None])
    positive, negative = [row.findings for row in (await stage.process(batch)).scored]
    [link] = positive.links.values()
    assert (link.drug.drug, link.drug.text) == ("sertraline", "zoloft")
    assert FactKind.HOSPITAL in {fact.kind for fact in positive.facts}
    assert positive.is_serious
    assert positive.copy_keys
    assert [drug.drug for drug in negative.drugs] == ["fluoxetine"]
    assert (negative.links, negative.facts, negative.copy_keys) == ({}, (), ())


async def test_a_post_that_cannot_be_enriched_keeps_its_effect_and_the_others_go_on(
    enricher: Enricher,
) -> None:
    stage = EnrichPosts(FailingEnricher("seizure", enricher))
    batch = scored_batch(
        SERIOUS, "zoloft gave me a seizure", "picked up my prozac today", effects=["seizure", "seizure", None]
    )
    counted = failures()
    with structlog.testing.capture_logs() as lines:
        result = await stage.process(batch)
    stage.close()
    assert result.refused == ()
    assert [row.prediction for row in result.scored] == [row.prediction for row in batch.scored]
    assert [row.findings is NO_FINDINGS for row in result.scored] == [True, True, False]
    assert [drug.drug for drug in result.scored[2].findings.drugs] == ["fluoxetine"]
    assert failures() - counted == 2
    [line] = lines
    assert (line["log_level"], line["posts"]) == ("error", 2)
    assert "seizure" not in str(line)  # the log has nothing of a text


async def test_without_copies_no_keys_are_made() -> None:
    enricher = Enricher(EnrichSettings(duplicates=False))
    [row] = enricher.enrich(scored_batch(SERIOUS, effects=["seizure"]).scored)
    assert row.findings.copy_keys == ()
    assert row.findings.links
