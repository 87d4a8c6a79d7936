"""How far the engine in 8-bit integers is from the reference, and how many predictions change."""

from __future__ import annotations

import pytest
import torch

from models import Pipeline, TweetPrediction, load_bundle
from models.scoring import bundle_folder
from tests.changed_predictions import changed_share, examples_of, tweets_of
from tests.reference import Reference
from tests.tiny_int8 import needs_openvino

pytestmark = needs_openvino


@pytest.mark.timeout(600)
@pytest.mark.slow
def test_few_predictions_of_the_default_bundle_change() -> None:
    from training.quantization import quantize_body, refit_heads

    bundle = load_bundle(bundle_folder("default"))
    texts = tweets_of(bundle, seed=5)
    quantized = refit_heads(quantize_body(bundle, examples_of(bundle, seed=6), seed=1)).bundle
    expected = Reference.of(bundle).score(texts)
    predictions = Pipeline.of(quantized, lanes=1).score(texts)
    moves = torch.tensor([p.probability - e.probability for p, e in zip(predictions, expected, strict=True)])
    assert 1e-4 < moves.abs().mean() <= 0.03
    assert moves.abs().max() <= 0.6
    assert changed_share(predictions, expected, lambda prediction: prediction.label) <= 0.04
    assert changed_share(predictions, expected, spans_of) <= 0.08


def spans_of(prediction: TweetPrediction) -> list[tuple[int, int]]:
    return [(mention.start, mention.end) for mention in prediction.mentions]
