"""How far the engine in bfloat16 is from the reference, and how many predictions that changes."""

from __future__ import annotations

import random

import pytest
import torch

from models import Pipeline, load_bundle
from models.bundle import Bundle
from models.device import has_fast_bfloat16
from models.encoder import TweetTokenizer
from models.runtime import Engine
from models.scoring import bundle_folder
from tests.changed_predictions import changed_share, tweets_of
from tests.engine_agreement import LONG, SHAPES, SHORT, Subject
from tests.random_networks import Shape, random_network
from tests.reference import Reference

pytestmark = pytest.mark.skipif(not has_fast_bfloat16(), reason="this CPU does not multiply in bfloat16")


@pytest.mark.parametrize("shape", SHAPES[1:3], ids=str)
def test_outputs_of_sharp_networks_stay_near_the_reference(
    tmp_path_factory: pytest.TempPathFactory, shape: Shape
) -> None:
    """Real networks are less sharp than these and drift less: see below."""
    subject = Subject(random_network(tmp_path_factory.mktemp("random") / "encoder", shape))
    texts = [*SHORT, *random.Random(7).choices(SHORT, k=200), *LONG[:4]]
    drift = subject.drift(subject.engine(precision="bf16", lanes=2), texts)
    drift.stays_within(0.3, mean=0.04)
    # Without rounding it would be nearer, so bfloat16 was used.
    assert drift.probabilities.mean() > 1e-4


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return load_bundle(bundle_folder("default"))


@pytest.fixture(scope="module")
def reference(bundle: Bundle) -> Reference:
    return Reference.of(bundle)


@pytest.fixture(scope="module")
def texts(bundle: Bundle) -> list[str]:
    return tweets_of(bundle, seed=5)


def test_few_predictions_of_the_default_bundle_change(
    bundle: Bundle, reference: Reference, texts: list[str]
) -> None:
    expected = reference.score(texts)
    # The reference has no exit, and a post that leaves has the probability of another head.
    predictions = Pipeline.of(bundle, precision="bf16", lanes=2, early_exit=False).score(texts)
    pairs = zip(predictions, expected, strict=True)
    drift = torch.tensor([p.probability - e.probability for p, e in pairs]).abs()
    assert drift.max() <= 0.1
    assert drift.mean() <= 0.004
    assert changed_share(predictions, expected, lambda p: p.label) <= 0.01
    assert changed_share(predictions, expected, lambda p: [(m.start, m.end) for m in p.mentions]) <= 0.02
    assert changed_share(predictions, expected, lambda p: [m.ptid for m in p.mentions]) <= 0.03


def test_tags_of_the_default_bundle_stay_near_the_reference(
    bundle: Bundle, reference: Reference, texts: list[str]
) -> None:
    sample = texts[::3]
    encodings = TweetTokenizer(bundle.tokenizer, bundle.config.max_tokens).encode(sample)
    scores = Engine(bundle.weights, precision="bf16").score(encodings, threshold=0)
    tags = torch.tensor([tag for score in scores for tag in score.token_probabilities or ()])
    tokenizer = reference.tokenizer
    expected = [reference.network.token_probabilities(tokenizer.text(text)) for text in sample]
    drift = (tags - torch.tensor([tag for text_tags in expected for tag in text_tags])).abs()
    assert drift.max() <= 0.1
    assert drift.mean() <= 0.002
