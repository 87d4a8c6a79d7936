"""The stage that skips posts in other languages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from monitor.ingest import start_batch
from monitor.stream.other_languages import SkipOtherLanguages
from tests.monitor.kafka_events import batch_of, event
from tests.monitor.stream.scorers import PickyScorer, current_bundle

SPANISH = "llevo tres días con zoloft y no puedo dormir nada, me duele mucho la cabeza"


@pytest.fixture(scope="module")
def stage() -> Iterator[SkipOtherLanguages]:
    stage = SkipOtherLanguages(current_bundle(PickyScorer(), "en"))
    yield stage
    stage.close()


async def test_posts_in_other_languages_are_skipped_and_the_others_keep_their_order(
    stage: SkipOtherLanguages,
) -> None:
    batch = batch_of(
        event("zoloft insomnia", offset=0),
        event(SPANISH, offset=1),
        event(raw=b"{", offset=2),
        event("day three on zoloft and i still can't sleep at night", offset=3),
        event(raw=b'{"id": "4", "text": "schlaflos", "lang": "de"}', offset=4),
    )
    sorted_batch = await stage.process(batch)
    assert [received.origin.offset for received in sorted_batch.posts] == [0, 3]
    assert [received.post.lang for received in sorted_batch.posts] == [None, "en"]
    assert [(r.origin.offset, r.post.lang) for r in sorted_batch.skipped] == [(1, "es"), (4, "de")]
    assert (sorted_batch.id, sorted_batch.events) == (batch.id, batch.events)
    assert sorted_batch.refused == batch.refused


async def test_a_batch_without_posts_passes_unchanged_except_for_its_bundle(
    stage: SkipOtherLanguages,
) -> None:
    for batch in (start_batch([]), batch_of(event(raw=b"{"))):
        passed = await stage.process(batch)
        assert passed == batch
        assert passed.bundle == "picky-1"


async def test_each_batch_is_sorted_by_the_languages_of_the_bundle_that_scores_it() -> None:
    spanish = current_bundle(PickyScorer(), "es").now
    current = current_bundle(PickyScorer(), "en")
    stage = SkipOtherLanguages(current)
    first = await stage.process(batch_of(event(SPANISH)))
    current.replace(spanish)
    second = await stage.process(batch_of(event(SPANISH)))
    stage.close()
    assert (len(first.posts), len(first.skipped)) == (0, 1)
    assert (len(second.posts), len(second.skipped)) == (1, 0)
    assert second.scorer is spanish.scorer
