"""A real network that returns NaN for some posts: these are refused, and no other post is touched by them."""

from __future__ import annotations

import pytest

from models import Scorer, load_scorer
from models.options import ServingOptions
from tests.monitor.kafka_events import batch_of_texts
from tests.monitor.stream.scorers import scoring_with
from tests.poisoned_bundle import POISON, make_poisoned_bundle
from tests.tiny import NEGATIVE, POSITIVE


@pytest.fixture(scope="module")
def scorer(tmp_path_factory: pytest.TempPathFactory) -> Scorer:
    bundle = make_poisoned_bundle(tmp_path_factory.mktemp("poisoned") / "bundle")
    return load_scorer(str(bundle), ServingOptions(device="cpu", cache=100))


@pytest.mark.parametrize("places", [{0}, {3, 4, 40}, {99}])
async def test_posts_with_nan_are_refused_with_the_reason_and_the_others_are_scored(
    scorer: Scorer, places: set[int]
) -> None:
    known = [*POSITIVE, *NEGATIVE]
    texts = [known[place % len(known)] for place in range(100)]
    sound = await scoring_with(scorer).process(batch_of_texts(*texts))
    poisoned = [f"{POISON} {text}" if place in places else text for place, text in enumerate(texts)]
    batch = await scoring_with(scorer).process(batch_of_texts(*poisoned))
    assert {refused.origin.offset for refused in batch.refused} == places
    assert {refused.error.reason for refused in batch.refused} == {"model-error"}
    assert all("nan" in refused.error.detail for refused in batch.refused)
    expected = [row for row in sound.scored if row.received.origin.offset not in places]
    assert [row.prediction.label for row in batch.scored] == [row.prediction.label for row in expected]
    assert [len(row.prediction.mentions) for row in batch.scored] == [
        len(row.prediction.mentions) for row in expected
    ]
