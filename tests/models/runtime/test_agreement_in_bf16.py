"""How far bfloat16 takes the engine from the reference, and how many predictions that changes."""

from __future__ import annotations

import random

import pytest
import torch

from models import Pipeline, load_bundle
from models.bundle import Bundle
from models.device import has_fast_bfloat16
from models.encoder.tokenization import TweetTokenizer
from models.runtime import Engine
from models.scoring import bundle_folder
from tests.changed_predictions import changed, tweets_of
from tests.engine_agreement import LONG, SHAPES, SHORT, Subject
from tests.reference import Reference
from tests.spread import Shape, spread_network

pytestmark = pytest.mark.skipif(not has_fast_bfloat16(), reason="this CPU does not multiply in bfloat16")


@pytest.mark.parametrize("shape", SHAPES[1:3], ids=str)
def test_answers_of_sharp_networks_stay_near(tmp_path_factory: pytest.TempPathFactory, shape: Shape) -> None:
    """Real networks are less sharp than these, so that they drift less: see below."""
    subject = Subject(spread_network(tmp_path_factory.mktemp("spread") / "encoder", shape))
    texts = [*SHORT, *random.Random(7).choices(SHORT, k=200), *LONG[:4]]
    drift = subject.drift(subject.engine(precision="bf16", lanes=2), texts)
    drift.stays_within(0.3, mean=0.04)
    # What is not rounded would be nearer: bfloat16 was at work.
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


def test_hardly_a_prediction_of_the_default_bundle_changes(
    bundle: Bundle, reference: Reference, texts: list[str]
) -> None:
    wanted = reference.score(texts)
    found = Pipeline.of(bundle, precision="bf16", lanes=2).score(texts)
    off = torch.tensor([f.probability - w.probability for f, w in zip(found, wanted, strict=True)]).abs()
    assert off.max() <= 0.1
    assert off.mean() <= 0.004
    assert changed(found, wanted, lambda one: one.label) <= 0.01
    assert changed(found, wanted, lambda one: [(m.start, m.end) for m in one.mentions]) <= 0.02
    assert changed(found, wanted, lambda one: [m.ptid for m in one.mentions]) <= 0.03


def test_its_tags_stay_near(bundle: Bundle, reference: Reference, texts: list[str]) -> None:
    some = texts[::3]
    encodings = TweetTokenizer(bundle.tokenizer, bundle.config.max_tokens).encode(some)
    found = Engine(bundle.weights, precision="bf16").score(encodings, threshold=0)
    tags = torch.tensor([tag for one in found for tag in one.token_probabilities or ()])
    wanted = [reference.network.adverse(reference.tokenizer.text(text)) for text in some]
    off = (tags - torch.tensor([tag for one in wanted for tag in one])).abs()
    assert off.max() <= 0.1
    assert off.mean() <= 0.002
